import t, { type Test } from 'tap'
import { until } from '../../helpers/database.js'
import { ask } from '../../helpers/desk-bot.js'
import { findDrachtio, startRealDrachtio } from '../../helpers/drachtio.js'
import { openCity } from '../harness/city.js'
import { startEdgeProcess } from '../harness/edge.js'
import { findRealThings, observe } from '../harness/freeswitch.js'
import { openTelephone } from '../harness/telephone.js'

t.setTimeout(400_000)
const things = findRealThings()
const drachtio = findDrachtio()
const skip = 'skip' in things ? things.skip : 'skip' in drachtio ? drachtio.skip : false
const SECRET = 'a0Secret0between0the0two'
const [CITIZEN, HERE, THERE] = [450, 1030, 1730]

/** A caller at the first FreeSWITCH, where nobody takes calls, who talks with somebody at the second one. */
async function scene(t: Test, number: string) {
  if ('skip' in things || 'skip' in drachtio) throw new Error('nothing to try it with')
  const trunk = await startRealDrachtio(drachtio.path)
  const city = await openCity(things, { operators: 2, two: true, freeswitch: { LIANDONG_FS_EDGE_SECRET: SECRET }, environment: { LIANDONG_PBX_HALLS_DIAL: `sofia/citizens/{number}@127.0.0.1:${trunk.sipPort}` } })
  const { second } = city
  if (second === null) throw new Error('one FreeSWITCH')
  await city.startNode('a')
  await city.startNode('b')
  const edge = await startEdgeProcess(trunk, SECRET, [city.freeswitch.citizensPort, second.citizensPort])
  const there = observe(second)
  const [citizen, here, other] = [await openTelephone({ tone: CITIZEN, answerAfter: null }), await openTelephone({ tone: HERE, answerAfter: 100 }), await openTelephone({ tone: THERE, answerAfter: 100 })]
  t.teardown(async () => {
    if (!t.passing()) t.comment(`A ${city.node('a').output().slice(-6_000)}\nB ${city.node('b').output().slice(-6_000)}\nE ${edge.output().slice(-2_000)}`)
    there.close()
    await Promise.all([citizen, here, other].map((one) => one.close()))
    await edge.stop()
    await trunk.stop()
    await city.stop()
  })
  await here.register('1001', `${city.freeswitch.phoneSecret}-1001`, city.freeswitch.operatorsPort)
  await other.register('1002', `${second.phoneSecret}-1002`, second.operatorsPort)
  const [desk] = await city.desksOf(['1001'], 'a')
  const [otherDesk] = await city.desksOf(['1002'], 'b')
  if (desk === undefined || otherDesk === undefined) throw new Error('no desk')
  ask(desk, { type: 'presence', ready: false })
  await until('him to be away', () => desk.me?.presence === 'break')
  // Straight to this FreeSWITCH, as of a carrier that knows no edge: so that it is certain where he arrives.
  await citizen.call(number, city.freeswitch.citizensPort)
  await until('him to be brought over and to talk there', () => otherDesk.call?.state === 'talking' && otherDesk.ticket !== null, 30_000)
  await citizen.hearsOnly([THERE], [HERE])
  await other.hearsOnly([CITIZEN], [HERE])
  const rows = async () => (await city.store.pool.query<{ id: string; state: string; hangup_cause: string | null; ended: boolean }>('select id, state, hangup_cause, ended_at is not null as ended from call where number = $1 order by queued_at', [number])).rows
  await until('his two calls', async () => (await rows()).length === 2)
  const callBacks = async () => (await city.store.pool.query<{ state: string }>('select state from call_back_task where number = $1', [number])).rows
  return { city, second, there, citizen, here, other, desk, otherDesk, rows, callBacks }
}

t.test('a talk that was brought over, and the other FreeSWITCH dies and is not there again: he comes back to the one that he called, waits, and is answered', { skip, timeout: 200_000 }, async (t) => {
  const { city, second, citizen, here, desk, otherDesk, rows } = await scene(t, '13900000071')
  const own = city.witness.citizens().find(({ number }) => number === '13900000071')?.uuid ?? ''
  const talkThere = otherDesk.call?.callId ?? ''
  t.not(own, talkThere)
  second.kill('SIGKILL')
  const died = Date.now()
  await until('him to wait here again', async () => (await rows()).find(({ id }) => id === own)?.state === 'queued', 60_000)
  const silent = Date.now() - died
  t.comment(`in silence for ${silent} ms`)
  t.ok(silent < 25_000, `he hears the music again after ${silent} ms`)
  t.equal(citizen.state, 'talking', 'his line stands')
  ask(desk, { type: 'presence', ready: true })
  await until('somebody here to talk with him', () => desk.call?.callId === own && desk.call.state === 'talking' && desk.ticket !== null, 30_000)
  await citizen.hearsOnly([HERE], [THERE])
  here.hangUp()
  await until('the end', () => citizen.state === 'idle')
  await until('his operator to be ready', () => desk.me?.presence === 'ready')
  t.same((await city.tickets()).map(({ id, operator_id: operator }) => [id, operator !== null]).toSorted(), [[own, true], [talkThere, true]].toSorted(), 'a ticket of either talk')
  await until('no leg to be left here', () => [...city.witness.channels.values()].every(({ endedAt }) => endedAt !== undefined))
})

t.test('a talk that was brought over, and the other FreeSWITCH is killed and started again: it goes on', { skip, timeout: 200_000 }, async (t) => {
  const { city, second, there, citizen, other, otherDesk, rows, callBacks } = await scene(t, '13900000072')
  const talkThere = otherDesk.call?.callId ?? ''
  // It writes what can be recovered twice a second.
  await until('it to be on disk', async () => ((JSON.parse((await there.link.api({ api: 'show', what: 'channels' })).text) as { rows?: { callstate: string }[] }).rows ?? []).filter(({ callstate }) => callstate === 'ACTIVE').length === 2)
  second.kill('SIGKILL')
  await second.restart()
  await citizen.hearsOnly([THERE], [HERE])
  await other.hearsOnly([CITIZEN], [HERE])
  t.match(otherDesk.call, { callId: talkThere, state: 'talking' }, 'the desk has the talk')
  other.hangUp()
  await until('the end', () => citizen.state === 'idle')
  await until('both calls to be over', async () => (await rows()).every(({ ended }) => ended), 30_000)
  await until('his operator to be ready', () => otherDesk.me?.presence === 'ready')
  t.match(await city.tickets(), [{ id: talkThere, call_back: false }], 'one ticket')
  t.same((await callBacks()).filter(({ state }) => state !== 'done'), [])
})
