import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import { openLink, type EslLink, type LinkSettings } from '../../../src/pbx/esl/link.js'
import { startExchange, type Exchange } from '../../../src/pbx/exchange/exchange.js'
import { makeSwitchboard } from '../../../src/pbx/switchboard.js'
import type { SwitchEvent } from '../../../src/intake/ports.js'
import { until } from '../../helpers/database.js'
import { watchLeaks } from '../../helpers/leaks.js'
import { apiFrame, eventFrame, replyFrame, startPeer, type Peer, type PeerServer } from '../../helpers/peer.js'

const caught = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: unknown) => error)

interface Watched { readonly link: EslLink; readonly ups: boolean[]; readonly downs: string[]; readonly failures: string[]; readonly events: EslEvent[] }

function open(t: Test, port: number, more: Partial<LinkSettings> = {}, random: () => number = () => 0.5): Watched {
  const ups: boolean[] = []
  const downs: string[] = []
  const failures: string[] = []
  const events: EslEvent[] = []
  const link = openLink({ host: '127.0.0.1', port, password: 'secret', events: ['CHANNEL_CREATE', 'CHANNEL_HANGUP_COMPLETE'], custom: ['callcenter::info'], first: 20, most: 100, ...more }, {
    onUp: (restarted) => ups.push(restarted), onDown: (reason) => downs.push(reason), onFailed: (reason) => failures.push(reason), onEvent: (event) => events.push(event),
  }, random)
  t.teardown(() => { link.close() })
  return { link, ups, downs, failures, events }
}

async function practice(t: Test, options: { readonly heartbeat?: number } = {}): Promise<Exchange> {
  const exchange = await startExchange({ password: 'secret', ...options })
  t.teardown(() => exchange.close())
  return exchange
}

interface Scripted {
  readonly server: PeerServer
  core: string
  password: string
  pings: boolean
  /** What it says when asked for its Core-UUID, when that is not `core`. */
  coreAnswer: (() => string) | null
  beat(core?: string): void
}

/** A FreeSWITCH of few words: logs in, subscribes, answers pings while `pings`, and beats when told to. */
async function scripted(t: Test): Promise<Scripted> {
  let sequence = 0
  const settings = { core: randomUUID() as string, password: 'secret', pings: true, coreAnswer: null as (() => string) | null }
  const answer = (line: string): string => {
    if (line.startsWith('auth')) return replyFrame(line === `auth ${settings.password}` ? '+OK accepted' : '-ERR invalid')
    if (line.startsWith('event')) return replyFrame('+OK event listener enabled json')
    if (line === 'api global_getvar core_uuid') return apiFrame(settings.coreAnswer?.() ?? settings.core)
    return line === 'api uptime' && settings.pings ? apiFrame('12') : ''
  }
  const server = await startPeer(t, (peer) => {
    peer.say('Content-Type: auth/request\n\n')
    let done = 0
    peer.socket.on('data', () => {
      for (let end = peer.heard.indexOf('\n\n', done); end >= 0; end = peer.heard.indexOf('\n\n', done)) {
        peer.say(answer(peer.heard.slice(done, end)))
        done = end + 2
      }
    })
  })
  return Object.assign(settings, {
    server,
    beat(core = settings.core) { for (const { say, closed } of server.accepted) if (!closed) say(eventFrame({ 'Event-Name': 'HEARTBEAT', 'Core-UUID': core, 'Event-Sequence': String(sequence += 1) })) },
  })
}

/** The delays that the link waits before it dials again. The waiting itself is real, but a hundred times shorter. */
function watchDials(t: Test): number[] {
  const delays: number[] = []
  const real = globalThis.setTimeout
  const quick = ((act: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) => {
    if (act.name === 'dial') delays.push(ms)
    return real(act, act.name === 'dial' ? ms / 100 : ms, ...values)
  }) as typeof setTimeout
  globalThis.setTimeout = Object.assign(quick, real)
  t.teardown(() => { globalThis.setTimeout = real })
  return delays
}

