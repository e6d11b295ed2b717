/**
 * modesl 1.2.1 as it comes, and as we use it: each of the sixteen defects of reliability.md §3.1 shown on the bare library, then not on ours.
 * A scenario that passes on bare modesl proves nothing, so the first half of each test demands the defect.
 */
import t, { type Test } from 'tap'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { connect, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import { CommandRefused } from '../../../src/pbx/esl/command.js'
import { EslConnection, EslError } from '../../../src/pbx/esl/connection.js'
import { openLink, type LinkHandlers } from '../../../src/pbx/esl/link.js'
import { startOutbound, type OutboundSession } from '../../../src/pbx/esl/outbound.js'
import { startExchange } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { apiFrame, connectFrame, dialPeer, eventFrame, replyFrame, startPeer, type Peer } from '../../helpers/peer.js'

// ── Bare modesl ──────────────────────────────────────────────────────────────────────────────────────────────────

interface BareEvent { getHeader(name: string): string | string[] | null; getBody(): string }
type Callback = (event: BareEvent) => void
interface BareConnection {
  readonly socket: Socket | null
  on(name: string, listener: (value: BareEvent) => void): void
  listeners(name: string): unknown[]
  connected(): boolean
  send(command: string): void
  sendRecv(command: string, callback?: Callback): void
  api(command: string, argument: string, callback?: Callback): void
  execute(application: string, argument: string, uuid?: string, callback?: Callback): string
  events(format: string, names: string[], callback?: Callback): void
  disconnect(): void
}
interface Bare {
  readonly Connection: new (...values: [Socket] | [string, number, string]) => BareConnection
  readonly Event: { readonly prototype: { headers: unknown[]; _findHeaderIndex(name: string): number | null } } & (new (headers: Record<string, string>) => BareEvent)
}
const bare = createRequire(import.meta.url)('modesl') as Bare

function ended(t: Test, connection: BareConnection): BareConnection {
  const { socket } = connection
  t.teardown(() => { socket?.destroy() })
  return connection
}
const words = (event: BareEvent): string | string[] => event.getHeader('Reply-Text') ?? event.getBody()

/** Bare modesl logged in to a peer: what it subscribes by itself was answered. */
async function bareInbound(t: Test): Promise<{ readonly connection: BareConnection; readonly peer: Peer }> {
  const server = await startPeer(t, ({ say }) => { say('Content-Type: auth/request\n\n') })
  const connection = ended(t, new bare.Connection('127.0.0.1', server.port, 'secret'))
  connection.on('error', () => undefined)
  const peer = await server.next()
  await peer.hears('auth secret\n\n')
  const ready = new Promise<void>((resolve) => { connection.on('esl::ready', () => { resolve() }) })
  peer.say(replyFrame('+OK accepted'))
  await ready
  await peer.hears('event json BACKGROUND_JOB CHANNEL_EXECUTE_COMPLETE\n\n')
  peer.say(replyFrame('+OK event listener enabled json'))
  return { connection, peer }
}

/** A program of its own, since what happens to it is its death. It prints `port n`; resolves with exit code and error output. */
async function barely(t: Test, program: string, flags: readonly string[] = []): Promise<{ readonly port: number; readonly died: Promise<{ readonly code: number | null; readonly why: string }> }> {
  const child = spawn(process.execPath, [...flags, '-e', program], { cwd: fileURLToPath(new URL('../../..', import.meta.url)), stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  let out = ''
  let why = ''
  let over = false
  child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { why += chunk.toString() })
  const died = new Promise<{ code: number | null; why: string }>((resolve) => { child.once('close', (code) => { over = true; resolve({ code, why }) }) })
  const port = await until('the child listens', () => (over ? '0' : /port (\d+)/.exec(out)?.[1]))
  return { port: Number(port), died }
}
const SERVER = `const esl = require('modesl'), net = require('net');
  const server = net.createServer().listen(0, '127.0.0.1', () => { const all = new esl.Server({ server }, () => console.log('port ' + server.address().port)) });`

// ── Ours ─────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Ours { readonly connection: EslConnection; readonly peer: Peer; readonly events: EslEvent[]; readonly ends: string[] }

async function ours(t: Test, prepare: (socket: Socket) => void = () => undefined): Promise<Ours> {
  const server = await startPeer(t)
  const socket = connect({ port: server.port, host: '127.0.0.1' })
  prepare(socket)
  const events: EslEvent[] = []
  const ends: string[] = []
  const connection = new EslConnection(socket, { onEvent: (event) => events.push(event), onClose: (reason) => ends.push(reason) })
  t.teardown(() => { connection.destroy('test over') })
  return { connection, peer: await server.next(), events, ends }
}

async function oursOutbound(t: Test): Promise<{ readonly port: number; readonly calls: OutboundSession[] }> {
  const calls: OutboundSession[] = []
  const server = await startOutbound({ host: '127.0.0.1', port: 0, peers: ['127.0.0.1'] }, { canServe: () => true, onCall: (session) => calls.push(session), onRefused: () => undefined })
  t.teardown(() => server.close())
  return { port: server.port, calls }
}

async function arrive(t: Test, port: number, uuid: string, fields: Record<string, string> = {}): Promise<Peer> {
  const peer = await dialPeer(t, port)
  await peer.hears('nixevent ')
  peer.say(connectFrame(uuid, fields) + replyFrame('+OK will linger 5 seconds') + replyFrame('+OK Events Enabled') + replyFrame('+OK events nixed'))
  return peer
}

function oursLink(t: Test, port: number, password: string, handlers: Partial<LinkHandlers> = {}): ReturnType<typeof openLink> {
  const link = openLink({ host: '127.0.0.1', port, password, events: ['CHANNEL_ANSWER'], custom: ['callcenter::info'], first: 20, most: 100 }, { onUp: () => undefined, onDown: () => undefined, onEvent: () => undefined, ...handlers })
  t.teardown(() => { link.close() })
  return link
}

const caught = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: unknown) => error)
const CALL = '11111111-2222-4333-8444-555555555555'
const GBK = { 'Caller-Caller-ID-Name': '%D5%C5%C8%FD' }
const status = { verb: 'api', call: { api: 'status' } } as const
const play = (callId = CALL) => ({ verb: 'execute', callId, application: 'playback', arg: 'silence_stream://10', eventId: randomUUID() }) as const

