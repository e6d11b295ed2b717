import t from 'tap'
import type { Clock } from '../../src/contracts/life-cycle.js'
import type { Priority } from '../../src/contracts/work.js'
import { startClock } from '../../src/dispatch/core/clocks.js'
import { propose } from '../../src/dispatch/core/routing.js'
import type { ClockRule, Rules } from '../../src/dispatch/core/rules.js'
import { CITY, NOW, ticketOf } from './city.js'

const rule = (category: string | null, priority: Priority | null, minutes: number, hours: ClockRule['hours'] = 'always', clock: Exclude<Clock, 'delivery'> = 'report'): ClockRule => ({ clock, category, priority, minutes, hours })
const city = (...clocks: ClockRule[]): Rules => ({ ...CITY, clocks })

t.test('a limit is by category and by priority: an emergency is never slower than emergencies are, whatever its kind', async (t) => {
  const rules = city(rule(null, null, 2_940, 'office'), rule(null, 'emergency', 240), rule('noise', null, 420, 'office'), rule('wage-claim', null, 6_000, 'office'), rule('gas', 'emergency', 600), rule('gas', null, 60), rule('power-repair', null, 100))
  // Office hours of a unit that keeps them: 10:00 on a Wednesday, 420 minutes a day.
  const limit = (category: string | null, priority: Priority): number => {
    const ticket = ticketOf('dispatched', { priority })
    return ((startClock('report', { ...ticket, fields: { ...ticket.fields, category } }, 'telecom', rules, NOW)?.at.urge ?? 0) - NOW) / 60_000
  }
  const working = 24 * 60
  for (const [category, priority, expected, why] of [
    ['noise', 'normal', working, 'its own'],
    ['noise', 'emergency', 240, 'that of emergencies is over first'],
    ['power-repair', 'emergency', 100, 'its own is over first'],
    ['gas', 'emergency', 600, 'one for both is meant for just that'],
    ['gas', 'urgent', 60, 'its own'],
    [null, 'emergency', 240, 'that of emergencies'],
    ['road', 'emergency', 240, 'a kind without a rule'],
    ['road', 'normal', 9 * working, 'the general one: seven working days, over a weekend'],
  ] as const) t.equal(limit(category, priority), expected, `${category ?? 'no kind'} ${priority}: ${why}`)
  t.ok(limit('wage-claim', 'normal') > limit('road', 'normal'), 'a kind may take longer than the general limit')
  t.match(propose({ category: 'noise', area: null, priority: 'emergency', hazard: false, now: NOW }, rules).clocks, [{ clock: 'report', minutes: 240, hours: 'always' }], 'and the proposal says the same')
})

t.test('working time and time on the wall are compared by where they end', async (t) => {
  const rules = city(rule('noise', null, 300, 'office'), rule(null, 'urgent', 400))
  const due = (unitId: string, start: number): number => {
    const ticket = ticketOf('dispatched', { priority: 'urgent' })
    return ((startClock('report', { ...ticket, fields: { ...ticket.fields, category: 'noise' } }, unitId, rules, start)?.at.urge ?? 0) - start) / 60_000
  }
  t.equal(due('telecom', NOW), 390, 'from 10:00 five working hours are over at 16:30')
  t.equal(due('telecom', NOW + 6 * 3_600_000), 400, 'from 16:00 they are over tomorrow')
  t.equal(due('drainage', NOW), 300, 'a unit that stands by always works')
})
