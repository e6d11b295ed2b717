import type { Ticket } from '../../contracts/ticket.js'
import { atHall, hazardousAtHall, isOwed, without } from './clocks.js'
import type { Rules } from './rules.js'

/**
 * What lies in the hall and has not the clock of the hall that it should have: by a program that knew none, or because its category is known only now. It begins now: nobody could be late before.
 * What nobody sorted yet has one, and so has a danger by its category. And what has one although nothing of it is owed, by such a program, has none any more. Null: nothing is missing, and nothing too much. Pure.
 * @param said somebody has said whether it is dangerous, and his word stands
 */
export function leftBehind(before: Ticket, said: boolean, rules: Rules, now: number): Ticket | null {
  const { state, unitId, work } = before
  if (state !== 'open' || unitId !== null) return null
  const byCategory = !said && !work.hazard && hazardousAtHall(before, rules)
  const graded: Ticket = byCategory ? { ...before, work: { ...work, hazard: true, hazardBy: 'category', safeAt: null } } : before
  const after = isOwed(before.fields, graded.work.hazard) ? atHall(graded, rules, now) : { ...graded, work: { ...graded.work, clocks: without(graded.work.clocks, 'reassign') } }
  return after.work.clocks.length === work.clocks.length && !byCategory ? null : { ...after, version: before.version + 1 }
}
