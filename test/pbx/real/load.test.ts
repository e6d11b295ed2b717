import t from 'tap'
import { openCity } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'
import { DISTURBANCES, runLoad } from '../harness/load.js'

t.setTimeout(600_000)
const things = findRealThings()
const calls = Number(process.env['LIANDONG_LOAD_CALLS'] ?? 300)
/** How long a telephone rings before somebody takes it up, ms. `LIANDONG_LOAD_RING=7000` is a human hand; fewer calls a second come then. */
const ring = Number(process.env['LIANDONG_LOAD_RING'] ?? 300)
const PHONES = 12
const TALK = 1_200
/** Calls a second: five, or seven tenths of what the telephones can take. */
const rate = Math.max(1, Math.min(5, Math.floor((0.7 * PHONES * 1_000) / (ring + TALK))))

/** What design.md promises a citizen, ms: not a measure of this machine's speed. He reaches a telephone when it rings for him. */
const REACHED = 5_000 + Math.max(0, ring - 300)
const RECORDED = 30_000

t.test('a crowd on a real FreeSWITCH, the server killed and stopped under it', { skip: 'skip' in things ? things.skip : false, timeout: 600_000 }, async (t) => {
  if ('skip' in things) return
  const city = await openCity(things, { operators: PHONES })
  t.teardown(async () => {
    if (!t.passing()) t.comment(city.node().output().slice(-5_000))
    await city.stop()
  })
  await city.startNode()
  const desks = await city.desks(PHONES)
  await city.sipp.phones(city.operators, { ring, talk: TALK })
  for (const [prefix, disturb] of [['13901', undefined], ['13902', 'SIGKILL'], ['13903', 'SIGSTOP']] as const) {
    await t.test(disturb ?? 'undisturbed', async (t) => {
      const report = await runLoad(city, { calls, rate, phones: PHONES, ring, talk: TALK, prefix, ...(disturb === undefined ? {} : { disturb: () => DISTURBANCES[disturb](city) }) }, desks)
      t.comment(JSON.stringify(report))
      t.match(report, { calls, answered: calls, tickets: calls, lost: [], strange: [], torn: [] })
      for (const callId of [...report.lost, ...report.strange]) t.comment([city.freeswitch.log(), city.node().output()].flatMap((log) => log.split('\n').filter((line) => line.includes(callId)).slice(-40)).join('\n'))
      t.equal(report.waitDisturbed.count > 0, disturb !== undefined, `${report.waitDisturbed.count} callers were disturbed`)
      t.ok(report.waitDisturbed.max <= REACHED, `every waiting caller reaches a phone: ${report.waitDisturbed.max} ms`)
      t.ok(report.caughtUp <= RECORDED, `every answered call has its ticket: ${report.caughtUp} ms after the return`)
    })
  }
})