async function nobodyThere(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

let noLeak: () => Promise<void> = async () => undefined
t.test('before', async () => { noLeak = watchLeaks() })

t.test('logs in, subscribes, tells that it is up; events come, each once', async (t) => {
  const exchange = await practice(t)
  exchange.faults.double = 1
  const { link, ups, downs, events } = open(t, exchange.port)
  t.equal(link.up, false)
  t.match(await caught(link.api({ api: 'status' })), { reason: 'lost' }, 'not before')
  await until('up', () => link.up)
  t.same([ups, downs], [[false], []])
  for (let n = 0; n < 20; n += 1) exchange.placeCall({ number: '13900000001', called: 'nowhere' })
  await until('all calls ended', () => events.filter(({ name }) => name === 'CHANNEL_HANGUP_COMPLETE').length >= 20)
  exchange.placeCall({ number: '13900000001', called: 'nowhere' })
  await until('the last', () => events.filter(({ name }) => name === 'CHANNEL_HANGUP_COMPLETE').length === 21)
  t.equal(events.filter(({ name }) => name === 'CHANNEL_CREATE').length, 21)
  t.equal(new Set(events.map((event) => event.get('Event-Sequence'))).size, events.length)
})

t.test('dials again after doubling, jittered delays, and from the beginning after it was up', async (t) => {
  for (const [random, factor] of [[0, 0.5], [0.5, 1], [0.999, 1.499]] as const) {
    await t.test(`random ${random}`, async (t) => {
      const delays = watchDials(t)
      const { link, failures } = open(t, await nobodyThere(), { first: 200, most: 5_000 }, () => random)
      await until('nine attempts', () => delays.length >= 9)
      link.close()
      t.same(delays.slice(0, 9).map((delay) => Math.round(delay)), [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 5_000].map((delay) => Math.round(delay * factor)))
      t.match(failures, [/ECONNREFUSED/])
      t.equal(failures.length, 1, 'the same reason is told once')
    })
  }
  await t.test('after success', async (t) => {
    const delays = watchDials(t)
    const exchange = await practice(t)
    const { link } = open(t, exchange.port, { first: 200, most: 5_000 })
    for (let times = 0; times < 4; times += 1) {
      await until('up', () => link.up && link.reconnects === times)
      exchange.cutLinks()
      await until('noticed', () => link.reconnects === times + 1)
    }
    t.same(delays, [200, 200, 200, 200])
  })
})

t.test('a wrong password: said clearly and once, no hot loop, and it heals when it is right', async (t) => {
  const delays = watchDials(t)
  const self = await scripted(t)
  self.password = 'another'
  const { link, failures, ups } = open(t, self.server.port, { first: 200, most: 5_000 })
  await until('seven attempts', () => delays.length >= 7)
  t.same(delays.slice(0, 7), [200, 400, 800, 1_600, 3_200, 5_000, 5_000])
  t.equal(failures.length, 1)
  t.match(failures, [/the password is wrong \(pbx\.password\)/])
  t.same(ups, [])
  self.password = 'secret'
  await until('up', () => link.up)
  t.notMatch(self.server.accepted[0]?.heard, 'event', 'nothing is asked of one who did not let us in')
})

t.test('a wrong password at the practice exchange', async (t) => {
  const exchange = await practice(t)
  const { failures, link } = open(t, exchange.port, { password: 'wrong' })
  await until('told', () => failures.length > 0)
  t.match(failures, [/password is wrong/])
  t.match(await caught(link.request({ verb: 'linger', seconds: 5 })), { reason: 'lost' })
})

t.test('a black hole: accepts and is silent, then or in the middle of the greeting', async (t) => {
  const hole = await startPeer(t)
  const one = open(t, hole.port, { pingDeadline: 20 })
  const half = await startPeer(t, ({ say }) => { say('Content-Type: auth/request\n\n') })
  const two = open(t, half.port, { pingDeadline: 20 })
  await until('the second', () => two.failures.length > 0)
  t.match(two.failures, ['no reply in time'])
  await until('the first', () => one.failures.length > 0)
  t.match(one.failures, [/no greeting/])
  await until('it tries again', () => hole.accepted.length > 1 && half.accepted.length > 1)
  t.ok(half.accepted[0]?.closed)
})

t.test('FreeSWITCH falls silent in the middle: the ping misses its deadline', async (t) => {
  const exchange = await practice(t)
  const { link, downs } = open(t, exchange.port, { pingEvery: 20, pingDeadline: 60 })
  await until('up', () => link.up)
  exchange.faults.blackHole = true
  const asked = caught(link.api({ api: 'status' }, 60_000))
  await until('down', () => downs.length > 0)
  t.same(downs, ['no reply in time'])
  t.match(await asked, { reason: 'lost' }, 'who waits longer is told as well')
  t.equal(link.up, false)
  exchange.faults.blackHole = false
  await until('up again', () => link.up)
})

t.test('heartbeats: two missed are the end, though pings are answered', async (t) => {
  const self = await scripted(t)
  const { link, downs } = open(t, self.server.port, { heartbeat: 100, pingEvery: 20, pingDeadline: 100 })
  await until('down', () => downs.length > 0)
  t.same(downs, ['two heartbeats missed'])
  await until('up again', () => link.up)
})

t.test('our own loop stood still: what FreeSWITCH said meanwhile is read before the link is judged', async (t) => {
  const self = await scripted(t)
  const { link, events } = open(t, self.server.port, { heartbeat: 100, pingEvery: 20, pingDeadline: 100 })
  await until('the link', () => link.up)
  self.beat()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600)
  await until('the heartbeat, which is thrown away with a link that is given up', () => events.some(({ name }) => name === 'HEARTBEAT'))
})

