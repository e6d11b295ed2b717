import t from 'tap'
import { makeSchedule } from '../../../src/pbx/exchange/schedule.js'

t.test('each task of a group fires by itself; deleting the group takes them all', async (t) => {
  const schedule = makeSchedule()
  t.teardown(() => { schedule.close() })
  const fired: string[] = []
  await new Promise<void>((resolve) => {
    schedule.at('a', 1, () => fired.push('first'))
    schedule.at('a', 2, () => fired.push('second'))
    schedule.at('b', 1, () => fired.push('never'))
    t.equal(schedule.size, 3)
    t.equal(schedule.delete('b'), 1)
    t.equal(schedule.delete('b'), 0)
    schedule.at('c', 30, resolve)
  })
  t.same(fired, ['first', 'second'])
  t.equal(schedule.size, 0)
  schedule.at('a', 60_000, () => fired.push('late'))
  schedule.at('a', 60_000, () => fired.push('late'))
  t.equal(schedule.delete('a'), 2)
  schedule.at('a', 60_000, () => fired.push('late'))
  schedule.close()
  t.equal(schedule.size, 0)
})
