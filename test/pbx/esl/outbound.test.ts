import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { connect, createServer, Server, type Socket } from 'node:net'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import { startOutbound, type OutboundServer, type OutboundSession, type OutboundSettings } from '../../../src/pbx/esl/outbound.js'
import { readCall } from '../../../src/pbx/caller.js'
import { makeCitizenLeg } from '../../../src/pbx/citizen-leg.js'
import { makeSpeechEngine } from '../../../src/pbx/speech.js'
import { startExchange, type Exchange, type PlacedCall } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { watchLeaks } from '../../helpers/leaks.js'
import { connectFrame, dialPeer, eventFrame, replyFrame } from '../../helpers/peer.js'

const CALL = '11111111-2222-4333-8444-555555555555'
const caught = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: unknown) => error)

interface Node { readonly server: OutboundServer; readonly sessions: OutboundSession[]; readonly refusals: string[]; serving: boolean }

async function node(t: Test, more: Partial<OutboundSettings> = {}): Promise<Node> {
  const sessions: OutboundSession[] = []
  const refusals: string[] = []
  const self = { sessions, refusals, serving: true }
  const server = await startOutbound({ host: '127.0.0.1', port: 0, peers: ['127.0.0.1'], ...more }, {
    canServe: () => self.serving, onCall: (session) => sessions.push(session), onRefused: (why) => refusals.push(why),
  })
  t.teardown(() => server.close())
  return Object.assign(self, { server })
}

/** The practice exchange with these nodes in its dialplan, in this order. */
async function practice(t: Test, nodes: readonly Node[], speed = 1): Promise<Exchange> {
  const exchange = await startExchange({ password: randomUUID(), speed })
  t.teardown(() => exchange.close())
  exchange.setOutbound(nodes.map(({ server }) => `127.0.0.1:${server.port}`).join('|'))
  return exchange
}

const greeting = connectFrame(CALL) + replyFrame('+OK will linger 5 seconds') + replyFrame('+OK Events Enabled') + replyFrame('+OK events nixed')
const legSettings = { promptPath: () => 'silence_stream://200', holdMusic: 'silence_stream://1000', onRefused: () => undefined }

let noLeak: () => Promise<void> = async () => undefined
t.test('before', async () => { noLeak = watchLeaks() })

t.test('a defect in taking a call is told, and the call goes on in the dialplan', async (t) => {
  const refusals: string[] = []
  const server = await startOutbound({ host: '127.0.0.1', port: 0, peers: ['127.0.0.1'] }, { canServe: () => true, onRefused: (why, callId) => refusals.push(`${why} ${callId ?? ''}`), onCall() { throw new Error('a defect of ours') } })
  t.teardown(() => server.close())
  const exchange = await startExchange({ password: randomUUID(), outbound: `127.0.0.1:${server.port}` })
  t.teardown(() => exchange.close())
  const call = exchange.placeCall({ number: '13900000001' })
  await until('the native queue', () => call.reports.some(({ type }) => type === 'fallback'))
  t.same(refusals, [`a defect of ours ${call.callId}`])
  call.hangUp()
})

t.test('a port that was taken meanwhile: told once, and taken back when it is free', async (t) => {
  const warnings: string[] = []
  const warn = ({ name }: Error): void => { warnings.push(name) }
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  const one = await node(t)
  one.serving = false
  await until('it not to listen', () => !one.server.listening)
  const thief = createServer()
  await new Promise<void>((resolve) => { thief.listen(one.server.port, '127.0.0.1', resolve) })
  one.serving = true
  await until('the complaint', () => one.refusals.some((why) => why.includes('EADDRINUSE')))
  const tries = performance.now()
  await until('as many tries as Node allows listeners, and more', () => performance.now() - tries > 1_100)
  t.equal(one.refusals.length, 1)
  t.same(warnings, [], 'a try that failed leaves nothing on the server')
  await new Promise((resolve) => { thief.close(resolve) })
  await until('it to listen', () => one.server.listening)
})

