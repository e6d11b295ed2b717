import type { Clock } from '../../contracts/life-cycle.js'
import { NO_WORK, type Ticket } from '../../contracts/ticket.js'
import type { RunningClock } from '../../contracts/work.js'
import { limitOf } from './clocks.js'
import { leftBehind } from './left-behind.js'
import { isHazard, type Rules } from './rules.js'

/** A clock of the hall, and how long after it begins each stage comes, ms. */
export type FromOpening = { readonly clock: Clock } & RunningClock['at']

/** With what a ticket begins that nobody has sorted yet: whether it is a danger, by what it is about, and the hall's clocks. */
export interface Beginning { readonly hazard: boolean; readonly clocks: readonly FromOpening[] }

/** As `atHall` begins them: what nobody sorted waits for that, and a danger is guarded besides. */
const UNSORTED = ['reassign'] as const satisfies readonly Clock[]
const DANGER = ['safe', ...UNSORTED] as const satisfies readonly Clock[]

/** Under this name stands what holds for every category that has no line of its own, and for none. */
export const ANY = ''

/**
 * Category → with what its ticket begins, before anybody said of what kind the call is; `ANY`: whatever else it is about. Pure.
 * @param category the one that the caller is known to have keyed, and then alone; left out: it may be any
 */
export function beginnings(rules: Rules, category?: string): Readonly<Record<string, Beginning>> {
  // At a county clocks are the city's word.
  if (rules.home !== undefined) return {}
  const of = (one: string | null): Beginning => {
    const hazard = isHazard(rules.clocks, one)
    return { hazard, clocks: (hazard ? DANGER : UNSORTED).flatMap((clock) => {
      const limit = limitOf(clock, one, NO_WORK.priority, null, rules, 0)
      return limit === null ? [] : [{ clock, ...limit.at }]
    }) }
  }
  if (category !== undefined) return { [ANY]: of(category) }
  const named = new Set(rules.clocks.flatMap((rule) => (rule.category !== null && DANGER.some((clock) => clock === rule.clock) ? [rule.category] : [])))
  return { [ANY]: of(null), ...Object.fromEntries([...named].map((one) => [one, of(one)])) }
}

/** The same of a ticket that PostgreSQL has not seen yet. @param now when its clocks begin, ms */
export const opened = (ticket: Ticket, rules: Rules, now: number): Ticket => (rules.home !== undefined ? ticket : { ...leftBehind(ticket, false, rules, now) ?? ticket, version: ticket.version })