function defect(name: string, onBare: (t: Test) => Promise<void>, onOurs: (t: Test) => Promise<void>): void {
  t.test(name, async (t) => {
    await t.test('bare modesl has it', onBare)
    await t.test('ours does not', onOurs)
  })
}

// ── M1 … M16 ─────────────────────────────────────────────────────────────────────────────────────────────────────

defect('M1: a GBK display name ends the process', async (t) => {
  const { port, died } = await barely(t, SERVER)
  const peer = await dialPeer(t, port)
  await peer.hears('connect\n\n')
  peer.say(connectFrame(CALL, GBK))
  const { code, why } = await died
  t.not(code, 0)
  t.match(why, 'URIError: URI malformed')
}, async (t) => {
  const { port, calls } = await oursOutbound(t)
  await arrive(t, port, CALL, GBK)
  const session = await until('the call', () => calls[0])
  t.equal(session.channel.headers?.get('Caller-Caller-ID-Name'), '张三')
})

defect('M2: a reset of one call ends the process, and so all calls', async (t) => {
  const { port, died } = await barely(t, SERVER)
  const other = await dialPeer(t, port)
  await other.hears('connect\n\n')
  const peer = await dialPeer(t, port)
  await peer.hears('connect\n\n')
  peer.socket.resetAndDestroy()
  const { code, why } = await died
  t.not(code, 0)
  t.match(why, 'ECONNRESET')
  await until('the other call lost its app', () => other.closed)
}, async (t) => {
  const { port, calls } = await oursOutbound(t)
  const other = await arrive(t, port, CALL)
  const first = await until('one call', () => calls[0])
  const peer = await arrive(t, port, randomUUID())
  const second = await until('another', () => calls[1])
  let gone = false
  second.onClose(() => { gone = true })
  peer.socket.resetAndDestroy()
  await until('it is known to be gone', () => gone)
  const reply = first.connection.request(status)
  await other.hears('api status\n\n')
  other.say(apiFrame('UP'))
  t.equal((await reply).text, 'UP')
})

