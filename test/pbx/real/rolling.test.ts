import t from 'tap'
import { until } from '../../helpers/database.js'
import { NODES, openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'
import { runLoad } from '../harness/load.js'

t.setTimeout(600_000)
const things = findRealThings()
const PHONES = 12
const calls = Number(process.env['LIANDONG_LOAD_CALLS'] ?? 200)

t.test('two nodes are restarted one after the other at five calls a second: no call fails, each has its one ticket', { skip: 'skip' in things ? things.skip : false, timeout: 500_000 }, async (t) => {
  if ('skip' in things) return
  const city = await openCity(things, { operators: PHONES })
  t.teardown(async () => {
    if (!t.passing()) t.comment(NODES.map((name) => city.node(name).output().slice(-3_000)).join('\n'))
    await city.stop()
  })
  for (const name of NODES) await city.startNode(name)
  const desks = await city.desks(PHONES)
  const atWork = (): boolean => desks.every(({ me }) => me !== null && ['ready', 'ringing', 'talking'].includes(me.presence))
  await city.sipp.phones(city.operators, { ring: 300, talk: 1_200 })
  const report = await runLoad(city, {
    calls, rate: 5, phones: PHONES, ring: 300, talk: 1_200, prefix: '13904', disturbAfter: 0.1,
    async disturb() {
      for (const name of NODES) {
        const welcomes = desks.map(({ messages }) => messages.length)
        city.node(name).kill('SIGTERM')
        t.equal(await city.node(name).ended, 0, `${name} leaves in the ordinary way`)
        await until('every desk to be at the other one, as it was', () => atWork() && desks.every(({ messages }, at) => messages.slice(welcomes[at]).some(({ type }) => type === 'welcome')), 60_000)
        await city.startNode(name)
      }
    },
  }, desks)
  t.comment(JSON.stringify(report))
  t.match(report, { calls, answered: calls, tickets: calls, lost: [], strange: [], torn: [] })
})
