import t from 'tap'
import { makeTrend } from '../../src/http/trend.js'

const MINUTE = 60_000

t.test('who waited: a point at each change, none while nothing changes, half an hour of them', async (t) => {
  let now = 0
  const trend = makeTrend(() => now)
  const note = (at: number, waiting: number): void => { now = at; trend.note(waiting) }
  note(0, 0)
  note(MINUTE, 3)
  note(2 * MINUTE, 3)
  note(3 * MINUTE, 1)
  note(3 * MINUTE + 1_000, 4)
  note(3 * MINUTE + 2_000, 0)
  t.same(trend.points(), [{ at: 0, waiting: 0 }, { at: MINUTE, waiting: 3 }, { at: 3 * MINUTE, waiting: 0 }], 'a busy moment is one point: how it stands at its end')
  now = 32 * MINUTE
  t.same(trend.points(), [{ at: MINUTE, waiting: 3 }, { at: 3 * MINUTE, waiting: 0 }], 'what held at the beginning of the half hour is kept')
  now = 300 * MINUTE
  t.same(trend.points(), [{ at: 3 * MINUTE, waiting: 0 }])
  for (let n = 0; n < 10_000; n += 1) note(300 * MINUTE + n * 6_000, n % 9)
  t.ok(trend.points().length <= 302, 'bounded')
})

t.test('what the database knows stands before what was noted here', async (t) => {
  let now = 60 * MINUTE
  const trend = makeTrend(() => now)
  trend.note(1)
  now = 61 * MINUTE
  trend.note(0)
  trend.fill([{ from: 10 * MINUTE, to: 20 * MINUTE }, { from: 25 * MINUTE, to: 40 * MINUTE }, { from: 39 * MINUTE, to: 45 * MINUTE }, { from: 59 * MINUTE, to: null }, { from: 60.5 * MINUTE, to: null }])
  t.same(trend.points(), [
    { at: 31 * MINUTE, waiting: 1 }, { at: 39 * MINUTE, waiting: 2 }, { at: 40 * MINUTE, waiting: 1 }, { at: 45 * MINUTE, waiting: 0 }, { at: 59 * MINUTE, waiting: 1 },
    { at: 60 * MINUTE, waiting: 1 }, { at: 61 * MINUTE, waiting: 0 },
  ])
  const idle = makeTrend(() => now)
  idle.fill([])
  t.same(idle.points(), [{ at: 31 * MINUTE, waiting: 0 }], 'nobody waited: that is known, too')
})