defect('M3: only `end` is heard, never `close`: after a reset the connection seems to live', async (t) => {
  const { connection, peer } = await bareInbound(t)
  let told = false
  connection.on('esl::end', () => { told = true })
  const closed = new Promise<void>((resolve) => { connection.socket?.once('close', () => { resolve() }) })
  const answered = new Promise<BareEvent>((resolve) => { connection.api('status', '', resolve) })
  await peer.hears('api status\n\n')
  peer.say(apiFrame('UP'))
  await answered // what is under way when a reset comes decides how it looks
  peer.socket.resetAndDestroy()
  await closed
  t.equal(told, false)
  t.equal(connection.connected(), true)
}, async (t) => {
  const { connection, peer, ends } = await ours(t)
  t.equal(connection.connected(), true)
  peer.socket.resetAndDestroy()
  await until('told', () => ends.length > 0)
  t.match(ends, [/ECONNRESET/])
  t.equal(connection.connected(), false)

  const polite = await ours(t)
  polite.peer.socket.end()
  await until('told', () => polite.ends.length > 0)
  t.not(polite.connection.socket, null, 'modesl’s own `end` is not heard any more')
})

defect('M4: the reply to `sendmsg` is given to somebody else', async (t) => {
  const { connection, peer } = await bareInbound(t)
  connection.execute('playback', 'x', CALL)
  const linger = new Promise<BareEvent>((resolve) => { connection.sendRecv('linger 5', resolve) })
  await peer.hears('linger 5\n\n')
  peer.say(replyFrame('-ERR invalid session id') + replyFrame('+OK will linger 5 seconds'))
  t.equal(words(await linger), '-ERR invalid session id')
}, async (t) => {
  const { connection, peer } = await ours(t)
  const replies = Promise.all([connection.request(play()), connection.request({ verb: 'linger', seconds: 5 })])
  await peer.hears('linger 5\n\n')
  peer.say(replyFrame('-ERR invalid session id') + replyFrame('+OK will linger 5 seconds'))
  t.match(await replies, [{ ok: false, text: '-ERR invalid session id' }, { ok: true, text: '+OK will linger 5 seconds' }])
})

defect('M5: a refused `api` shifts all later replies', async (t) => {
  const { connection, peer } = await bareInbound(t)
  let second: string | string[] = 'nothing'
  const first = new Promise<BareEvent>((resolve) => { connection.api('uptime', '', resolve) })
  connection.api('status', '', (event) => { second = words(event) })
  await peer.hears('api status\n\n')
  peer.say(replyFrame('-ERR permission denied') + apiFrame('the status'))
  t.equal(words(await first), 'the status', 'the answer to the second question')
  t.equal(second, 'nothing', 'still waiting')
}, async (t) => {
  const { connection, peer } = await ours(t)
  const replies = Promise.all([connection.request({ verb: 'api', call: { api: 'uptime' } }), connection.request(status)])
  await peer.hears('api status\n\n')
  peer.say(replyFrame('-ERR permission denied') + apiFrame('the status'))
  t.match(await replies, [{ ok: false, text: '-ERR permission denied' }, { ok: true, text: 'the status' }])
})

