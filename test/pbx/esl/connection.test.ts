import t, { type Test } from 'tap'
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { Worker } from 'node:worker_threads'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import type { Command } from '../../../src/pbx/esl/command.js'
import { EslConnection, EslError } from '../../../src/pbx/esl/connection.js'
import { startExchange } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { watchLeaks } from '../../helpers/leaks.js'
import { apiFrame, eventFrame, replyFrame, startPeer, type Peer } from '../../helpers/peer.js'

const CALL = '11111111-2222-4333-8444-555555555555'
const status: Command = { verb: 'api', call: { api: 'status' } }
const linger: Command = { verb: 'linger', seconds: 5 }
const uptime: Command = { verb: 'api', call: { api: 'uptime' } }
const caught = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'fulfilled', (error: unknown) => error)

interface End { readonly connection: EslConnection; readonly events: EslEvent[]; readonly ends: string[] }
function open(t: Test, port: number): End {
  const events: EslEvent[] = []
  const ends: string[] = []
  const connection = new EslConnection(connect({ port, host: '127.0.0.1' }), { onEvent: (event) => events.push(event), onClose: (reason) => ends.push(reason) })
  t.teardown(async () => { connection.destroy('test over'); await until('the end', () => ends.length > 0) })
  return { connection, events, ends }
}
async function pair(t: Test): Promise<End & { readonly peer: Peer }> {
  const server = await startPeer(t)
  const end = open(t, server.port)
  return { ...end, peer: await server.next() }
}

let noLeak: () => Promise<void> = async () => undefined
t.test('before', async () => { noLeak = watchLeaks() })

t.test('replies go to their commands in order, whatever comes between', async (t) => {
  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  exchange.phones.set('1001', 'no-answer')
  const { connection, events, ends } = open(t, exchange.port)
  await connection.request({ verb: 'auth', password: 'secret' })
  await connection.request({ verb: 'event', names: ['CHANNEL_CREATE', 'CHANNEL_HANGUP_COMPLETE', 'BACKGROUND_JOB'], custom: [] })
  let seed = 110
  const random = (below: number): number => { seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0; return Math.floor((seed / 4_294_967_296) * below) }
  const wrong: string[] = []
  await Promise.all(Array.from({ length: 600 }, async () => {
    const id = randomUUID()
    if (random(20) === 0) exchange.placeCall({ number: '13900000001', called: 'nowhere' }) // its events come between
    // Each answer names its question.
    const [command, answer]: [Command, string] = [
      [{ verb: 'execute', callId: id, application: 'playback', arg: 'silence_stream://10', eventId: id }, `-ERR invalid session id [${id}]`],
      [{ verb: 'bgapi', jobId: id, call: { api: 'uuid_dump', uuid: id } }, `+OK Job-UUID: ${id}`],
      [{ verb: 'api', call: { api: 'sched_del', uuid: id } }, '+OK Deleted: 0\n'],
      [{ verb: 'api', call: { api: 'global_getvar', name: 'core_uuid' } }, exchange.coreUuid],
      [{ verb: 'api', call: { api: 'uuid_dump', uuid: id } }, '-ERR No such channel!\n'],
      [{ verb: 'linger', seconds: random(600) }, '-ERR not controlling a session'],
    ][random(6)] as [Command, string]
    const reply = await connection.request(command, 1_000 + random(9_000))
    if (reply.text !== answer) wrong.push(`${JSON.stringify(command)} got ${reply.text}`)
  }))
  t.same(wrong, [])
  t.same(ends, [])
  await until('events came as well', () => events.some(({ name }) => name === 'CHANNEL_CREATE') && events.some(({ name }) => name === 'BACKGROUND_JOB'))
})