t.test('heartbeats that come keep it up, and reach whoever listens', async (t) => {
  const exchange = await practice(t, { heartbeat: 40 })
  const { link, downs, events } = open(t, exchange.port, { heartbeat: 1_000, pingEvery: 20, pingDeadline: 10_000 })
  await until('longer than two may be missed', () => events.filter(({ name }) => name === 'HEARTBEAT').length >= 60)
  t.same([downs, link.reconnects, link.up], [[], 0, true])
})

t.test('FreeSWITCH restarts: another Core-UUID is told at the next login', async (t) => {
  const exchange = await practice(t)
  const { link, ups } = open(t, exchange.port)
  await until('up', () => link.up)
  exchange.cutLinks()
  await until('up again', () => ups.length === 2)
  await exchange.restart(false)
  await until('after the restart', () => ups.length === 3)
  exchange.cutLinks()
  await until('and once more', () => ups.length === 4)
  t.same(ups, [false, false, true, false])
})

t.test('another Core-UUID in a heartbeat is a restart that we did not notice', async (t) => {
  const self = await scripted(t)
  const { link, ups, downs } = open(t, self.server.port)
  await until('up', () => link.up)
  self.beat()
  const old = self.core
  self.core = randomUUID()
  self.beat()
  await until('up again', () => ups.length === 2)
  t.same(ups, [false, true])
  t.same(downs, ['FreeSWITCH restarted'])
  self.beat(old)
  await until('and again: whoever is there is asked', () => ups.length === 3)
  t.equal(ups[2], false, 'it is the one we knew')
})

t.test('what happens between the subscription and the link’s coming up is told after that', async (t) => {
  const self = await scripted(t)
  const said: string[] = []
  self.coreAnswer = () => {
    for (const { say, closed } of self.server.accepted) if (!closed) say(eventFrame({ 'Event-Name': 'CHANNEL_ANSWER', 'Core-UUID': self.core, 'Event-Sequence': '1' }))
    return self.core
  }
  const link = openLink({ host: '127.0.0.1', port: self.server.port, password: 'secret', events: ['CHANNEL_ANSWER'], custom: [], first: 20 },
    { onUp: () => said.push('up'), onDown: () => said.push('down'), onEvent: ({ name }) => said.push(name) })
  t.teardown(() => { link.close() })
  await until('both', () => said.length === 2)
  t.same(said, ['up', 'CHANNEL_ANSWER'])
})

t.test('without a Core-UUID there is no link', async (t) => {
  const self = await scripted(t)
  self.coreAnswer = () => '-ERR global_getvar Command not found!\n'
  const { link, ups, failures } = open(t, self.server.port)
  await until('told', () => failures.length > 0)
  t.match(failures, [/global_getvar core_uuid: -ERR/])
  self.coreAnswer = () => ''
  await until('told otherwise', () => failures.length > 1)
  t.same(ups, [])
  self.coreAnswer = null
  await until('up', () => link.up)
})

