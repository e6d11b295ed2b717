import type { Ticket } from '../../contracts/ticket.js'
import { useText } from '../i18n/language.js'
import type { Dictionary } from '../i18n/zh-CN.js'

interface Chip { readonly look: string; readonly says: string; readonly hazard?: 'open' | 'safe' }

/** How grave it is, and what was done to whoever has it; empty: nothing of the kind. */
export function workChips({ hazard, safeAt, priority, supervised, urged, binding }: Ticket['work'], { unit: words }: Dictionary): readonly Chip[] {
  return [
    ...(hazard ? [{ look: 'is-alarm', says: words.hazard, hazard: safeAt === null ? 'open' as const : 'safe' as const }] : []),
    ...(priority === 'normal' ? [] : [{ look: 'is-ring', says: words.priority[priority] }]),
    ...(supervised ? [{ look: 'is-alarm', says: words.supervised }] : []),
    ...(urged > 0 ? [{ look: 'is-ring', says: words.urged(urged) }] : []),
    ...(binding ? [{ look: '', says: words.binding }] : []),
  ]
}

/** The same, shown alike to the unit and to the hall. */
export function WorkChips({ work }: Pick<Ticket, 'work'>) {
  const text = useText()
  return workChips(work, text).map(({ look, says, hazard }) => <span key={says} className={`ld-chip ${look}`.trim()} data-hazard={hazard}>{says}</span>)
}
