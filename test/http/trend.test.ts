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
