import type { Test } from 'tap'
import { readMessage, headerOf, headersOf } from '../../sip/core/message.js'
import { unaccounted } from '../../sip/core/ledger.js'
import { until } from '../helpers/database.js'
import type { Drachtio } from '../helpers/drachtio.js'
import { openTrunk, SDP, statusOf } from '../helpers/sip-phone.js'
import { openEdge, SECRET, type World } from './world.js'

const carried = (world: World, at = 0, name = ''): string | undefined => headerOf(world.switches[at]?.requests('INVITE').at(-1) ?? readMessage(''), `x-${SECRET}-${name}`.toLowerCase())
const PIDF = `<?xml version="1.0"?><presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10" xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0" entity="pres:x@example"><tuple id="a"><status><gp:geopriv><gp:location-info><gs:Circle srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>34.6181 112.4539</gml:pos><gs:radius uom="urn:ogc:def:uom:EPSG::9001">250</gs:radius></gs:Circle></gp:location-info></gp:geopriv></status></tuple></presence>`

/**
 * What the edge does with a drachtio at its side. The same calls run through the played drachtio and, where there is one, the real:
 * a difference between them fails here.
 */
export async function edgeSuite(t: Test, start: () => Promise<Drachtio>): Promise<void> {
  const drachtio = await start()
  t.teardown(() => drachtio.stop())
  const trunk = await openTrunk(t, drachtio.sipPort)
  const stranger = await openTrunk(t, drachtio.sipPort, '127.0.0.7')

  await t.test('D8: no edge is there: 503, so that the carrier re-routes', async (t) => {
    t.equal(statusOf(await trunk.call().final()), 503)
  })

  await t.test('a call passes, the edge leaves its path, and the books say so', async (t) => {
    const world = await openEdge(t, drachtio)
    const call = trunk.call({ from: '"Zhang San" <sip:13900000001@carrier.example>' })
    const answer = await call.final()
    t.equal(statusOf(answer), 200)
    t.same(headersOf(answer, 'record-route'), [], 'no Record-Route')
    call.ack(answer)
    call.bye(answer)
    await until('BYE straight to the switch', () => world.switches[0]?.requests('BYE').length === 1)
    t.equal(headersOf(world.switches[0]?.requests('BYE')[0] ?? readMessage(''), 'via').length, 1, 'past the edge')
    await until('the books', () => world.books.today().counts.delivered === 1)
    t.match(world.books.today().counts, { invites: 1, delivered: 1, pending: 0 })
    t.equal(carried(world, 0, 'Number'), '13900000001')
    t.equal(Buffer.from(carried(world, 0, 'Name') ?? '', 'base64url').toString(), 'Zhang San')
    t.equal(carried(world, 0, 'Verified'), 'false', 'nobody vouches for a From')
  })

  await t.test('a trunk that needs a Record-Route gets one, and requests in the dialog do not ask the edge', async (t) => {
    const world = await openEdge(t, drachtio, { environment: { LIANDONG_EDGE_RECORD_ROUTE: '127.0.0.1' } })
    const call = trunk.call()
    const answer = await call.final()
    t.equal(headersOf(answer, 'record-route').length, 1)
    call.ack(answer)
    await until('the ACK at the switch', () => world.switches[0]?.requests('ACK').length === 1)
    await world.edge.close() // D9: the edge is gone, the call is not
    call.request('INFO', 3, answer)
    await until('INFO at the switch', () => world.switches[0]?.requests('INFO').length === 1)
    await until('its answer', () => call.replies('INFO').some((message) => statusOf(message) === 200))
    call.bye(answer)
    await until('BYE at the switch', () => world.switches[0]?.requests('BYE').length === 1)
    await until('the answer to BYE', () => call.replies('BYE').some((message) => statusOf(message) === 200))
  })

  await t.test('503 of a switch: the next one at once', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 503, options: 200 }, { invite: 200, options: 200 }] })
    const call = trunk.call()
    const answer = await call.final(2_000)
    t.equal(statusOf(answer), 200)
    call.ack(answer)
    t.equal(world.switches[1]?.requests('INVITE').length, 1)
    t.equal(world.edge.pool.get(world.switches[0]?.id ?? '')?.health, 'up', 'it refused this call, not all: one flooded class never takes the pool away from the others')
  })

  await t.test('a silent switch: the next one within two seconds, and soon no call tries it', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: null, options: 200 }, { invite: 200, options: 200 }] })
    const [silent] = world.switches
    const first = trunk.call()
    first.ack(await first.final(2_000))
    await until('the books', () => world.books.today().counts.delivered === 1)
    t.equal(world.edge.pool.get(silent?.id ?? '')?.health, 'up', 'one silence is no failure yet')
    if (silent !== undefined) silent.behaviour.options = null
    await until('it counts as down', () => world.edge.pool.get(silent?.id ?? '')?.health === 'down')
    const before = silent?.requests('INVITE').length
    const second = trunk.call()
    second.ack(await second.final(2_000))
    t.equal(silent?.requests('INVITE').length, before)
  })

  await t.test('each switch is told until when a call may begin there, by its own clock; whose clock is not known is told nothing', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, options: 200, ahead: 3_600_000 }, { invite: 200, options: 200 }] })
    const [a, b] = world.switches
    const untilOf = (one: typeof a): number => Number(/;until=(\d{16})(?:;| )/.exec(one?.requests('INVITE').at(-1)?.startLine ?? '')?.[1]) / 1000
    const dial = async (): Promise<number> => {
      const began = Date.now()
      const before = world.books.today().counts.delivered
      const call = trunk.call({ from: `<sip:137${String(began).slice(-8)}@carrier.example>` })
      call.ack(await call.final(3_000))
      await until('the books', () => world.books.today().counts.delivered === before + 1)
      return began
    }
    await dial()
    t.ok(Number.isNaN(untilOf(a)), 'nothing is known of it')
    const began = await dial()
    const left = untilOf(a) - 3_600_000 - began
    // A little too early is right: it is never too late by the time that FreeSWITCH took.
    t.ok(left > 300 && left < 600, `${left} ms`)
    if (a !== undefined) a.behaviour.ring = 350
    await dial()
    if (a !== undefined) delete a.behaviour.ring
    const later = await dial()
    t.ok(untilOf(a) - 3_600_000 - later < 600, `one that took its time changed nothing: ${untilOf(a) - 3_600_000 - later} ms`)
    if (a !== undefined) a.behaviour.invite = 504
    await dial()
    t.equal(b?.requests('INVITE').length, 1, 'late by its own clock, and not by ours: the next one')
    t.ok(Number.isNaN(untilOf(b)))
    if (a !== undefined) a.behaviour.invite = 200
    await dial()
    t.ok(Number.isNaN(untilOf(a)), 'it was wrong about the time')
    t.equal(world.edge.pool.get(a?.id ?? '')?.health, 'up')
  })

  await t.test('one is silent, the next refuses, the third takes it: it is answered, and the books do not call it refused', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: null, options: 200 }, { invite: 503, options: 200 }, { invite: 200, ring: 700, options: 200 }] })
    const call = trunk.call()
    const answer = await call.final(3_000)
    t.equal(statusOf(answer), 200)
    call.ack(answer)
    await until('the books', () => world.books.today().counts.pending === 0)
    t.match(world.books.today().counts, { invites: 1, unseen: 1 }, 'drachtio does not tell of it')
    t.same(world.books.today().counts.refused, {})
    t.equal(unaccounted(world.books.today().counts), 0)
  })

  await t.test('nobody can take it: 503 with Retry-After, known beforehand or found out', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: null, options: 200 }, { invite: null, options: 200 }] })
    const found = await trunk.call().final(3_000)
    t.equal(statusOf(found), 503)
    t.equal(headerOf(found, 'retry-after'), '5')
    await until('the books', () => world.books.today().counts.refused['targets-failed'] === 1)
    for (const { behaviour } of world.switches) behaviour.options = 503
    await until('both to be full', () => [...world.edge.pool.values()].every(({ health }) => health === 'full'))
    const known = await trunk.call().final(1_000)
    t.equal(statusOf(known), 503)
    t.equal(headerOf(known, 'retry-after'), '5')
    t.match(world.books.today().counts, { invites: 2, refused: { 'targets-failed': 1, 'no-target': 1 } })
    t.equal(await trunk.options(), 503, 'the carrier hears it from OPTIONS as well')
  })

  await t.test('calls that were silent at every switch close all of them but the last', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: null, options: 200 }, { invite: null, options: 200 }], environment: { LIANDONG_EDGE_PING_EVERY: '60000' } })
    for (const number of ['13900000101', '13811110202']) await trunk.call({ from: `<sip:${number}@carrier.example>` }).final(3_000)
    await until('the books', () => world.books.today().counts.refused['targets-failed'] === 2)
    t.equal([...world.edge.pool.values()].filter(({ health }) => health === 'up').length, 1)
    for (const { behaviour } of world.switches) behaviour.invite = 200
    const next = trunk.call({ from: '<sip:13711110303@carrier.example>' })
    const answer = await next.final(2_000)
    t.equal(statusOf(answer), 200)
    next.ack(answer)
    t.equal(await trunk.options(), 200)
  })

  for (const word of [100, 180] as const) await t.test(`a switch that says ${word} and then nothing: one call finds it out, and no other goes there until it answers calls again`, async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, options: 200, stuck: word }, { invite: 200, options: 200 }] })
    const [sick, well] = world.switches
    const healthOf = (one: typeof sick) => world.edge.pool.get(one?.id ?? '')?.health
    const first = trunk.call({ from: '<sip:13900000401@carrier.example>' })
    // It answers OPTIONS all the time.
    await until('it is out of the pool', () => healthOf(sick) === 'down', 10_000)
    t.equal(first.responses().filter((message) => statusOf(message) >= 200).length, 0)
    const asked = sick?.requests('OPTIONS').length ?? 0
    await until('it has answered more OPTIONS than bring a switch back', () => (sick?.requests('OPTIONS').length ?? 0) > asked + 5)
    t.equal(healthOf(sick), 'down')
    for (let n = 2; n < 6; n += 1) {
      const next = trunk.call({ from: `<sip:1390000040${n}@carrier.example>` })
      const answer = await next.final(2_000)
      t.equal(statusOf(answer), 200)
      next.ack(answer)
    }
    t.equal(well?.requests('INVITE').length, 4)
    await until('what we asked it is taken back', () => sick?.heard.some(({ startLine }) => startLine.startsWith('CANCEL sip:liandong@')))
    // FreeSWITCH says 480 to one without an offer, whatever its dialplan would say.
    const ours = sick?.questions() ?? []
    t.same([ours.length > 0, ours.every((message) => headerOf(message, 'content-type') === 'application/sdp')], [true, true])
    t.equal(world.edge.stuck.get(sick?.id ?? ''), 1)
    if (sick !== undefined) sick.behaviour.stuck = undefined
    await until('it is back', () => healthOf(sick) === 'up', 10_000)
    const back = trunk.call({ from: '<sip:13900000409@carrier.example>' })
    back.ack(await back.final(2_000))
    t.ok((sick?.requests('INVITE') ?? []).some((message) => message.startLine.includes('sip:110@') && headerOf(message, 'call-id') === back.callId))
    first.cancel()
    t.equal(statusOf(await first.final()), 487)
    await until('the books', () => world.books.today().counts.pending === 0)
    t.match(world.books.today().counts, { invites: 6, delivered: 5, cancelled: 1 })
  })

  await t.test('where nobody takes calls none goes while somebody does elsewhere; nobody anywhere, or nobody else: every FreeSWITCH is tried', async (t) => {
    let n = 0
    const alive = (): string => String(1_764_000_000_000 + (n += 1))
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, options: 200, sign: () => '' }, { invite: 200, options: 200, sign: alive }] })
    const [a, b] = world.switches
    const isUnstaffed = (one: typeof a): boolean | undefined => world.edge.pool.get(one?.id ?? '')?.unstaffed
    const dial = async (): Promise<readonly (number | undefined)[]> => {
      const before = [a, b].map((one) => one?.requests('INVITE').length ?? 0)
      const call = trunk.call({ from: `<sip:136${String(10_000_000 + (n += 7_919))}@carrier.example>` })
      const answer = await call.final(3_000)
      t.equal(statusOf(answer), 200)
      call.ack(answer)
      return [a, b].map((one, at) => (one?.requests('INVITE').length ?? 0) - (before[at] ?? 0))
    }
    await until('it is known', () => isUnstaffed(a) === true && isUnstaffed(b) === false)
    t.same(await dial(), [0, 1])
    t.same([...world.edge.pool.values()].map(({ health }) => health), ['up', 'up'], 'it is well')
    t.equal(await trunk.options(), 200)
    if (b !== undefined) b.behaviour.invite = 503
    t.same(await dial(), [1, 1], 'who is refused where somebody is has still the other one: nobody is refused for an empty hall')
    if (b !== undefined) b.behaviour.invite = 200
    if (a !== undefined) a.behaviour.sign = alive
    await until('somebody sits down', () => isUnstaffed(a) === false)
    t.same(await dial(), [1, 0], 'equal again')
    // Its nodes die: what they said last stays.
    if (a !== undefined) a.behaviour.sign = () => '1764000000000'
    await until('it is noticed', () => isUnstaffed(a) === true, 8_000)
    t.same(await dial(), [0, 1])
    if (b !== undefined) b.behaviour.sign = () => ''
    await until('nobody is anywhere', () => isUnstaffed(b) === true)
    t.same(await dial(), [1, 0], 'as if nothing were known of either')
    t.equal(await trunk.options(), 200)
    if (b !== undefined) b.behaviour.sign = undefined
    await until('an older dialplan', () => isUnstaffed(b) === false)
    await until('the books', () => world.books.today().counts.delivered === 5)
    t.equal(unaccounted(world.books.today().counts), 0, 'what we ask is no call of anybody’s')
  })

  await t.test('one alone is not asked who sits there', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, options: 200, sign: () => '' }] })
    await until('many OPTIONS', () => (world.switches[0]?.requests('OPTIONS').length ?? 0) > 8)
    t.equal(world.switches[0]?.questions().length, 0)
  })

  await t.test('one that is stuck and nobody beside it: it goes on getting calls', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, options: 200, stuck: 180 }] })
    const first = trunk.call({ from: '<sip:13900000411@carrier.example>' })
    await until('it is known', () => world.edge.stuck.get(world.switches[0]?.id ?? '') === 1)
    t.equal(world.edge.pool.get(world.switches[0]?.id ?? '')?.health, 'up')
    first.cancel()
    await until('the books', () => world.books.today().counts.cancelled === 1)
  })

  await t.test('every switch refused this call: 503 without Retry-After, for the trunk is as good as before', async (t) => {
    for (const [n, invite] of [[0, null], [1, 503]] as const) {
      const world = await openEdge(t, drachtio, { switches: [{ invite, options: 200 }, { invite: 503, options: 200 }] })
      const answer = await trunk.call().final(3_000)
      t.equal(statusOf(answer), 503)
      t.equal(headerOf(answer, 'retry-after'), undefined, String(n))
      await until('the books', () => world.books.today().counts.refused['targets-failed'] === 1)
      t.ok([...world.edge.pool.values()].every(({ health }) => health === 'up'), String(n))
      await world.edge.close()
    }
  })

  await t.test('drained: a switch by its 503 to OPTIONS or by the admin, the edge by the admin', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, options: 200 }, { invite: 200, options: 200 }] })
    const [a, b] = world.switches
    if (a !== undefined) a.behaviour.options = 503
    await until('it is full', () => world.edge.pool.get(a?.id ?? '')?.health === 'full')
    const one = trunk.call()
    one.ack(await one.final())
    t.equal(a?.requests('INVITE').length, 0)
    if (a !== undefined) a.behaviour.options = 200
    await until('it is back', () => world.edge.pool.get(a?.id ?? '')?.health === 'up')
    t.ok(world.edge.drainTarget(a?.id ?? '', true))
    const two = trunk.call()
    two.ack(await two.final())
    t.equal(a?.requests('INVITE').length, 0)
    t.equal(b?.requests('INVITE').length, 2)
    t.equal(await trunk.options(), 200)
    world.edge.drain(true)
    t.equal(await trunk.options(), 503)
    t.equal(statusOf(await trunk.call().final()), 503)
    two.bye(await two.final())
    await until('calls go on', () => b?.requests('BYE').length === 1)
    t.match(world.books.today().counts, { refused: { draining: 1 } })
  })

  await t.test('a caller who hangs up while it rings counts as cancelled', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, ring: 10_000, options: 200 }] })
    const call = trunk.call()
    await until('ringing', () => call.responses().some((message) => statusOf(message) === 180))
    call.cancel()
    t.equal(statusOf(await call.final()), 487)
    await until('CANCEL at the switch', () => world.switches[0]?.requests('CANCEL').length === 1)
    await until('the books', () => world.books.today().counts.cancelled === 1)
    t.equal(unaccounted(world.books.today().counts), 0)
  })

  await t.test('D12: P-Asserted-Identity counts from a trusted trunk only', async (t) => {
    const world = await openEdge(t, drachtio)
    const headers = [['P-Asserted-Identity', '"Li Si" <sip:+8613700000002@carrier.example>'], ['Privacy', 'id']] as const
    for (const [line, verified, number] of [[trunk, 'true', '+8613700000002'], [stranger, 'false', '13900000001']] as const) {
      const call = line.call({ headers })
      call.ack(await call.final())
      t.equal(carried(world, 0, 'Verified'), verified)
      t.equal(carried(world, 0, 'Number'), number)
    }
  })

  await t.test('place: by value in a multipart body, from a trusted trunk only', async (t) => {
    const world = await openEdge(t, drachtio)
    const body = ['--xX', 'Content-Type: application/sdp', '', SDP.trimEnd(), '--xX', 'Content-Type: application/pidf+xml', 'Content-ID: <place@carrier>', '', PIDF, '--xX--', ''].join('\r\n')
    const spec = { contentType: 'multipart/mixed;boundary="xX"', body, headers: [['Geolocation', '<cid:place%40carrier>'], ['Geolocation-Routing', 'no']] } as const
    const call = trunk.call(spec)
    call.ack(await call.final())
    t.match([carried(world, 0, 'Lat'), carried(world, 0, 'Lon'), carried(world, 0, 'Uncertainty')], ['34.6181000', '112.4539000', '250.0'])
    t.match(world.switches[0]?.requests('INVITE')[0]?.body, /m=audio[\s\S]*presence/, 'the body goes on as it came')
    const other = stranger.call(spec)
    other.ack(await other.final())
    t.equal(carried(world, 0, 'Lat'), undefined)
  })

  await t.test('what is learnt of the pool while a place is looked up counts', async (t) => {
    const world: World = await openEdge(t, drachtio, {
      switches: [{ invite: 200, options: 200 }, { invite: 200, options: 200 }], environment: { LIANDONG_EDGE_LOCATION_HOSTS: 'places.example' },
      deps: { fetch: () => { world.edge.drainTarget(world.switches[0]?.id ?? '', true); return Promise.resolve(new Response(PIDF)) } },
    })
    const call = trunk.call({ headers: [['Geolocation', '<https://places.example/1>']] })
    call.ack(await call.final())
    t.equal(carried(world, 1, 'Lat'), '34.6181000')
    t.equal(world.switches[0]?.requests('INVITE').length, 0)
  })

  await t.test('a broken place costs the place, not the call', async (t) => {
    const world = await openEdge(t, drachtio)
    const bomb = `<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb">${Array.from({ length: 9 }, (_, n) => `<!ENTITY b${n} "&b;&b;&b;&b;">`).join('')}]><a>&b8;</a>`
    for (const content of [bomb, PIDF.slice(0, -40), '<a>'.repeat(2_000), 'x'.repeat(7_000), PIDF.replace('34.6181', '134.6')]) {
      const body = ['--xX', 'Content-Type: application/sdp', '', SDP.trimEnd(), '--xX', 'Content-Type: application/pidf+xml', 'Content-ID: <place@carrier>', '', content, '--xX--', ''].join('\r\n')
      const call = trunk.call({ contentType: 'multipart/mixed;boundary=xX', body, headers: [['Geolocation', '<cid:place@carrier>']] })
      const answer = await call.final(3_000)
      t.equal(statusOf(answer), 200)
      call.ack(answer)
      t.equal(carried(world, 0, 'Lat'), undefined)
    }
    await until('the books', () => world.books.today().counts.delivered === 5)
    t.ok([...world.books.locations.values()].reduce((sum, count) => sum + count, 0) >= 5)
  })

  await t.test('what only an attacker sends is refused, each with its cause', async (t) => {
    const world = await openEdge(t, drachtio)
    for (const header of [['Replaces', 'abc@x;to-tag=1;from-tag=2'], ['X-FS-Channel-Name', 'sofia/operators/1001'], ['X-Liandong-Lat', '34.6'], ['Join', 'abc@x;to-tag=1;from-tag=2']] as const) {
      t.equal(statusOf(await stranger.call({ headers: [header] }).final()), 403, header[0])
    }
    t.equal(statusOf(await stranger.call({ called: '13800138000' }).final()), 404, 'a number that is not ours')
    t.equal(statusOf(await stranger.call({ headers: Array.from({ length: 130 }, (_, n) => [`X-Flood-${n}`, 'x'] as const) }).final()), 400, 'too many headers')
    t.match(world.books.today().counts, { invites: 6, delivered: 0, refused: { 'forbidden-header': 4, 'unknown-number': 1, malformed: 1 } })
    t.equal(world.switches[0]?.requests('INVITE').length, 0)
  })

  await t.test('a standard line’s source that calls too often is refused; an emergency number is only served last', async (t) => {
    const world = await openEdge(t, drachtio, { environment: { LIANDONG_EDGE_NUMBER_RATE: '0.001/2' } })
    const statuses: number[] = []
    for (let n = 0; n < 4; n += 1) {
      const call = trunk.call({ called: '12345', from: '<sip:13600000001@carrier.example>' })
      const answer = await call.final()
      if (statusOf(answer) === 200) call.ack(answer)
      statuses.push(statusOf(answer))
    }
    t.same(statuses, [200, 200, 486, 486])
    const classes: (string | undefined)[] = []
    for (let n = 0; n < 4; n += 1) {
      const call = trunk.call({ from: '<sip:13600000002@carrier.example>' })
      call.ack(await call.final())
      classes.push(carried(world, 0, 'Class'))
    }
    t.same(classes, [undefined, undefined, 'demoted', 'demoted'])
    await until('the books', () => world.books.today().counts.delivered === 6)
    t.match(world.books.today().counts, { invites: 8, refused: { source: 2 }, demoted: 2 })
  })

  await t.test('a pool of names: calls go to a name’s address, and who answers and who brings a caller is known by all its addresses, as they are now', async (t) => {
    let there: readonly string[] | null = ['::1', '127.0.0.1']
    const world = await openEdge(t, drachtio, {
      named: (id) => id.replace('127.0.0.1', 'fs-a.city.example'), environment: { LIANDONG_EDGE_TRUSTED_TRUNKS: '' },
      deps: { addresses: { every: 20, resolve: (host) => (host === 'fs-a.city.example' && there !== null ? Promise.resolve(there) : Promise.reject(new Error('nobody to ask'))) } },
    })
    const core = '52116eb9-1902-4ea1-8683-03d9fe1e8ba0'
    const brought = async (line = trunk, proof = `X-${SECRET}-Brought`): Promise<readonly [string | undefined, string | undefined]> => {
      const call = line.call({ headers: [['P-Asserted-Identity', '<sip:13700000002@h>'], ['X-Carried', core], [proof, 'true']] })
      call.ack(await call.final())
      return [carried(world, 0, 'Number'), carried(world, 0, 'Carried')]
    }
    const complaints = (): number => world.log.filter(({ host }) => host === 'fs-a.city.example').length
    const [target = ''] = [...world.edge.pool.keys()]
    t.same(await brought(), ['13700000002', core])
    await until('the books', () => world.books.today().counts.pending === 0)
    t.equal(world.log.findLast(({ msg }) => msg === 'INVITE')?.['target'], target, 'who answers is known by its name')
    t.same(await brought(stranger), ['13900000001', undefined])
    t.same(await brought(trunk, 'X-Other'), ['13900000001', core], 'an address that only claims to be it: judged like anybody, and brought no further')
    t.same(world.edge.carried, { proven: 1, unproven: 1 })
    there = null
    await until('it to be said', () => complaints() === 1)
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    t.same(await brought(), ['13700000002', core], 'nobody can be asked: what was known stays')
    t.equal(complaints(), 1, 'said once')
    there = ['127.0.0.1', '127.0.0.7']
    await until('another address of it to be known', async () => (await brought(stranger))[0] === '13700000002')
    there = ['127.0.0.1', '127.0.0.9']
    await until('that one to be gone again', async () => (await brought(stranger))[0] === '13900000001')
    t.same(await brought(), ['13700000002', core])
  })

  await t.test('an address that only claims to be one of the pool passes no admission; a FreeSWITCH’s own word does', async (t) => {
    const world = await openEdge(t, drachtio, { environment: { LIANDONG_EDGE_NUMBER_RATE: '0.001/2' } })
    const classes = async (proof: string): Promise<readonly (string | undefined)[]> => {
      const found: (string | undefined)[] = []
      for (let n = 0; n < 4; n += 1) {
        const call = trunk.call({ from: '<sip:13600000003@carrier.example>', headers: [['X-Carried', '52116eb9-1902-4ea1-8683-03d9fe1e8ba0'], [proof, 'true']] })
        call.ack(await call.final())
        found.push(carried(world, 0, 'Class'))
      }
      return found
    }
    t.same(await classes('X-Other'), [undefined, undefined, 'demoted', 'demoted'])
    t.same(await classes(`X-${SECRET}-Brought`), [undefined, undefined, undefined, undefined])
    t.same(world.edge.carried, { proven: 4, unproven: 4 })
    t.equal(world.log.filter(({ msg }) => /without its secret/.test(String(msg))).length, 1, 'said once, and counted')
  })

  await t.test('the link breaks in mid-call and comes back: the call is answered, its end is unseen, the next one is seen', async (t) => {
    const world = await openEdge(t, drachtio, { switches: [{ invite: 200, ring: 700, options: 200 }] })
    const call = trunk.call()
    await until('ringing', () => call.responses().some((message) => statusOf(message) === 180))
    drachtio.freeze(true) // D6: nothing says that the link is dead
    await until('our watchdog to say so', () => !world.edge.linkUp)
    drachtio.freeze(false)
    await until('the link to be back', () => world.edge.linkUp)
    const answer = await call.final()
    t.equal(statusOf(answer), 200)
    call.ack(answer)
    // drachtio itself may not have seen yet that the old link is gone, and hand a call to that: then nobody hears of it, and its caller dials again.
    let next = trunk.call()
    for (let tries = 0; tries < 3 && await next.final(3_000).then(() => false, () => true); tries += 1) next = trunk.call()
    next.ack(await next.final())
    await until('the books', () => world.books.today().counts.delivered === 1)
    t.match(world.books.today().counts, { invites: 2, delivered: 1, unseen: 1, pending: 0 })
    t.equal(unaccounted(world.books.today().counts), 0)
  })
}