t.test('a connection that stood in the kernel’s queue until the dead-man’s switch fired: he is in the native queue, and does not come to us', async (t) => {
  const one = await node(t)
  const waiting: Socket[] = []
  const queue = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => { waiting.push(socket.on('error', () => undefined)) })
  await new Promise<void>((resolve) => { queue.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => queue.close())
  const exchange = await startExchange({ password: randomUUID(), speed: 10 })
  t.teardown(() => exchange.close())
  const address = queue.address()
  exchange.setOutbound(`127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`)
  const call = exchange.placeCall({ number: '13900000001' })
  await until('the native queue', () => call.reports.some(({ type }) => type === 'fallback'))
  for (const socket of waiting) {
    const served = connect(one.server.port, '127.0.0.1')
    served.on('error', () => undefined).on('close', () => { socket.destroy() })
    socket.pipe(served).pipe(socket)
    socket.resume()
  }
  await until('it to be judged', () => one.refusals.length > 0 || one.sessions.length > 0)
  t.match([one.refusals, one.sessions], [[/taken up too late: the call is in callcenter$/], []])
  t.notOk(call.ended, 'he waits on there')
  call.hangUp()
  for (const socket of waiting) socket.destroy()
})

t.test('a listener that fails is told, and ends nothing', async (t) => {
  const { listen } = Server.prototype
  const made: Server[] = []
  Server.prototype.listen = function (this: Server, ...given: never[]) { made.push(this); return Reflect.apply(listen, this, given) as Server } as typeof listen
  t.teardown(() => { Server.prototype.listen = listen })
  const one = await node(t)
  t.equal(made.length, 1)
  made[0]?.emit('error', new Error('accept EMFILE'))
  t.same(one.refusals, ['accept EMFILE'])
  const exchange = await practice(t, [one])
  exchange.placeCall({ number: '13900000001' })
  await until('the session', () => one.sessions[0])
})

t.test('hold music that is not there: it is told, and the caller hears a tone', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one])
  const call = exchange.placeCall({ number: '13900000001' })
  const session = await until('the session', () => one.sessions[0])
  const told: string[] = []
  const channel = session.channel.headers === null ? null : readCall(session.channel.headers)
  if (channel === null) throw new Error('no call')
  makeCitizenLeg(session, channel, { ...legSettings, holdMusic: '/nowhere/hold.wav', onRefused: (text, callId) => told.push(`${text} ${callId ?? ''}`) }).holdMusic()
  await until('a tone', () => call.reports.some(({ type, detail }) => type === 'hears' && detail.startsWith('tone_stream')))
  t.match(told, [new RegExp(`nowhere.hold.wav.* ${call.callId}$`)])
  call.hangUp()
  await until('the end', () => call.ended)
})

t.test('a call arrives: the channel’s data, then its events, from the first on', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one])
  const call = exchange.placeCall({ number: '13900000001', nameBytes: Buffer.from([0xd5, 0xc5, 0xc8, 0xfd]), place: '开元大道', variables: { sip_from_user: '138\n\napi status', odd: 'ARRAY::a|:b' } })
  const session = await until('the session', () => one.sessions[0])
  const headers = session.channel.headers
  t.equal(headers?.get('Unique-ID'), call.callId)
  t.equal(headers?.get('variable_sip_from_user'), '138\n\napi status')
  t.equal(headers?.get('variable_odd'), 'a')
  t.match(headers === null ? null : readCall(headers), { callId: call.callId, caller: { number: '13900000001', name: '张三' }, calledNumber: '110', locationText: '开元大道', recovered: false })
  t.match([...exchange.transcript].slice(0, 3), ['< connect', '< linger 5', '< myevents json'])
  call.hangUp()
  await until('the end', () => call.ended)
  const events: string[] = []
  session.onEvent((event) => events.push(event.name))
  await until('the last event', () => events.includes('CHANNEL_HANGUP_COMPLETE'))
  t.same([...new Set(events)].filter((name) => name.startsWith('CHANNEL_HANGUP')), ['CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE'], 'also those that came before anybody listened')
  t.same(exchange.insecurities, [])
})

