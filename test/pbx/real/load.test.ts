import t from 'tap'
import { openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'
import { runLoad } from '../harness/load.js'

t.setTimeout(600_000)
const things = findRealThings()
const calls = Number(process.env['LIANDONG_LOAD_CALLS'] ?? 120)

/** What design.md promises a citizen, ms: not a measure of this machine's speed. */
const REACHED = 5_000
const RECORDED = 30_000

t.test('a crowd on a real FreeSWITCH, the server killed and stopped under it', { skip: 'skip' in things ? things.skip : false, timeout: 600_000 }, async (t) => {
  if ('skip' in things) return
  const city = await openCity(things, { operators: 12 })
  t.teardown(async () => {
    if (!t.passing()) t.comment(city.node().output().slice(-5_000))
    await city.stop()
  })
  await city.startNode()
  const desks = await city.desks(12)
  await city.sipp.phones(city.operators, { ring: 300, talk: 1_200 })
  for (const [prefix, disturb] of [['13901', undefined], ['13902', 'SIGKILL'], ['13903', 'SIGSTOP']] as const) {
    await t.test(disturb ?? 'undisturbed', async (t) => {
      const report = await runLoad(city, { calls, rate: 5, phones: 12, ring: 300, talk: 1_200, prefix, ...(disturb === undefined ? {} : { disturb }) }, desks)
      t.comment(JSON.stringify(report))
      t.match(report, { calls, answered: calls, tickets: calls, lost: [], strange: [], torn: [] })
      t.equal(report.waitDisturbed.count > 0, disturb !== undefined, `${report.waitDisturbed.count} callers were disturbed`)
      t.ok(report.waitDisturbed.max <= REACHED, `every waiting caller reaches a phone: ${report.waitDisturbed.max} ms`)
      t.ok(report.caughtUp <= RECORDED, `every answered call has its ticket: ${report.caughtUp} ms after the return`)
    })
  }
})
