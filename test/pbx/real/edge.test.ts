import t, { type Test } from 'tap'
import { findDrachtio, startRealDrachtio, type Drachtio } from '../../helpers/drachtio.js'
import { until } from '../../helpers/database.js'
import { openTrunk, SDP, statusOf, type Trunk } from '../../helpers/sip-phone.js'
import { aimed, TORTURE } from '../../helpers/torture.js'
import { headerOf } from '../../../sip/core/message.js'
import { unaccounted } from '../../../sip/core/ledger.js'
import { openCity, type City } from '../harness/city.js'
import { startEdgeProcess, type EdgeProcess } from '../harness/edge.js'
import { findRealThings, observe, startFreeSwitch } from '../harness/freeswitch.js'
import { makeSipp, type Sipp } from '../harness/sipp.js'

t.setTimeout(400_000)
const things = findRealThings()
const drachtioFound = findDrachtio()
const skip = 'skip' in things ? things.skip : 'skip' in drachtioFound ? drachtioFound.skip : false
const SECRET = 'a0Secret0between0the0two'
const TOKEN = 'token-of-an-edge-0123'

interface Whole { readonly city: City; readonly drachtio: Drachtio; readonly edge: EdgeProcess; readonly trunk: Trunk; readonly sipp: Sipp }

/** Carrier → drachtio with the edge → FreeSWITCH as shipped → Liandong → desks: nothing is played but the carrier and the phones. */
async function openWhole(t: Test, operators: number, edgeEnvironment: Record<string, string> = {}, freeswitch: Record<string, string> = {}): Promise<Whole> {
  if ('skip' in things || 'skip' in drachtioFound) throw new Error('skipped')
  const city = await openCity(things, { operators, environment: { LIANDONG_EDGE_TOKEN: TOKEN }, freeswitch: { LIANDONG_FS_EDGE_SECRET: SECRET, ...freeswitch } })
  await city.startNode()
  const drachtio = await startRealDrachtio(drachtioFound.path)
  const edge = await startEdgeProcess(drachtio, SECRET, [city.freeswitch.citizensPort], { LIANDONG_EDGE_RECORD_ROUTE: '127.0.0.2,127.0.0.3', LIANDONG_EDGE_REPORT_URL: city.node().url, LIANDONG_EDGE_TOKEN: TOKEN, ...edgeEnvironment })
  const sipp = makeSipp(things.sipp, { ...city.freeswitch, citizensPort: drachtio.sipPort })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${edge.output().slice(-4_000)}\n${city.node().output().slice(-3_000)}\n${sipp.errors()}`)
    await sipp.stop()
    await edge.stop()
    await drachtio.stop()
    await city.stop()
  })
  return { city, drachtio, edge, sipp, trunk: await openTrunk(t, drachtio.sipPort) }
}

const PIDF = `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0" xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr" entity="pres:x@example"><tuple id="a"><status><gp:geopriv><gp:location-info><gs:Circle srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>34.6181 112.4539</gml:pos><gs:radius uom="urn:ogc:def:uom:EPSG::9001">1250</gs:radius></gs:Circle><ca:civicAddress><ca:country>CN</ca:country><ca:A3>西工区</ca:A3><ca:RD>中州中路</ca:RD><ca:HNO>100号</ca:HNO></ca:civicAddress></gp:location-info></gp:geopriv></status></tuple></presence>`
const located = {
  contentType: 'multipart/mixed;boundary=xX', body: ['--xX', 'Content-Type: application/sdp', '', SDP.trimEnd(), '--xX', 'Content-Type: application/pidf+xml', 'Content-ID: <place@carrier>', '', PIDF, '--xX--', ''].join('\r\n'),
  headers: [['Geolocation', '<cid:place@carrier>'], ['P-Asserted-Identity', '"李四" <sip:13700000002@carrier.example>']],
} as const

t.test('a call through the whole chain', { skip, timeout: 300_000 }, async (t) => {
  const { city, drachtio, edge, trunk } = await openWhole(t, 1)
  const [desk] = await city.desks(1)
  await city.sipp.phones(['1001'], { ring: 100, talk: 2_500 })
  const stranger = await openTrunk(t, drachtio.sipPort, '127.0.0.7')
  let answered = 0

  await t.test('identity and place reach the desk with their uncertainty, and the ticket', async (t) => {
    const call = trunk.call({ from: '<sip:anonymous@carrier.example>', ...located })
    call.ack(await call.final())
    await until('the ticket', () => desk?.call?.answeredAt !== undefined && desk.ticket !== null)
    t.match(desk?.call, { caller: { number: '13700000002', name: '李四', verified: true }, location: { lat: 34.6181, lon: 112.4539, uncertaintyMetres: 1250 }, locationText: '西工区中州中路100号' })
    t.match(desk?.ticket, { fields: { point: { lat: 34.6181, lon: 112.4539, uncertaintyMetres: 1250 } }, caller: { verified: true } })
    await until('the talk to end', () => desk?.me?.presence === 'ready')
    answered += 1
  })

  await t.test('from a source that is not trusted: the same call, unverified and without a place', async (t) => {
    const before = desk?.ticket?.id
    const call = stranger.call({ from: '<sip:13900000005@carrier.example>', ...located })
    call.ack(await call.final())
    await until('the ticket', () => desk?.ticket?.id !== before && desk?.call?.answeredAt !== undefined && desk.ticket?.id === desk.call.callId)
    t.match(desk?.call, { caller: { number: '13900000005', verified: false } })
    t.equal(desk?.call?.location, undefined)
    await until('the talk to end', () => desk?.me?.presence === 'ready')
    answered += 1
  })

  await t.test('kill -9 of the edge never touches a talk, with Record-Route and without; a restart forgets no count', async (t) => {
    const routed = await openTrunk(t, drachtio.sipPort, '127.0.0.2')
    for (const line of [trunk, routed]) {
      if (edge.child.exitCode !== null || edge.child.signalCode !== null) await edge.start()
      const before = desk?.ticket?.id
      const call = line.call({ from: '<sip:13900000006@carrier.example>' })
      const answer = await call.final()
      call.ack(answer)
      await until('the talk', () => desk?.ticket?.id !== before && desk?.call?.state === 'talking')
      await edge.kill()
      const killedAt = Date.now()
      // The operator hangs up when he is done: FreeSWITCH's BYE arrives here.
      await until('BYE of FreeSWITCH', () => call.hungUp())
      t.ok(Date.now() - killedAt > 500, 'not because of the kill')
      await until('the operator to be ready', () => desk?.me?.presence === 'ready')
      answered += 1
    }
    t.equal(statusOf(await trunk.call().final()), 503, 'without the edge the carrier is told to re-route')
    await edge.start()
    const { counts } = await edge.counts()
    t.equal(unaccounted(counts), 0)
    t.equal(counts.delivered + counts.unseen, answered)
  })

  await t.test('RFC 4475: after each torture message the next good call is answered within a second', async (t) => {
    const host = `127.0.0.1:${drachtio.sipPort}`
    for (const [what, message] of TORTURE) {
      stranger.say(aimed(message, host))
      const started = Date.now()
      const call = trunk.call({ from: '<sip:13900000007@carrier.example>' })
      const answer = await call.final(5_000)
      t.equal(statusOf(answer), 200, what)
      t.ok(Date.now() - started < 1_000, `${what}: ${Date.now() - started} ms`)
      call.ack(answer)
      call.bye(answer)
      await until('its end', () => call.replies('BYE').length > 0)
    }
    t.equal(edge.child.exitCode, null)
    t.equal(unaccounted((await edge.counts()).counts), 0)
  })

  await t.test('the account: each INVITE of the edge is a call or has its outcome, and a call past the edge stands beside it', async (t) => {
    const past = await openTrunk(t, city.freeswitch.citizensPort)
    const call = past.call({ from: '<sip:13900000008@carrier.example>' })
    const answer = await call.final()
    call.ack(answer)
    call.bye(answer)
    const { counts } = await edge.counts()
    const account = () => city.store.account.account(undefined, true)
    await until('the edge to have told', async () => (await account()).edges[0]?.invites === counts.invites, 60_000)
    await until('all to be written down', async () => (await account()).unaccounted === 0, 20_000).catch(async (error: unknown) => { throw new Error(`${(error as Error).message}: ${JSON.stringify(await account())}`) })
    const { edges } = await account()
    t.match(edges, [{ edge: 'edge', pending: 0, unaccounted: 0, silent: false }])
    t.ok((edges[0]?.calls ?? 0) >= answered)
    // One of the messages brings no speech: FreeSWITCH refuses it before its dialplan has noted whose it was, and the edge counts it as refused.
    t.same((await city.store.pool.query<{ number: string }>("select number from call where edge is null and hangup_cause <> 'MANDATORY_IE_MISSING'")).rows.map(({ number }) => number), ['13900000008'])
  })
})

t.test('two FreeSWITCH: one is killed, one drains', { skip, timeout: 120_000 }, async (t) => {
  if ('skip' in things || 'skip' in drachtioFound) return
  const environment = { LIANDONG_FS_EDGE_SECRET: SECRET }
  const [a, b] = [await startFreeSwitch(things.freeswitch, { intake: [1, 2], environment }), await startFreeSwitch(things.freeswitch, { intake: [1, 2], environment })]
  const drachtio = await startRealDrachtio(drachtioFound.path)
  const edge = await startEdgeProcess(drachtio, SECRET, [a.citizensPort, b.citizensPort], { LIANDONG_EDGE_PING_EVERY: '500' })
  t.teardown(async () => {
    await edge.stop()
    await drachtio.stop()
    await a.stop()
    await b.stop()
  })
  const trunk = await openTrunk(t, drachtio.sipPort)
  const round = async (count: number): Promise<number[]> => {
    const ports: number[] = []
    for (let n = 0; n < count; n += 1) {
      const started = Date.now()
      const call = trunk.call({ from: `<sip:1390000${1_000 + n * 7}@carrier.example>` })
      const answer = await call.final(4_000)
      t.equal(statusOf(answer), 200)
      t.ok(Date.now() - started < 2_000, `answered after ${Date.now() - started} ms`)
      call.ack(answer)
      call.bye(answer)
      ports.push(Number(/:(\d+)/.exec(/<sip:[^>]*@([^>;]+)/.exec(answer.headers.find(([name]) => name === 'contact')?.[1] ?? '')?.[1] ?? '')?.[1]))
    }
    return ports
  }
  t.same(new Set(await round(16)), new Set([a.citizensPort, b.citizensPort]), 'both get calls')
  a.kill('SIGSTOP') // silent: the worst way to be gone
  t.same(new Set(await round(6)), new Set([b.citizensPort]), 'every call finds the other')
  a.kill('SIGCONT')
  const health = async (): Promise<string[]> => (await fetch(`${edge.url}/health`).then((response) => response.json() as Promise<{ targets: { health: string }[] }>)).targets.map((target) => target.health)
  await until('it is back', async () => (await health()).every((one) => one === 'up'))
  await fetch(`${edge.url}/drain/127.0.0.1:${b.citizensPort}`, { method: 'POST' })
  t.same(new Set(await round(6)), new Set([a.citizensPort]), 'a drained one gets none')
  a.kill('SIGKILL')
  await until('nobody is left', async () => (await health())[0] !== 'up')
  const refused = await trunk.call().final()
  t.equal(statusOf(refused), 503)
  t.ok(refused.headers.some(([name]) => name === 'retry-after'))
})

t.test('a FreeSWITCH that stalls until its call is elsewhere answers nobody when it wakes', { skip, timeout: 120_000 }, async (t) => {
  if ('skip' in things || 'skip' in drachtioFound) return
  const environment = { LIANDONG_FS_EDGE_SECRET: SECRET }
  const [a, b] = [await startFreeSwitch(things.freeswitch, { intake: [1, 2], environment }), await startFreeSwitch(things.freeswitch, { intake: [1, 2], environment })]
  const drachtio = await startRealDrachtio(drachtioFound.path)
  const edge = await startEdgeProcess(drachtio, SECRET, [], { LIANDONG_EDGE_POOL: `127.0.0.1:${a.citizensPort};weight=1000,127.0.0.1:${b.citizensPort};weight=1` })
  const witness = observe(a)
  t.teardown(async () => {
    witness.close()
    await edge.stop()
    await drachtio.stop()
    await a.stop()
    await b.stop()
  })
  const trunk = await openTrunk(t, drachtio.sipPort)
  await until('the witness', () => witness.link.up)
  const dial = async (number: string): Promise<string> => {
    const call = trunk.call({ from: `<sip:${number}@carrier.example>` })
    if (number.endsWith('9')) {
      await until('the other one to have it', async () => (await edge.counts()).counts.delivered > 0 && call.responses().some((message) => statusOf(message) === 200), 4_000)
      a.kill('SIGCONT')
    }
    const answer = await call.final(4_000)
    t.equal(statusOf(answer), 200)
    call.ack(answer)
    call.bye(answer)
    return headerOf(answer, 'contact') ?? ''
  }
  const seen = (number: string) => witness.citizens().filter((channel) => channel.number === number)
  t.match(await dial('13900000001'), `:${a.citizensPort}`, 'its clock is known from here on')
  t.match(await dial('13900000002'), `:${a.citizensPort}`, 'in time')
  a.kill('SIGSTOP')
  t.match(await dial('13900000009'), `:${b.citizensPort}`)
  await until('it to be over where nobody hears it', () => seen('13900000009').some(({ endedAt }) => endedAt !== undefined), 10_000)
  t.same(seen('13900000009').map(({ answeredAt }) => answeredAt), [undefined], 'not answered')
  t.match(await dial('13900000003'), new RegExp(`:(${a.citizensPort}|${b.citizensPort})`), 'and goes on')
})

t.test('numbers besides 110: answered, known by what was dialled, demoted by the same rule; what the edge does not serve FreeSWITCH does not either', { skip, timeout: 120_000 }, async (t) => {
  const numbers = '110:emergency, 119, 12345:standard'
  const { city, edge, trunk } = await openWhole(t, 1, { LIANDONG_EDGE_NUMBERS: numbers, LIANDONG_EDGE_NUMBER_RATE: '0.001/2' }, { LIANDONG_FS_NUMBERS: numbers, LIANDONG_FS_MAX_DEMOTED: '1', LIANDONG_FS_MAX_STANDARD: '1' })
  const dial = async (called: string, number: string): Promise<{ readonly status: number; readonly end: () => void }> => {
    const call = trunk.call({ called, from: `<sip:${number}@carrier.example>` })
    const answer = await call.final(5_000)
    if (statusOf(answer) !== 200) return { status: statusOf(answer), end: () => undefined }
    call.ack(answer)
    return { status: 200, end: () => { call.bye(answer) } }
  }
  const standard = await dial('12345', '13900000011')
  t.equal(standard.status, 200)
  const called = async (number: string) => (await city.store.pool.query<{ called_number: string }>('select called_number from call where number = $1', [number])).rows.map((row) => row.called_number)
  await until('it to be known', async () => (await called('13900000011')).length === 1)
  t.same(await called('13900000011'), ['12345'])
  t.equal((await dial('12345', '13900000014')).status, 503, 'no channel is left for the callers of 12345')
  const urgent = await dial('110', '13900000015')
  t.equal(urgent.status, 200, 'but for those of 110')
  urgent.end()
  standard.end()
  // One number that calls again and again: two as anybody, one within the share of demoted calls, the next beyond it.
  const calls = [await dial('119', '13900000012'), await dial('119', '13900000012'), await dial('119', '13900000012'), await dial('119', '13900000012')]
  t.same(calls.map(({ status }) => status), [200, 200, 200, 503])
  for (const { end } of calls) end()
  t.equal((await dial('12319', '13900000013')).status, 404)
  t.match((await edge.counts()).counts, { refused: { 'unknown-number': 1, 'targets-failed': 2 } })
})
