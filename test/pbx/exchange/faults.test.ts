import t from 'tap'
import { makeEventFaults, noFaults } from '../../../src/pbx/exchange/faults.js'

t.test('closing drops what is late and what is held back', async (t) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const told: string[] = []
  const faults = { ...noFaults(), late: 1, lateBy: 60_000 }
  const through = makeEventFaults(faults, () => 0.5)
  through.pass({ 'Event-Name': 'LATE' }, () => told.push('late'))
  t.equal(timers(), before + 1)
  faults.late = 0
  faults.shuffle = 2
  through.pass({ 'Event-Name': 'HELD' }, () => told.push('held'))
  through.close()
  t.equal(timers(), before, 'no timer is left')
  for (let n = 0; n < 3; n += 1) through.pass({ 'Event-Name': 'AFTER' }, () => told.push('after'))
  t.same(told, [])
})