t.test('the handshake is one round trip: all commands go before any reply', async (t) => {
  const one = await node(t)
  const peer = await dialPeer(t, one.server.port)
  await peer.hears('connect\n\nlinger 5\n\nmyevents json\n\nnixevent ')
  t.equal(one.sessions.length, 0)
  const early = eventFrame({ 'Event-Name': 'CHANNEL_EXECUTE', 'Unique-ID': CALL })
  peer.say(greeting + early)
  const session = await until('the session', () => one.sessions[0])
  peer.say(eventFrame({ 'Event-Name': 'CHANNEL_ANSWER', 'Unique-ID': CALL }))
  const heard: EslEvent[] = []
  session.onEvent((event) => heard.push(event))
  await until('both', () => heard.length === 2)
  t.same(heard.map(({ name }) => name), ['CHANNEL_EXECUTE', 'CHANNEL_ANSWER'])
})

t.test('a recovered call comes under the same UUID and says so', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one])
  const call = exchange.placeCall({ number: '13900000001' })
  const first = await until('the session', () => one.sessions[0])
  t.equal(readCall(first.channel.headers!)?.recovered, false)
  await first.connection.request({ verb: 'api', call: { api: 'uuid_setvar', uuid: call.callId, name: 'liandong_category', value: 'manhole' } })
  let gone = false
  first.onClose(() => { gone = true })
  await exchange.restart(true)
  const second = await until('it comes again', () => one.sessions[1])
  t.equal(gone, true)
  t.match(readCall(second.channel.headers!), { callId: call.callId, recovered: true })
  t.equal(second.channel.headers?.get('variable_liandong_category'), 'manhole', 'with what we had noted on it')
  call.hangUp()
})

t.test('a node that is gone: FreeSWITCH tries the next in its list', async (t) => {
  const [a, b] = [await node(t), await node(t)]
  const exchange = await practice(t, [a, b])
  const call = exchange.placeCall({ number: '13900000001' })
  await until('at the first', () => a.sessions.length === 1)
  t.equal(b.sessions.length, 0)
  await a.server.close()
  exchange.setOutbound(`127.0.0.1:${a.server.port}|127.0.0.1:${b.server.port}`)
  const next = exchange.placeCall({ number: '13900000002' })
  await until('at the second', () => b.sessions.length === 1)
  t.equal(b.sessions[0]?.channel.headers?.get('Unique-ID'), next.callId)
  call.hangUp()
  next.hangUp()
})

t.test('a node that cannot serve does not listen: calls go to the next node, and come back when it can', async (t) => {
  const a = await node(t)
  const b = await node(t)
  const exchange = await practice(t, [a, b])
  a.serving = false
  await until('a to stop listening', () => !a.server.listening)
  const first = exchange.placeCall({ number: '13900000001' })
  await until('the call at b', () => b.sessions.length === 1)
  t.same([a.refusals, a.sessions], [[], []], 'not even asked')
  a.serving = true
  await until('a to listen again', () => a.server.listening)
  const second = exchange.placeCall({ number: '13900000002' })
  await until('the call at a', () => a.sessions.length === 1)
  t.equal(b.sessions.length, 1)
  first.hangUp()
  second.hangUp()
})

t.test('a node that cannot serve closes before any command, and FreeSWITCH goes on', async (t) => {
  const one = await node(t)
  one.serving = false
  const exchange = await practice(t, [one])
  const call = exchange.placeCall({ number: '13900000001' })
  await until('the native queue', () => call.reports.some(({ type }) => type === 'fallback'))
  t.same([one.refusals, one.sessions, one.server.connections], [['cannot serve'], [], 0])
  t.same(exchange.transcript, [], 'it heard nothing')
  one.serving = true
  const next = exchange.placeCall({ number: '13900000002' })
  await until('served again', () => one.sessions.length === 1)
  call.hangUp()
  next.hangUp()
})

t.test('refused: strangers, and more than there is room for', async (t) => {
  const strict = await node(t, { peers: ['192.0.2.1'] })
  const stranger = await dialPeer(t, strict.server.port)
  await until('closed', () => stranger.closed)
  t.same([strict.refusals, stranger.heard], [['peer not allowed'], ''])

  const small = await node(t, { maxConnections: 2 })
  const kept = [await dialPeer(t, small.server.port), await dialPeer(t, small.server.port)]
  for (const peer of kept) { await peer.hears('nixevent'); peer.say(greeting) }
  await until('two calls', () => small.sessions.length === 2)
  const third = await dialPeer(t, small.server.port)
  await until('closed', () => third.closed)
  t.same([small.refusals, third.heard, small.server.connections], [['too many calls'], '', 2])
  kept[0]?.socket.end()
  await until('room again', () => small.server.connections === 1)
  await (await dialPeer(t, small.server.port)).hears('connect')
})