t.test('after a restart the switchboard says what really exists', async (t) => {
  const exchange = await practice(t)
  const told: SwitchEvent[] = []
  const links: string[] = []
  const switchboard = makeSwitchboard({ link: { host: '127.0.0.1', port: exchange.port, password: 'secret', first: 20, most: 50 }, operatorDial: 'user/{extension}', trunkDial: '', intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4 },
    { onRefused: () => undefined, onLag: () => undefined, onLink: (state, reason) => links.push(`${state} ${reason}`), monotonic: () => performance.now(), clock: Date.now })
  t.teardown(() => { switchboard.close() })
  switchboard.onEvent((event) => told.push(event), () => [])
  const resyncs = (): Extract<SwitchEvent, { type: 'resync' }>[] => told.filter((event) => event.type === 'resync')
  await until('the first snapshot', () => resyncs().length === 1)
  t.match(resyncs(), [{ calls: [], restarted: false }])
  exchange.setOutbound('127.0.0.1:1')
  const call = exchange.placeCall({ number: '13900000001' })
  await until('in the native queue', () => call.reports.some(({ type }) => type === 'fallback'))
  exchange.cutLinks()
  await until('a snapshot with the call', () => resyncs().length === 2)
  t.match(resyncs()[1], { restarted: false, calls: [{ call: { callId: call.callId, caller: { number: '13900000001' } } }] })
  await exchange.restart(false)
  await until('a snapshot after the restart', () => resyncs().length === 3)
  t.match(resyncs()[2], { restarted: true, calls: [] })
  t.equal(told.filter(({ type }) => type === 'link.down').length, 2)
})

t.test('a frame cut in the middle: the link comes back, nothing half is told', async (t) => {
  const exchange = await practice(t)
  const { link, events, downs } = open(t, exchange.port)
  for (let times = 0; times < 10; times += 1) {
    await until('up', () => link.up && link.reconnects === times)
    exchange.faults.cutNext = true
    exchange.placeCall({ number: '13900000001', called: 'nowhere' })
    await until('noticed', () => link.reconnects === times + 1)
  }
  await until('up', () => link.up)
  exchange.placeCall({ number: '13900000001', called: 'nowhere' })
  await until('an event', () => events.some(({ name }) => name === 'CHANNEL_HANGUP_COMPLETE'))
  t.same(events.filter(({ wellFormed }) => !wellFormed), [])
  t.equal(downs.length, 10)
})

t.test('commands under deadlines while links are cut: each is answered by its own reply or told that it was not', async (t) => {
  const exchange = await practice(t)
  const { link } = open(t, exchange.port, { first: 5, most: 10 })
  await until('up', () => link.up)
  const outcomes = { answered: 0, lost: 0, wrong: [] as string[] }
  const ask = async (): Promise<void> => {
    const id = randomUUID()
    await link.request({ verb: 'execute', callId: id, application: 'playback', arg: 'silence_stream://10', eventId: id }, 2_000).then(
      ({ text }) => { if (text === `-ERR invalid session id [${id}]`) outcomes.answered += 1; else outcomes.wrong.push(text) },
      (error: unknown) => { if ((error as { reason?: string }).reason === 'lost') outcomes.lost += 1; else outcomes.wrong.push(String(error)) })
  }
  for (let round = 0; round < 20; round += 1) {
    await until('up', () => link.up)
    const asked = Array.from({ length: 30 }, ask)
    if (round % 2 === 0) await asked[0]
    exchange.cutLinks()
    await Promise.all(asked)
  }
  t.same(outcomes.wrong, [])
  t.ok(outcomes.answered > 0 && outcomes.lost > 0, `${outcomes.answered} answered, ${outcomes.lost} lost`)
  t.equal(outcomes.answered + outcomes.lost, 600)
})

t.test('`close` settles what is pending and ends for good', async (t) => {
  const exchange = await practice(t)
  const { link, downs, failures } = open(t, exchange.port, { first: 1, most: 1 })
  await until('up', () => link.up)
  exchange.faults.blackHole = true
  const pending = Array.from({ length: 20 }, () => caught(link.api({ api: 'status' }, 60_000)))
  link.close()
  for (const error of await Promise.all(pending)) t.match(error, { reason: 'lost' })
  await until('the exchange is alone', () => exchange.live().listeners === 0)
  t.equal(link.up, false)
  t.match(await caught(link.api({ api: 'status' })), { reason: 'lost' })
  t.doesNotThrow(() => { link.post([{ verb: 'api', call: { api: 'status' } }]) })
  t.same([downs, failures, link.reconnects], [[], [], 0], 'what we did ourselves is no failure')
})

t.test('`close` while it waits to dial, and while it dials', async (t) => {
  const waiting = open(t, await nobodyThere(), { first: 600_000, most: 600_000 })
  await until('it waits', () => waiting.failures.length > 0)
  waiting.link.close()
  const hole: Peer[] = []
  const server = await startPeer(t, (peer) => hole.push(peer))
  open(t, server.port).link.close()
  const greeting = open(t, server.port)
  await until('somebody came', () => hole.length > 0)
  greeting.link.close()
  await until('and went', () => hole.every(({ closed }) => closed))
})

t.test('no socket, no timer is left', async () => { await noLeak() })