/** Counts what a socket hands to the kernel; everything still goes out. */
function watchWrites(socket: Socket): { writes: string[]; noDelay: boolean } {
  const seen = { writes: [] as string[], noDelay: false }
  const write: (data: Buffer) => boolean = socket.write.bind(socket)
  const setNoDelay = socket.setNoDelay.bind(socket)
  socket.write = (data: Buffer | string | Uint8Array) => { seen.writes.push(Buffer.from(data).toString()); return write(Buffer.from(data)) }
  socket.setNoDelay = (on) => { seen.noDelay = on ?? true; return setNoDelay(on) }
  return seen
}

defect('M6: several writes a command with Nagle on: 44 ms each', async (t) => {
  const server = await startPeer(t)
  const socket = connect({ port: server.port, host: '127.0.0.1' })
  const seen = watchWrites(socket)
  const connection = ended(t, new bare.Connection(socket))
  await (await server.next()).hears('connect\n\n')
  seen.writes.length = 0
  connection.api('status', '')
  t.same(seen.writes, ['api status\n', '\n'])
  seen.writes.length = 0
  connection.sendRecv('noevents')
  t.same(seen.writes, ['noevents\n', '\n'])
  t.equal(seen.noDelay, false)
}, async (t) => {
  let seen = { writes: [] as string[], noDelay: false }
  const { connection, peer } = await ours(t, (socket) => { seen = watchWrites(socket) })
  connection.request(status).catch(() => undefined)
  connection.request(play()).catch(() => undefined)
  t.equal(seen.writes.length, 2, 'headers, body and all')
  connection.post([status, status, play()])
  t.equal(seen.writes.length, 3, 'several commands at once, too')
  t.equal(seen.noDelay, true)
  await peer.hears('silence_stream://10')
})

defect('M7: a newline in a value is a command of its own', async (t) => {
  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  const connection = ended(t, new bare.Connection('127.0.0.1', exchange.port, 'secret'))
  await new Promise<void>((resolve) => { connection.on('esl::ready', () => { resolve() }) })
  connection.api('uuid_setvar', `${CALL} name 13900000001\n\nbgapi system id`)
  await until('the exchange executes it', () => exchange.insecurities.length > 0)
  t.same(exchange.insecurities, ['system id'])
}, async (t) => {
  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  const link = oursLink(t, exchange.port, 'secret')
  await until('up', () => link.up)
  const before = exchange.transcript.length
  const value = '13900000001\n\nbgapi system id'
  t.type(await caught(link.api({ api: 'uuid_setvar', uuid: CALL, name: 'name', value })), CommandRefused)
  t.type(await caught(link.request({ ...play(), arg: value })), CommandRefused)
  t.type(await caught(link.request({ ...play(), callId: `${CALL}\nexecute-app-name: system` })), CommandRefused)
  t.ok((await link.api({ api: 'version' })).ok, 'the link is well')

  const { connection, peer } = await ours(t)
  const inherited = connection as unknown as BareConnection
  inherited.send('api system id')
  inherited.sendRecv('api system id')
  inherited.api('system', 'id')
  inherited.events('json', ['ALL'])
  t.throws(() => inherited.execute('system', 'id'), TypeError)
  connection.request(status).catch(() => undefined)
  await peer.hears('api status\n\n')
  t.equal(peer.heard, 'api status\n\n', 'modesl’s own ways out are shut')
  t.same(exchange.transcript.slice(before).filter((line) => !line.includes('uptime')), ['< api version'])
  t.same(exchange.insecurities, [])
})

