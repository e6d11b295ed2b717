import type { Ticket } from '../../contracts/ticket.js'
import { atHall, hazardousAtHall } from './clocks.js'
import type { Rules } from './rules.js'

/**
 * What lies in the hall without its clock, as it was just opened or by a program that knew none: nobody could be late before. A danger by its category has one whether its
 * kind is known or not; a key that was pressed by mistake is mended with the category, or with the kind. Null: nothing is missing. Pure.
 * @param said somebody has said whether it is dangerous, and his word stands
 */
export function leftBehind(before: Ticket, said: boolean, rules: Rules, now: number): Ticket | null {
  const { state, unitId, work } = before
  if (state !== 'open' || unitId !== null) return null
  const byCategory = !said && !work.hazard && hazardousAtHall(before, rules)
  const graded: Ticket = byCategory ? { ...before, work: { ...work, hazard: true, hazardBy: 'category', safeAt: null } } : before
  const after = atHall(graded, rules, now)
  return after.work.clocks.length === work.clocks.length && !byCategory ? null : { ...after, version: before.version + 1 }
}
