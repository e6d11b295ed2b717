import t from 'tap'
import type { ServerMessage } from '../../src/contracts/ws.js'
import { startLists } from '../../src/http/lists.js'
import { until } from '../helpers/database.js'

t.test('desks hear of a list when it is another, at once when somebody says so; nobody looks while nobody is there', async (t) => {
  const told: ServerMessage[] = []
  const state = { hall: false, counties: 'up', dead: '0', looks: 0, open: 0, seen: -1, counts: 0 }
  const failures: unknown[] = []
  const lists = startLists({
    hub: { present: () => ({ units: [], hall: state.hall }), notify: (unitId, message) => { if (unitId === null) told.push(message) } },
    lists: {
      'counties': { every: 0, mark: () => { state.looks += 1; return state.counties === 'ill' ? Promise.reject(new Error('away')) : Promise.resolve(state.counties) } },
      'dead-letters': { every: 3_600_000, mark: () => Promise.resolve(state.dead) },
      'call-backs': { every: 3_600_000, mark: () => { state.counts += 1; state.seen = state.open; return Promise.resolve(String(state.open)) } },
    },
    onError: (error) => failures.push(error),
  })
  t.teardown(() => lists.close())
  lists.hint('counties')
  t.equal(state.looks, 0)
  state.hall = true
  lists.hint('counties')
  await until('the first look', () => told.length === 3)
  t.same(told, ['counties', 'dead-letters', 'call-backs'].map((list) => ({ type: 'list.changed', list })), 'who read it before the first look may have an old one')
  state.counties = 'cut'
  await until('the line to be told', () => told.length === 4)
  state.dead = '1'
  const looks = state.looks
  await until('some more looks', () => state.looks > looks + 1)
  t.equal(told.length, 4, 'the same again is no news')
  lists.hint('dead-letters')
  await until('the hint', () => told.length === 5)
  t.same(told.slice(3), [{ type: 'list.changed', list: 'counties' }, { type: 'list.changed', list: 'dead-letters' }])
  state.counties = 'ill'
  await until('a failure', () => failures.length > 0)
  state.counties = 'up'
  await until('it to go on', () => told.length === 6)

  // Each of whom many give up within a second is one more.
  const counts = state.counts
  const from = performance.now()
  await until('a storm', () => { state.open += 1; lists.hint('call-backs'); return performance.now() - from > 1_200 })
  await until('the last of it to be known', () => state.seen === state.open)
  t.ok(state.counts - counts <= 2 + (performance.now() - from) / 500, `${state.counts - counts} looks for ${state.open} callers`)
})