defect('M8: no deadline, nothing is settled at the end, a wrong password is silence', async (t) => {
  const { connection, peer } = await bareInbound(t)
  let settled = false
  connection.api('status', '', () => { settled = true })
  connection.sendRecv('noevents', () => { settled = true })
  const end = new Promise<void>((resolve) => { connection.on('esl::end', () => { resolve() }) })
  await peer.hears('noevents\n\n')
  peer.socket.end()
  await end
  t.equal(settled, false, 'the connection is over, two callers wait for ever')

  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  let ready = false
  const wrong = ended(t, new bare.Connection('127.0.0.1', exchange.port, 'wrong'))
  wrong.on('esl::ready', () => { ready = true })
  await new Promise<void>((resolve) => { wrong.on('esl::end', () => { resolve() }) })
  t.equal(ready, false, 'nobody is told')
}, async (t) => {
  const { connection, peer, ends } = await ours(t)
  const both = [caught(connection.request(status)), caught(connection.request({ verb: 'linger', seconds: 5 }))]
  await peer.hears('linger 5\n\n')
  peer.socket.end()
  t.match(await Promise.all(both), [{ reason: 'lost' }, { reason: 'lost' }])
  t.equal(ends.length, 1)
  t.match(await caught(connection.request(status)), { reason: 'lost' }, 'nor does one that comes too late wait')

  const silent = await ours(t)
  t.match(await caught(silent.connection.request(status, 50)), { reason: 'deadline' })

  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  const failures: string[] = []
  oursLink(t, exchange.port, 'wrong', { onFailed: (reason) => failures.push(reason) })
  await until('told', () => failures.length > 0)
  t.match(failures[0], /password is wrong/)
})

defect('M9: a lost connection stays lost', async (t) => {
  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  const connection = ended(t, new bare.Connection('127.0.0.1', exchange.port, 'secret'))
  connection.on('error', () => undefined)
  await new Promise<void>((resolve) => { connection.on('esl::ready', () => { resolve() }) })
  const link = oursLink(t, exchange.port, 'secret')
  await until('ours is up as well', () => link.up && exchange.live().listeners === 2)
  exchange.cutLinks()
  await until('ours is up again', () => link.reconnects > 0 && link.up)
  await until('and alone', () => exchange.live().listeners === 1)
}, async (t) => {
  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  const link = oursLink(t, exchange.port, 'secret')
  for (let times = 0; times < 3; times += 1) {
    await until('up', () => link.up && link.reconnects === times)
    exchange.cutLinks()
  }
  await until('up once more', () => link.up && link.reconnects === 3)
  t.ok((await link.api({ api: 'status' })).ok)
})

defect('M10: waiters for completions that never come pile up; a send after the end is a TypeError', async (t) => {
  const { connection, peer } = await bareInbound(t)
  for (let n = 0; n < 20; n += 1) connection.execute('playback', 'x', CALL)
  await peer.hears('sendmsg')
  const end = new Promise<void>((resolve) => { connection.on('esl::end', () => { resolve() }) })
  peer.socket.end()
  await end
  t.equal(connection.listeners(`esl::event::CHANNEL_EXECUTE_COMPLETE::${CALL}`).length, 20)
  const errors: unknown[] = []
  connection.on('error', (error) => errors.push(error))
  connection.send('api status')
  t.type(errors[0], TypeError)
}, async (t) => {
  const { connection, peer, ends } = await ours(t)
  const all = Array.from({ length: 20 }, () => connection.request(play()))
  await until('all heard', () => peer.heard.split('sendmsg').length === 21)
  peer.say(replyFrame('+OK').repeat(20))
  await Promise.all(all)
  const bareView = connection as unknown as BareConnection
  t.equal(bareView.listeners(`esl::event::CHANNEL_EXECUTE_COMPLETE::${CALL}`).length, 0)
  peer.socket.end()
  await until('over', () => ends.length > 0)
  t.type(await caught(connection.request(status)), EslError)
  t.doesNotThrow(() => { connection.post([status]) })
})