t.test('a reply that is late is not given to the next command', async (t) => {
  const { connection, peer, ends } = await pair(t)
  const first = caught(connection.request(status, 40))
  const second = caught(connection.request(uptime, 60_000))
  await peer.hears('api uptime\n\n')
  t.match(await first, { reason: 'deadline' })
  peer.say(apiFrame('the late status'))
  t.match(await second, { reason: 'lost' }, 'no answer rather than another’s')
  t.match(ends, ['no reply in time'])
  t.match(await caught(connection.request(uptime)), { reason: 'lost' })
})

t.test('a deadline holds, whatever longer ones are or were waited for', async (t) => {
  const { connection, peer } = await pair(t)
  const answered = connection.request(status, 60_000)
  await peer.hears('api status\n\n')
  peer.say(apiFrame('UP'))
  await answered
  const long = caught(connection.request(status, 50_000))
  let short: unknown = null
  void caught(connection.request(uptime, 40)).then((error) => { short = error })
  t.match(await until('the short one', () => short, 5_000), { reason: 'deadline' })
  t.match(await long, { reason: 'lost' })
})

t.test('deadlines of many commands: the first one missed, and no earlier, ends it', async (t) => {
  const { connection, peer, ends } = await pair(t)
  const all = [300, 200, 100].map((deadline) => connection.request(status, deadline))
  await until('three questions', () => peer.heard.split('api status').length === 4)
  peer.say(apiFrame('one') + apiFrame('two') + apiFrame('three'))
  t.same((await Promise.all(all)).map(({ text }) => text), ['one', 'two', 'three'])
  let missed: unknown = null
  void caught(connection.request(status, 100)).then((error) => { missed = error })
  t.match(await until('missed', () => missed), { reason: 'deadline' })
  await until('the end', () => ends.length > 0)
  t.match(ends, ['no reply in time'])
})

t.test('a reply that came while our own loop stood still is in time', async (t) => {
  const worker = new Worker(`
    const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer((socket) => socket.on('data', () => socket.write('Content-Type: api/response\\nContent-Length: 2\\n\\nUP'))).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port))
  `, { eval: true })
  t.teardown(() => worker.terminate())
  const port = await new Promise<number>((resolve) => { worker.once('message', resolve) })
  const { connection } = open(t, port)
  t.equal((await connection.request(status)).text, 'UP')
  const reply = caught(connection.request(status, 50))
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  t.equal(await reply, 'fulfilled')
})

t.test('the end of the connection settles everything, once', async (t) => {
  const { connection, peer, ends } = await pair(t)
  const waiting = Array.from({ length: 50 }, (_, n) => caught(connection.request(n % 2 === 0 ? status : { verb: 'execute', callId: CALL, application: 'playback', arg: 'silence_stream://10', eventId: CALL }, 1_000 + n)))
  await peer.hears('sendmsg')
  connection.destroy('we had enough')
  connection.destroy('another reason')
  for (const error of await Promise.all(waiting)) t.match(error, { reason: 'lost', message: /we had enough/ })
  t.same(ends, ['we had enough'])
  t.match(await caught(connection.request(status)), { reason: 'lost' })
  await until('the peer knows', () => peer.closed)
})

t.test('a command after `destroy` and before `close` is not written and does not wait', async (t) => {
  const { connection } = await pair(t)
  connection.destroy('over')
  let refused: unknown = null
  void caught(connection.request(status)).then((error) => { refused = error })
  await Promise.resolve()
  await Promise.resolve()
  await Promise.resolve()
  t.type(refused, EslError)
})

t.test('a reply that nobody asked for ends the connection; nothing after it counts', async (t) => {
  const { connection, peer, events, ends } = await pair(t)
  peer.say(eventFrame({ 'Event-Name': 'ONE' }) + replyFrame('+OK injected') + eventFrame({ 'Event-Name': 'TWO' }) + apiFrame('UP'))
  await until('the end', () => ends.length > 0)
  t.same(ends, ['a reply that nobody asked for'])
  t.same(events.map(({ name }) => name), ['ONE'])
  t.match(await caught(connection.request(status)), { reason: 'lost' })
})

