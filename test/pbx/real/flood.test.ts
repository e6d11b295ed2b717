import t from 'tap'
import { unaccounted } from '../../../sip/core/ledger.js'
import { findDrachtio, startRealDrachtio } from '../../helpers/drachtio.js'
import { until } from '../../helpers/database.js'
import { openCity } from '../harness/city.js'
import { startEdgeProcess } from '../harness/edge.js'
import { findRealThings } from '../harness/freeswitch.js'
import { makeSipp } from '../harness/sipp.js'

t.setTimeout(600_000)
const things = findRealThings()
const found = findDrachtio()
const skip = 'skip' in things ? things.skip : 'skip' in found ? found.skip : false
const SECRET = 'a0Secret0between0the0two'
/** What is promised to a real caller while it lasts, ms. */
const TARGET = 15_000
/** As many as FreeSWITCH as shipped knows telephones, and what TRUNK_RATE as shipped is made for. */
const HALL = 12

const SECONDS = process.env['LIANDONG_LOAD_SECONDS']

for (const [kind, lasts, realAfter, crowd] of [
  ['numbers that count upwards', 15, 0, { prefix: '1380000', digits: 4 }],
  // Nothing tells such a call from a real one but that nobody tries twice: whoever is not let in, or not answered at once, dials again.
  ['numbers drawn by chance', 15, 0, { prefix: '13', digits: 9, scattered: true }],
  // A box of SIM cards. Real callers come in its third round.
  ['six hundred numbers in turn', 45, 25_000, { prefix: '13', digits: 9, scattered: true, pool: 600 }],
] as const) t.test(`a flood of 50 silent calls a second, ${kind}: real callers on the same trunk reach an operator`, { skip, timeout: 150_000 + (lasts * 2_000) }, async (t) => {
  if ('skip' in things || 'skip' in found) return
  const city = await openCity(things, { operators: HALL, freeswitch: { LIANDONG_FS_EDGE_SECRET: SECRET, LIANDONG_FS_MAX_DEMOTED: '20' } })
  await city.startNode()
  const drachtio = await startRealDrachtio(found.path)
  const edge = await startEdgeProcess(drachtio, SECRET, [city.freeswitch.citizensPort], { LIANDONG_EDGE_RECORD_ROUTE: '127.0.0.2' })
  const sipp = makeSipp(things.sipp, { ...city.freeswitch, citizensPort: drachtio.sipPort })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${edge.output().slice(-3_000)}\n${city.node().output().slice(-3_000)}\n${sipp.errors().slice(-3_000)}`)
    await sipp.stop()
    await edge.stop()
    await drachtio.stop()
    await city.stop()
  })
  const desks = await city.desks(HALL)
  // A silent line is not hung up on at once.
  await city.sipp.phones(city.operators, { ring: 300, talk: 4_000 })
  const calls = 50 * Number(SECONDS ?? lasts)
  const trunk = { address: '127.0.0.2', routed: true, mayBeRefused: true, patience: 20_000 }
  const flood = await sipp.crowd(calls, 50, { ...trunk, ...crowd })
  await until('the flood', () => city.witness.citizens().length > 30)
  await new Promise((resolve) => { setTimeout(resolve, realAfter) })
  let again = 0
  const real = ['13712345678', '15900001111', '18612340000']
  const waits: number[] = []
  for (const number of real) {
    const began = Date.now()
    const talking = () => city.witness.citizens().find((seen) => seen.number === number && seen.bridgedAt !== undefined)
    const until20 = Date.now() + 20_000
    for (let dialled = 0; talking() === undefined && Date.now() < until20; dialled += 1) {
      if (dialled > 0) {
        again += 1
        await new Promise((resolve) => { setTimeout(resolve, 2_500) })
      }
      // Until he is through or was refused.
      const { ended } = await sipp.call({ number, address: '127.0.0.2', routed: true, mayBeRefused: true })
      let over = false
      void ended.then(() => { over = true })
      await until(`${number} to reach an operator`, () => over || talking() !== undefined, 60_000)
    }
    waits.push((talking()?.bridgedAt ?? Infinity) - began)
  }
  t.ok(waits.length === 3 && waits.every((wait) => wait <= TARGET), `answered after ${waits.join(', ')} ms`)
  await flood.ended
  await until('every call to be settled', async () => (await edge.counts()).counts.pending === 0, 60_000)
  const { counts } = await edge.counts()
  t.comment(JSON.stringify({ waits, again, counts }))
  t.equal(unaccounted(counts), 0)
  t.equal(counts.invites, calls + 3 + again, 'none was lost before the edge')
  t.equal(counts.unseen, 0)
  t.ok(counts.demoted > calls / 2, 'most were recognised')
  t.equal(counts.delivered + counts.cancelled + Object.values(counts.refused).reduce((sum, one) => sum + one, 0), calls + 3 + again, 'each has its outcome')
  t.ok(desks.some((desk) => desk.messages.some((message) => message.type === 'call' && message.call.class === 'demoted')), 'the desk says so')
})