defect('M11: bad JSON becomes an event without a name; a negative length loses the stream', async (t) => {
  const { connection, peer } = await bareInbound(t)
  const names: unknown[] = []
  const errors: unknown[] = []
  connection.on('error', (error) => errors.push(error))
  connection.on('esl::event::**', (event) => { if (event.getHeader('Content-Type') === 'text/event-json') names.push(event.getHeader('Event-Name')) })
  peer.say(eventFrame('{"Event-Name":'))
  await until('both', () => errors.length > 0 && names.length > 0)
  t.same(names, [null])
  let answer: string | null = null
  connection.api('status', '', (event) => { answer = event.getBody() })
  peer.say(`Content-Type: text/x\nContent-Length: -5\n\n${apiFrame('the status')}`)
  connection.on('esl::event::raw::text/x', (event) => { answer ??= `swallowed: ${event.getBody()}` })
  await until('something', () => answer)
  t.match(answer, /^swallowed: Content-Type: api\/response/)
}, async (t) => {
  const { connection, peer, events, ends } = await ours(t)
  peer.say(eventFrame('{"Event-Name":') + eventFrame({ 'Event-Name': 'HEARTBEAT' }))
  await until('two events', () => events.length === 2)
  t.same(events.map(({ wellFormed }) => wellFormed), [false, true])
  t.equal(events[1]?.name, 'HEARTBEAT')
  const asked = caught(connection.request(status))
  peer.say(`Content-Type: text/x\nContent-Length: -5\n\n${apiFrame('the status')}`)
  t.match(await asked, { reason: 'lost' }, 'better no answer than a wrong one')
  t.match(ends, [/cannot be trusted: bad Content-Length/])
})

defect('M12: every header is compared with all others', async (t) => {
  const fields = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`variable_${n}`, 'x']))
  const { prototype } = bare.Event
  const original = prototype._findHeaderIndex
  let compared = 0
  prototype._findHeaderIndex = function (name) { compared += this.headers.length; return original.call(this, name) }
  t.teardown(() => { prototype._findHeaderIndex = original })
  const event = new bare.Event(fields)
  t.equal(compared, (300 * 299) / 2)
  t.equal(event.getHeader('variable_299'), 'x')
}, async (t) => {
  const { prototype } = bare.Event
  const original = prototype._findHeaderIndex
  let compared = 0
  prototype._findHeaderIndex = function (name) { compared += this.headers.length; return original.call(this, name) }
  t.teardown(() => { prototype._findHeaderIndex = original })
  const { peer, events } = await ours(t)
  peer.say(eventFrame({ 'Event-Name': 'CUSTOM', ...Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`variable_${n}`, 'x'])) }))
  const event = await until('the event', () => events[0])
  t.equal(event.get('variable_299'), 'x')
  t.equal(compared, 0, 'modesl’s Event is not made at all')
})

defect('M13: a caller’s `ARRAY::` makes a header an array', async (t) => {
  const { connection, peer } = await bareInbound(t)
  const seen: unknown[] = []
  connection.on('esl::event::CHANNEL_CREATE::*', (event) => seen.push(event.getHeader('Caller-Caller-ID-Name')))
  peer.say(eventFrame({ 'Event-Name': 'CHANNEL_CREATE', 'Unique-ID': CALL, 'Caller-Caller-ID-Name': ['one', 'two'] }))
  await until('the event', () => seen.length > 0)
  t.ok(Array.isArray(seen[0]), '.trim() is a TypeError')
}, async (t) => {
  const { peer, events } = await ours(t)
  peer.say(eventFrame({ 'Event-Name': 'CHANNEL_CREATE', 'Unique-ID': CALL, 'Caller-Caller-ID-Name': ['one', 'two'] }))
  t.equal((await until('the event', () => events[0])).get('Caller-Caller-ID-Name'), 'one')
})