t.test('an IPv4 peer of a dual-stack listener is known by its address', async (t) => {
  const dual = await node(t, { host: '::ffff:127.0.0.1' }).catch(() => null)
  if (dual === null) return t.pass('no IPv6 on this machine')
  await (await dialPeer(t, dual.server.port)).hears('connect')
  t.same(dual.refusals, [])
})

t.test('a FreeSWITCH that does not greet, or refuses, gives no call', async (t) => {
  const one = await node(t, { greetDeadline: 50 })
  const silent = await dialPeer(t, one.server.port)
  await until('given up', () => silent.closed)
  const half = await dialPeer(t, one.server.port)
  await half.hears('connect')
  half.say(connectFrame(CALL))
  await until('given up', () => half.closed)
  for (const answers of [[replyFrame('-ERR no'), replyFrame('+OK'), replyFrame('+OK'), replyFrame('+OK')], [connectFrame(CALL), replyFrame('+OK'), replyFrame('-ERR command not found'), replyFrame('-ERR command not found')]]) {
    const peer = await dialPeer(t, one.server.port)
    await peer.hears('nixevent')
    peer.say(answers.join(''))
    await until('given up', () => peer.closed)
  }
  const gone = await dialPeer(t, one.server.port)
  await gone.hears('connect')
  gone.socket.resetAndDestroy()
  await until('all forgotten', () => one.server.connections === 0)
  t.same(one.sessions, [])
})

t.test('`linger` may be refused (a socket that is not `full`): the call is taken all the same', async (t) => {
  const one = await node(t)
  const peer = await dialPeer(t, one.server.port)
  await peer.hears('nixevent')
  peer.say(connectFrame(CALL) + replyFrame('-ERR command not found') + replyFrame('+OK Events Enabled') + replyFrame('+OK events nixed'))
  await until('the call', () => one.sessions.length === 1)
})

t.test('the socket ends: the leg is over, whatever it waited for', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one])
  const call = exchange.placeCall({ number: '13900000001' })
  const session = await until('the session', () => one.sessions[0])
  const leg = makeCitizenLeg(session, readCall(session.channel.headers!)!, { ...legSettings, promptPath: () => 'silence_stream://600000' })
  let closes = 0
  leg.onClose(() => { closes += 1 })
  const playing = leg.perform({ type: 'play', prompts: [{ name: 'long', language: 'zh-CN' }] })
  await until('it is played', () => call.reports.some(({ type, detail }) => type === 'hears' && detail.includes('600000')))
  exchange.cutLinks()
  t.same(await playing, { type: 'gone' })
  await until('told', () => closes > 0)
  t.equal(closes, 1)
  t.equal(one.server.connections, 0)
  await until('FreeSWITCH goes on without us', () => call.reports.some(({ type }) => type === 'fallback'))
  t.same(await leg.perform({ type: 'play', prompts: [] } as unknown as Parameters<typeof leg.perform>[0]), { type: 'gone' }, 'nothing is played on it any more')
  t.match(await caught(session.connection.request({ verb: 'linger', seconds: 5 })), { reason: 'lost' })
  call.hangUp()
})

t.test('the clock is set back an hour while music plays: it ends when it should', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one])
  const call = exchange.placeCall({ number: '13900000001' })
  const session = await until('the session', () => one.sessions[0])
  const leg = makeCitizenLeg(session, readCall(session.channel.headers!)!, { ...legSettings, holdMusic: 'silence_stream://200' })
  const holding = leg.perform({ type: 'hold', duration: 500, keys: false })
  await until('it is played', () => call.reports.some(({ type }) => type === 'hears'))
  const { now } = Date
  t.teardown(() => { Date.now = now })
  Date.now = () => now() - 3_600_000
  let result: unknown = null
  void holding.then((end) => { result = end })
  await until('its end', () => result, 10_000)
  t.same(result, { type: 'played' })
  call.hangUp()
})

