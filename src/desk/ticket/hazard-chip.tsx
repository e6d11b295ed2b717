import { classOf } from '../../contracts/life-cycle.js'
import { whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import type { Dictionary } from '../i18n/zh-CN.js'

/** A danger, wherever it is shown: of a ticket, or of a line about one. */
export interface Hazard { readonly hazard?: boolean | undefined; readonly safeAt?: number | null | undefined; readonly state: string }

/** `open`: nobody guards it yet; `over`: the ticket ended with no word of its being made safe. Null: it is none. */
export const hazardOf = ({ hazard, safeAt, state }: Hazard): 'open' | 'safe' | 'over' | null => (hazard !== true ? null : safeAt != null ? 'safe' : classOf(state) === 'closed' ? 'over' : 'open')

/** In words, and how it looks: red only while somebody may still come to harm. */
export function hazardChip(one: Hazard, text: Dictionary, now: number): { readonly look: string; readonly says: string; readonly hazard: 'open' | 'safe' | 'over' } | null {
  const hazard = hazardOf(one)
  if (hazard === null) return null
  return { hazard, look: { open: 'is-alarm', safe: 'is-ready', over: '' }[hazard], says: hazard === 'safe' ? `${text.unit.steps['made-safe']} ${whenOf(one.safeAt ?? now, now, text)}` : text.unit.hazard }
}

/** The same in a line of a list, where there is room for a word. */
export function HazardChip(one: Hazard) {
  const text = useText()
  const chip = hazardChip(one, text, Date.now())
  if (chip === null) return null
  return <span className={`ld-chip ${chip.look}`.trim()} data-hazard={chip.hazard} title={chip.says}>{chip.hazard === 'safe' ? text.unit.safe : chip.says}</span>
}