defect('M14: its own events are appended after CUSTOM and so become subclasses', async (t) => {
  const { connection, peer } = await bareInbound(t)
  connection.events('json', ['CHANNEL_ANSWER', 'CUSTOM', 'callcenter::info'])
  await peer.hears('event json CHANNEL_ANSWER CUSTOM callcenter::info BACKGROUND_JOB CHANNEL_EXECUTE_COMPLETE\n\n')
}, async (t) => {
  const server = await startPeer(t, ({ say }) => { say('Content-Type: auth/request\n\n') })
  oursLink(t, server.port, 'secret')
  const peer = await server.next()
  await peer.hears('auth secret\n\n')
  peer.say(replyFrame('+OK accepted'))
  await peer.hears('event json')
  await until('the whole line', () => /event json .*\n\n/.test(peer.heard))
  t.match(peer.heard, 'event json CHANNEL_ANSWER HEARTBEAT CUSTOM callcenter::info\n\n')
})

defect('M15: `execute` without a channel invents one; before `connect` is answered it is a TypeError', async (t) => {
  const { connection, peer } = await bareInbound(t)
  connection.execute('playback', 'x')
  await until('sent', () => /sendmsg [0-9a-f-]{36}\n(.+\n)+\n/.test(peer.heard))

  const server = await startPeer(t)
  const early = ended(t, new bare.Connection(connect({ port: server.port, host: '127.0.0.1' })))
  t.throws(() => early.execute('playback', 'x'), TypeError)
}, async (t) => {
  const { connection, peer } = await ours(t)
  t.type(await caught(connection.request(play(''))), CommandRefused)
  const reply = connection.request(status)
  await peer.hears('api status\n\n')
  peer.say(apiFrame('UP'))
  t.ok((await reply).ok)
  t.equal(peer.heard, 'api status\n\n', 'nothing was sent for no channel')
})

defect('M16: `new Buffer`, and an access list’s refusal is a raw event', async (t) => {
  const { died } = await barely(t, `const { Parser } = require('modesl'); console.log('port 1'); process.throwDeprecation = true; new Parser({ on() {} })`, ['--pending-deprecation'])
  const { code, why } = await died
  t.not(code, 0)
  t.match(why, 'DEP0005')

  const server = await startPeer(t, ({ say, socket }) => { say('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n'); socket.end() })
  const connection = ended(t, new bare.Connection('127.0.0.1', server.port, 'secret'))
  const told: string[] = []
  connection.on('error', () => told.push('error'))
  connection.on('esl::event::auth::fail', () => told.push('fail'))
  connection.on('esl::event::raw::text/rude-rejection', () => told.push('raw'))
  await new Promise<void>((resolve) => { connection.on('esl::end', () => { resolve() }) })
  t.same(told, ['raw'])
}, async (t) => {
  const { connection } = await ours(t)
  t.notOk('parser' in connection, 'modesl’s parser, the one that makes such a buffer, is never made')
  const server = await startPeer(t, ({ say, socket }) => { say('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n'); socket.end() })
  const failures: string[] = []
  oursLink(t, server.port, 'secret', { onFailed: (reason) => failures.push(reason) })
  await until('told', () => failures.length > 0)
  t.match(failures, [/access list/])
})

t.test('xml2js under modesl: what it reads is read as ever, and a name in a text is no prototype (CVE-2023-0842)', (t) => {
  const inside = createRequire(createRequire(import.meta.url).resolve('modesl'))
  const { Parser: Xml } = inside('xml2js') as { readonly Parser: new (options: object) => { parseString(text: string, done: (error: unknown, found: Record<string, unknown>) => void): void } }
  new Xml({ explicitArray: false, explicitRoot: false }).parseString('<event><__proto__><polluted>yes</polluted></__proto__></event>', (error, found) => {
    t.equal(error, null)
    t.same(Object.keys(found), ['__proto__'], 'it is data')
  })
  const Parser = inside('./esl/Parser') as { readonly prototype: { _parseXmlBody(text: string): Record<string, unknown> } }
  t.match(Parser.prototype._parseXmlBody('<event><headers><Event-Name>HEARTBEAT</Event-Name><Content-Length>4</Content-Length></headers><body>text</body></event>'), { 'Event-Name': 'HEARTBEAT', 'Content-Length': 4, '_body': 'text' })
  t.end()
})
