import type { Ticket } from '../../contracts/ticket.js'
import { whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import type { Dictionary } from '../i18n/zh-CN.js'
import { hazardChip } from './hazard-chip.js'

interface Chip { readonly look: string; readonly says: string; readonly hazard?: 'open' | 'safe' | 'over' }

/** How grave it is, and what was done to whoever has it; empty: nothing of the kind. */
export function workChips({ state, work }: Pick<Ticket, 'state' | 'work'>, text: Dictionary, now: number): readonly Chip[] {
  const { priority, supervised, urged, urgedAt, binding } = work
  const words = text.unit
  const hazard = hazardChip({ state, ...work }, text, now)
  return [
    ...(hazard === null ? [] : [hazard]),
    ...(priority === 'normal' ? [] : [{ look: 'is-ring', says: words.priority[priority] }]),
    ...(supervised ? [{ look: 'is-alarm', says: words.supervised }] : []),
    ...(urged > 0 ? [{ look: 'is-ring', says: `${words.urged(urged)}${urgedAt == null ? '' : ` ${whenOf(urgedAt, now, text)}`}` }] : []),
    ...(binding ? [{ look: '', says: words.binding }] : []),
  ]
}

/** The same, shown alike to the unit and to the hall. */
export function WorkChips({ ticket, now }: { readonly ticket: Ticket; readonly now: number }) {
  const text = useText()
  return workChips(ticket, text, now).map(({ look, says, hazard }) => <span key={says} className={`ld-chip ${look}`.trim()} data-hazard={hazard}>{says}</span>)
}
