import t from 'tap'
import type { CallSpec, Exchange, PlacedCall } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { citizenName, startCitizens } from '../../../src/pbx/exchange/citizens.js'

t.test('each practice citizen has a name of his own, the same at every call', async (t) => {
  const names = Array.from({ length: 40 }, (_, n) => citizenName(n + 1))
  t.equal(new Set(names).size, 40, 'no two share one')
  t.notOk(names.includes(''))
  t.equal(new Set(names.map((name) => name.slice(0, 1))).size, 40, 'not even a surname')
  // As the practice city knows them by their numbers.
  t.same(names.slice(0, 3), ['周大爷', '吴女士', '冯女士'])
})

t.test('nobody calls while nobody is there to answer; the first comes as soon as somebody is', async (t) => {
  const placed: CallSpec[] = []
  const call = { bridgedTo: null, press() { /* nobody listens */ }, hangUp() { /* nor ends */ }, onReport() { /* nor tells */ } } as unknown as PlacedCall
  const exchange = { placeCall: (spec: CallSpec) => { placed.push(spec); return call } } as unknown as Exchange
  let asked = 0
  let present = false
  const citizens = startCitizens(exchange, { meanInterval: 1, random: () => 0.5, present: () => { asked += 1; return present } })
  t.teardown(() => { citizens.stop() })
  await until('it looked twice', () => asked >= 2)
  t.equal(placed.length, 0)
  present = true
  await until('the first calls', () => placed.length >= 2)
  present = false
  const before = asked
  await until('it looked again', () => asked >= before + 2)
  const then = placed.length
  const later = asked
  await until('and again', () => asked >= later + 2)
  t.equal(placed.length, then, 'they pause again')
})
