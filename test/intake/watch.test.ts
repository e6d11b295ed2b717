import t from 'tap'
import { emptyRoom } from '../../src/intake/core/room.js'
import { makeWatch } from '../../src/intake/watch.js'
import { until } from '../helpers/database.js'

t.test('counters that cannot be read are told once, and once when they are back', async (t) => {
  const told: string[] = []
  const tell = (_: object, text: string): void => { told.push(text) }
  let [now, asked, away] = [0, 0, true]
  const watch = makeWatch({ room: () => emptyRoom, feed: () => undefined, background: (_call, _what, work) => { void work } }, {
    // Every look at the clock is 10 s later: everything is due at each tick.
    monotonic: () => (now += 10_000), logger: { info: tell, warn: tell, error: tell },
    switchboard: { up: false } as never, desk: { send: () => undefined, broadcast: () => undefined }, beat: () => Promise.resolve(), say: () => undefined, serves: () => false, agents: { changed: () => undefined, tick: () => undefined },
    queueView: () => ({}) as never, healthView: () => ({ database: 'down', journal: 0, pbx: 'down' }),
    records: {
      today() {
        asked += 1
        return away ? Promise.reject(new Error('away')) : Promise.resolve({ answered: 7, answeredInTime: 5, promised: 8, abandoned: 1 })
      },
    } as never,
  })
  watch.start()
  t.teardown(() => { watch.stop() })
  await until('three looks in vain', () => asked >= 3)
  t.same(told, ['counters not read'])
  away = false
  await until('the counters', () => watch.today().answered === 7)
  const back = asked
  await until('another look', () => asked > back)
  t.same(told, ['counters not read', 'counters are read again'])
  away = true
  await until('the next absence', () => told.length === 3)
  t.equal(told[2], 'counters not read')
})
