import type { Clock } from '../../contracts/life-cycle.js'
import { NO_WORK, type Ticket } from '../../contracts/ticket.js'
import type { RunningClock } from '../../contracts/work.js'
import { limitOf } from './clocks.js'
import { leftBehind } from './left-behind.js'
import { isHazard, type Rules } from './rules.js'

/** A clock of the hall, and how long after it begins each stage comes, ms. */
export type FromOpening = { readonly clock: Clock } & RunningClock['at']

/** Of a danger: it is guarded, and it finds its unit. As `atHall` begins them. */
const OF_DANGER = ['safe', 'reassign'] as const satisfies readonly Clock[]

/**
 * Category → the hall's clocks with which its ticket begins, before anybody said of what kind the call is: what is not here is no danger by itself. Pure.
 * @param category the one that the caller is known to have keyed; left out: it may be any
 */
export function dangersAtHall(rules: Rules, category?: string): Readonly<Record<string, readonly FromOpening[]>> {
  // At a county clocks are the city's word.
  if (rules.home !== undefined) return {}
  const all = category === undefined ? new Set(rules.clocks.flatMap((rule) => rule.category ?? [])) : [category]
  return Object.fromEntries([...all].filter((one) => isHazard(rules.clocks, one)).map((one) => [one, OF_DANGER.flatMap((clock) => {
    const limit = limitOf(clock, one, NO_WORK.priority, null, rules, 0)
    return limit === null ? [] : [{ clock, ...limit.at }]
  })]))
}

/** The same of a ticket that PostgreSQL has not seen yet. @param now when its clocks begin, ms */
export const opened = (ticket: Ticket, rules: Rules, now: number): Ticket => (rules.home !== undefined ? ticket : { ...leftBehind(ticket, false, rules, now) ?? ticket, version: ticket.version })