t.test('a reply of another kind than its command’s is nobody’s either', async (t) => {
  for (const [command, frame] of [[status, replyFrame('+OK injected')], [linger, apiFrame('UP')], [linger, apiFrame('-ERR no')]] as [Command, string][]) {
    const { connection, peer, ends } = await pair(t)
    const asked = caught(connection.request(command))
    peer.say(frame)
    t.match(await asked, { reason: 'lost' })
    t.same(ends, ['a reply that nobody asked for'])
  }
})

t.test('a frame cut in the middle is no event', async (t) => {
  const { peer, events, ends } = await pair(t)
  const frame = eventFrame({ 'Event-Name': 'TWO', 'Unique-ID': CALL })
  peer.say(eventFrame({ 'Event-Name': 'ONE' }) + frame.slice(0, frame.length - 5))
  await until('the whole one', () => events.length === 1)
  peer.socket.end()
  await until('the end', () => ends.length === 1)
  t.same(events.map(({ name }) => name), ['ONE'])
})

t.test('FreeSWITCH’s farewell is the reason; a lingering one is none', async (t) => {
  const { connection, peer, ends } = await pair(t)
  peer.say('Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n')
  const reply = connection.request(status)
  await peer.hears('api status\n\n')
  peer.say(apiFrame('UP'))
  t.ok((await reply).ok, 'still in use')
  peer.say('Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: 23\n\nDisconnected, goodbye.\n')
  peer.socket.end()
  await until('the end', () => ends.length > 0)
  t.same(ends, ['FreeSWITCH says: Disconnected, goodbye.'])

  const other = await pair(t)
  other.peer.say('Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 4\n\nwait')
  other.peer.socket.end()
  await until('the end', () => other.ends.length > 0)
  t.same(other.ends, ['closed by peer'])
})

t.test('a peer that does not read is given up before memory is', async (t) => {
  const { connection, peer, ends } = await pair(t)
  peer.socket.pause()
  const command: Command = { verb: 'execute', callId: CALL, application: 'playback', arg: 'x'.repeat(60_000), eventId: CALL }
  for (let n = 0; n < 1_000 && connection.connected(); n += 1) connection.post([command])
  t.equal(connection.connected(), false)
  await until('the end', () => ends.length > 0)
  t.match(ends, [/does not read/])
})

t.test('`post` sends what can be sent and tells what was refused, by us or by FreeSWITCH', async (t) => {
  const { connection, peer } = await pair(t)
  const refused: string[] = []
  connection.post([status, { verb: 'api', call: { api: 'uuid_kill', uuid: 'x\n\napi system id', cause: 'NORMAL_CLEARING' } }, uptime], (text) => refused.push(text))
  await peer.hears('api uptime\n\n')
  t.equal(peer.heard, 'api status\n\napi uptime\n\n')
  peer.say(apiFrame('UP') + apiFrame('-ERR not now\n'))
  await until('both told', () => refused.length === 2)
  t.match(refused, [/uuid/, /-ERR not now/])
  const next = connection.request(status)
  await until('asked', () => peer.heard.endsWith('api uptime\n\napi status\n\n'))
  peer.say(apiFrame('well'))
  t.equal((await next).text, 'well', 'replies to posted commands are accounted for')
})

t.test('`ok` of a reply', async (t) => {
  const { connection, peer } = await pair(t)
  const answers: [string, boolean][] = [[replyFrame('-ERR no'), false], [replyFrame('-USAGE: x'), false], [apiFrame('-ERR no\n'), false], [apiFrame('-USAGE: x\n'), false], [apiFrame('-12'), true], [apiFrame('0'), true], [apiFrame(''), true]]
  const replies = answers.map(() => connection.request(status))
  await until('all asked', () => peer.heard.split('api status').length === answers.length + 1)
  peer.say(answers.map(([frame]) => frame).join(''))
  t.same((await Promise.all(replies)).map(({ ok }) => ok), answers.map(([, ok]) => ok))
})

t.test('no socket, no timer is left', async () => { await noLeak() })
