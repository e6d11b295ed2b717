import t, { type Test } from 'tap'
import { until } from '../../helpers/database.js'
import { ask } from '../../helpers/desk-bot.js'
import { openCity } from '../harness/city.js'
import { methodOf, openTrunk, statusOf } from '../../helpers/sip-phone.js'
import { findRealThings, observe, startFreeSwitch } from '../harness/freeswitch.js'
import { openTelephone, type Telephone } from '../harness/telephone.js'

t.setTimeout(400_000)
const things = findRealThings()
const OPERATOR = 1030

/** Telephones, FreeSWITCH and a node with one desk. */
async function scene(t: Test, tones: readonly number[]) {
  if ('skip' in things) throw new Error(things.skip)
  const operator = await openTelephone({ tone: OPERATOR, answerAfter: 100 })
  const citizens = await Promise.all(tones.map((tone) => openTelephone({ tone, answerAfter: null })))
  const city = await openCity(things, { operators: 1 })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${city.node().output().slice(-5_000)}\n${city.freeswitch.log().split('\n').slice(-60).join('\n')}`)
    await Promise.all([operator, ...citizens].map((one) => one.close()))
    await city.stop()
  })
  await city.startNode()
  await operator.register('1001', `${city.freeswitch.phoneSecret}-1001`, city.freeswitch.operatorsPort)
  const [desk] = await city.desks(1)
  if (desk === undefined) throw new Error('no desk')
  /** Row of the call from this number. */
  const row = async (number: string) => (await city.store.pool.query<{ id: string; state: string; queued_at: Date }>('select id, state, queued_at from call where number = $1', [number])).rows[0]
  /**
   * Of these channels FreeSWITCH has on disk that they were answered, or bridged: it writes twice a second (switch_core_sqldb.c), this and what
   * `show channels` reads in one transaction. Whoever was answered in the last half second before it dies is lost, and so is who was not answered.
   */
  const onDisk = (...uuids: string[]): Promise<boolean> => until('FreeSWITCH to have written it down', async () => {
    const { rows = [] } = JSON.parse((await city.witness.link.api({ api: 'show', what: 'channels' })).text) as { rows?: { uuid: string; callstate: string }[] }
    return uuids.every((uuid) => rows.some((row) => row.uuid === uuid && row.callstate === 'ACTIVE'))
  })
  return { city, operator, citizens, desk, row, onDisk }
}

t.test('FreeSWITCH is killed and started again: a talk lives on with its ticket, who waits comes back at his place', { skip: 'skip' in things ? things.skip : false, timeout: 240_000 }, async (t) => {
  const { city, operator, citizens, desk, row, onDisk } = await scene(t, [450, 1370, 2290])
  const [citizen, first, second] = citizens as [Telephone, Telephone, Telephone]
  await citizen.call('13900000051', city.freeswitch.citizensPort)
  await until('the talk', () => desk.call?.state === 'talking' && desk.ticket !== null)
  const callId = desk.call?.callId ?? ''
  await citizen.hearsOnly([OPERATOR], [1370, 2290])
  await operator.hearsOnly([450], [1370, 2290])
  const waiting: { id: string; queued_at: Date }[] = []
  for (const [one, number] of [[first, '13900000052'], [second, '13900000053']] as const) {
    await one.call(number, city.freeswitch.citizensPort)
    waiting.push(await until(`${number} to wait`, () => row(number)))
  }
  await onDisk(callId, ...waiting.map(({ id }) => id))
  const seen = desk.messages.length

  city.freeswitch.kill('SIGKILL')
  await city.freeswitch.restart()
  await citizen.hearsOnly([OPERATOR], [1370, 2290])
  await operator.hearsOnly([450], [1370, 2290])
  t.match(desk.call, { callId, state: 'talking' }, 'the desk has the talk')
  t.same(desk.messages.slice(seen).filter(({ type }) => type === 'me' || type === 'call' || type === 'call.gone'), [], 'and had it all the time')
  t.equal(operator.talks, 1, 'nobody had to answer anew')

  for (const [at, one] of [first, second].entries()) {
    ask(desk, { type: 'call.hang-up', callId: desk.call?.callId ?? '' })
    await until('the next', () => desk.call?.callId === waiting[at]?.id && desk.call?.state === 'talking')
    await one.hearsOnly([OPERATOR], [450, at === 0 ? 2290 : 1370])
    t.equal(one.talks, 1)
  }
  t.equal(citizen.state, 'idle')
  operator.hangUp()
  await until('the end', () => second.state === 'idle')
  await until('all ends in the books', async () => (await city.store.pool.query('select 1 from call where ended_at is null')).rows.length === 0)
  t.match(await city.tickets(), [{ id: callId, call_back: false }, ...waiting.map(({ id }) => ({ id, call_back: false }))], 'a ticket each, and none more')
  for (const [at, number] of ['13900000052', '13900000053'].entries()) t.same((await row(number))?.queued_at, waiting[at]?.queued_at, `${number} kept his place`)
  for (const { id } of waiting) t.match(city.node().output(), `"callId":"${id}","recovered":true`, 'he came back to us')
})

t.test('FreeSWITCH and Liandong are killed at once: the talk lives on without us, and is one ticket', { skip: 'skip' in things ? things.skip : false, timeout: 240_000 }, async (t) => {
  const { city, operator, citizens, desk, row, onDisk } = await scene(t, [450])
  const [citizen] = citizens as [Telephone]
  await citizen.call('13900000054', city.freeswitch.citizensPort)
  await until('the talk', () => desk.call?.state === 'talking' && desk.ticket !== null)
  const callId = desk.call?.callId ?? ''
  await citizen.hearsOnly([OPERATOR], [])
  await onDisk(callId)
  city.node().kill('SIGKILL')
  city.freeswitch.kill('SIGKILL')
  await city.node().ended
  await city.freeswitch.restart()
  await citizen.hearsOnly([OPERATOR], [])
  await operator.hearsOnly([450], [])
  await city.startNode()
  await until('the talk at the desk', () => desk.me?.presence === 'talking' && desk.call?.callId === callId && desk.call.state === 'talking' && desk.ticket?.id === callId)
  operator.hangUp()
  await until('the end', () => citizen.state === 'idle')
  await until('the end in the books', async () => (await row('13900000054'))?.state === 'ended')
  await until('him to be ready', () => desk.me?.presence === 'ready')
  t.match(await city.tickets(), [{ id: callId, call_back: false }])
})

t.test('a call that came by the edge is taken up again without a word of what the edge said of it, least of all the secret', { skip: 'skip' in things ? things.skip : false, timeout: 120_000 }, async (t) => {
  if ('skip' in things) return
  const secret = 'a0Secret0between0the0two'
  // Nobody listens there: he waits in the native queue.
  const freeswitch = await startFreeSwitch(things.freeswitch, { intake: [1, 2], environment: { LIANDONG_FS_EDGE_SECRET: secret } })
  const witness = observe(freeswitch)
  t.teardown(async () => { witness.close(); await freeswitch.stop() })
  const trunk = await openTrunk(t, freeswitch.citizensPort)
  const said = { Verified: 'true', Number: '13900000055', Name: 'WmhhbmcgU2Fu', Class: 'demoted', Lat: '34.6181000', Lon: '112.4539000', Uncertainty: '250.0', Place: 'WmhvdSBTdHJlZXQ', Edge: 'edge/1764500000000000' }
  const call = trunk.call({ headers: Object.entries(said).map(([name, value]) => [`X-${secret}-${name}`, value] as const) })
  const answer = await call.final(10_000)
  t.equal(statusOf(answer), 200)
  call.ack(answer)
  const channels = async (): Promise<readonly { uuid: string; callstate: string }[]> => (JSON.parse((await witness.link.api({ api: 'show', what: 'channels' })).text) as { rows?: { uuid: string; callstate: string }[] }).rows ?? []
  const uuid = await until('FreeSWITCH to have written it down', async () => (await channels()).find(({ callstate }) => callstate === 'ACTIVE')?.uuid)
  const { text: dump } = await witness.link.api({ api: 'uuid_dump', uuid })
  const known = JSON.parse(dump) as Record<string, unknown>
  for (const [name, value] of Object.entries(said)) t.equal(known[`variable_liandong_${name.toLowerCase()}`], value, `${name} was read`)
  const before = trunk.heard.length
  freeswitch.kill('SIGKILL')
  await freeswitch.restart()
  const again = await until('the call to be taken up again', () => trunk.heard.slice(before).find((message) => methodOf(message) === 'INVITE'), 30_000)
  t.same(again.headers.filter(([name, value]) => `${name} ${value}`.toLowerCase().includes(secret.toLowerCase())), [])
  t.same(again.headers.filter(([, value]) => Object.values(said).some((one) => one.length > 6 && value.includes(one))), [])
})