t.test('a speech engine that hangs: the question begins without it, and the next caller is not made to wait for it', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one])
  let hung = 0
  const speech = makeSpeechEngine('slow', 'any', 1_000, () => performance.now(), () => { hung += 1 })
  const ask = async (number: string): Promise<{ readonly heardAfter: number; readonly took: number }> => {
    const before = one.sessions.length
    const call = exchange.placeCall({ number })
    const session = await until('the session', () => one.sessions[before])
    // The dead-man's switch would have him meanwhile.
    await session.connection.request({ verb: 'api', call: { api: 'sched_del', uuid: call.callId } })
    const leg = makeCitizenLeg(session, readCall(session.channel.headers!)!, { ...legSettings, speech })
    const since = performance.now()
    const asked = leg.perform({ type: 'listen', gather: { type: 'gather', prompts: [{ name: 'menu', language: 'zh-CN' }], min: 1, max: 1, timeout: 1_000, interDigitTimeout: 1_000, terminators: '' } })
    await until('the question', () => call.reports.some(({ type }) => type === 'hears'))
    const heardAfter = performance.now() - since
    t.same(await asked, { type: 'timeout', digits: '' })
    const took = performance.now() - since
    call.hangUp()
    return { heardAfter, took }
  }
  const first = await ask('13900000001')
  t.ok(first.heardAfter < 1_000, `${first.heardAfter} ms`)
  t.ok(first.took > 3_000, 'it held everything up, as FreeSWITCH does')
  t.equal(hung, 1)
  const second = await ask('13900000002')
  t.ok(second.took < 2_500, `${second.took} ms`)
  t.equal(hung, 1)
})

t.test('a call that ended before anybody listened to it is told as ended', async (t) => {
  const one = await node(t)
  const peer = await dialPeer(t, one.server.port)
  await peer.hears('nixevent')
  peer.say(greeting)
  const session = await until('the call', () => one.sessions[0])
  peer.socket.end()
  await until('over', () => one.server.connections === 0)
  let told = 0
  session.onClose(() => { told += 1 })
  t.equal(told, 1)
})

t.test('a hundred calls at once, prompts and keys: none gets another’s', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one], 20)
  const calls = new Map(Array.from({ length: 100 }, (_, n): [string, { readonly call: PlacedCall; readonly key: string; digits: string }] => {
    const call = exchange.placeCall({ number: `139000000${String(n).padStart(2, '0')}` })
    return [call.callId, { call, key: String(n % 10), digits: '' }]
  }))
  await until('all are here', () => one.sessions.length === 100)
  await Promise.all(one.sessions.map(async (session) => {
    const leg = makeCitizenLeg(session, readCall(session.channel.headers!)!, legSettings)
    const mine = calls.get(leg.call.callId)!
    const asked = leg.perform({ type: 'gather', prompts: [{ name: 'menu', language: 'zh-CN' }], min: 1, max: 1, timeout: 60_000, interDigitTimeout: 60_000, terminators: '' })
    await until('the menu is heard', () => mine.call.reports.some(({ type }) => type === 'hears'))
    mine.call.press(mine.key)
    const result = await asked
    mine.digits = result.type === 'digits' ? result.digits : result.type
  }))
  t.same([...calls.values()].map(({ digits }) => digits), [...calls.values()].map(({ key }) => key))
  for (const { call } of calls.values()) call.hangUp()
  await until('all are gone', () => one.server.connections === 0)
  t.same(exchange.insecurities, [])
})

t.test('`close` ends all calls’ sockets and frees the port; a port in use is an error', async (t) => {
  const one = await node(t)
  const exchange = await practice(t, [one])
  const call = exchange.placeCall({ number: '13900000001' })
  const session = await until('the session', () => one.sessions[0])
  let told = 0
  session.onClose(() => { told += 1 })
  const { port } = one.server
  await t.rejects(node(t, { port }), { code: 'EADDRINUSE' })
  await one.server.close()
  await until('told', () => told === 1)
  const again = createServer()
  await new Promise<void>((resolve, reject) => { again.once('error', reject).listen(port, '127.0.0.1', resolve) })
  await new Promise((resolve) => again.close(resolve))
  call.hangUp()
})

t.test('no socket, no timer is left', async () => { await noLeak() })
