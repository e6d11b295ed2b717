import t, { type Test } from 'tap'
import { connect, createServer, type Socket } from 'node:net'
import { startExchange, type Exchange, type ExchangeOptions } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { raw, saysNothing } from '../conformance/manners.js'
import { makeFrameCutter, type Frame } from './capture.js'

// What the conformance suite cannot ask of a FreeSWITCH with our configuration. Lines are of mod_event_socket.c, August 2026.

const GOODBYE = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'

async function start(t: Test, options: Partial<ExchangeOptions> = {}): Promise<{ exchange: Exchange; pbx: { eslPort: number; password: string } }> {
  const exchange = await startExchange({ password: 'secret', speed: 0.01, ...options })
  t.teardown(() => exchange.close())
  return { exchange, pbx: { eslPort: exchange.port, password: 'secret' } }
}

/** A node that does with FreeSWITCH's connection what the test wants. */
async function node(t: Test, exchange: Exchange): Promise<{ readonly sockets: Socket[]; readonly frames: Frame[]; text(): string }> {
  const sockets: Socket[] = []
  const frames: Frame[] = []
  let text = ''
  const server = createServer((socket) => {
    const cut = makeFrameCutter()
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => { text += chunk.toString(); frames.push(...cut(chunk)) })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { for (const socket of sockets) socket.destroy(); server.close() })
  exchange.setOutbound(`127.0.0.1:${(server.address() as { port: number }).port}`)
  return { sockets, frames, text: () => text }
}

const names = (frames: readonly Frame[]): string[] => frames.flatMap(({ event }) => (event === null ? [] : [event['Event-Name'] ?? '']))

t.test('an address that the access list does not know is sent away: 2677', async (t) => {
  const { pbx } = await start(t, { admits: () => false })
  t.equal(await saysNothing(pbx), `Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\nContent-Type: text/disconnect-notice\nContent-Length: 67\n\n${GOODBYE}`)
})

t.test('a wrong password: one try, and a notice', async (t) => {
  const { pbx } = await start(t)
  t.equal(await raw(pbx, 'auth wrong\n\nauth secret\n\n', () => false), `Content-Type: auth/request\n\nContent-Type: command/reply\nReply-Text: -ERR invalid\n\nContent-Type: text/disconnect-notice\nContent-Length: 67\n\n${GOODBYE}`)
})

t.test('an API that the user may not call is refused as a command, and no job ends: 2290, 2352', async (t) => {
  const { pbx, exchange } = await start(t, { denies: (command) => command === 'uptime' })
  const said = await raw(pbx, 'auth secret\n\nevent json BACKGROUND_JOB\n\napi uptime\n\nbgapi uptime\nJob-UUID: 1\n\nbgapi version\nJob-UUID: 2\n\n', (text) => text.includes('"Job-UUID":"2"'))
  t.equal(said.match(/Content-Type: command\/reply\nReply-Text: -ERR permission denied\n\n/g)?.length, 2)
  t.notMatch(said, /"Job-UUID":"1"|api\/response/)
  t.same(exchange.insecurities, [])
})

t.test('a node that accepts and says nothing: after the limit the dialplan goes on (2712)', async (t) => {
  const { exchange } = await start(t, { firstCommand: 60 })
  const { sockets, text } = await node(t, exchange)
  const call = exchange.placeCall({ number: '13900000001' })
  await until('the native queue', () => call.reports.some(({ type }) => type === 'fallback'))
  t.equal(text(), `Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${call.callId}\nContent-Disposition: disconnect\nContent-Length: 67\n\n${GOODBYE}`)
  await until('the end', () => sockets[0]?.readableEnded)
})

t.test('the answer to a first command other than connect is never sent: listener_run 2712', async (t) => {
  const { exchange } = await start(t)
  const { sockets, frames } = await node(t, exchange)
  exchange.placeCall({ number: '13900000001' })
  await until('the socket', () => sockets[0])
  sockets[0]?.write('myevents json\n\nlinger 7\n\n')
  await until('an answer', () => frames.length > 0)
  t.match(frames[0]?.head, /Reply-Text: \+OK will linger 7 seconds$/)
})

t.test('without linger the socket is closed at the hang-up, and what comes after it is lost: 1467–1496', async (t) => {
  const { exchange } = await start(t)
  const { sockets, frames } = await node(t, exchange)
  const call = exchange.placeCall({ number: '13900000001' })
  await until('the socket', () => sockets[0])
  sockets[0]?.write('connect\n\nmyevents json\n\n')
  await until('the park', () => names(frames).includes('CHANNEL_PARK') || frames.some(({ head }) => head.includes('Events Enabled')))
  call.hangUp()
  await until('the end', () => sockets[0]?.readableEnded)
  t.ok(names(frames).includes('CHANNEL_HANGUP'))
  t.notOk(names(frames).includes('CHANNEL_HANGUP_COMPLETE'))
  t.equal(frames.at(-1)?.type, 'text/disconnect-notice')
})

t.test('`linger` without a number lingers for ever, and `exit` ends it: 2437', async (t) => {
  const { exchange } = await start(t)
  const { sockets, frames } = await node(t, exchange)
  const call = exchange.placeCall({ number: '13900000001' })
  await until('the socket', () => sockets[0])
  sockets[0]?.write('connect\n\nlinger\n\nmyevents json\n\n')
  await until('the answers', () => frames.length >= 3)
  t.match(frames[1]?.head, /Reply-Text: \+OK will linger$/)
  call.hangUp()
  await until('the notice', () => frames.some(({ head }) => head.includes('Content-Disposition: linger')))
  t.match(frames.find(({ head }) => head.includes('Content-Disposition: linger'))?.head, /Linger-Time: -1\n/)
  t.ok(names(frames).includes('CHANNEL_HANGUP_COMPLETE'))
  sockets[0]?.write('exit\n\n')
  await until('the end', () => sockets[0]?.readableEnded)
})

t.test('plain events are percent-encoded lines, the body after them', async (t) => {
  const { pbx } = await start(t)
  const said = await raw(pbx, 'auth secret\n\nevent plain BACKGROUND_JOB\n\nbgapi uuid_kill nobody\nJob-UUID: 5\n\n', (text) => text.includes('-ERR No such channel!'))
  t.match(said, /Reply-Text: \+OK event listener enabled plain\n\n/)
  t.match(said, /Content-Length: \d+\nContent-Type: text\/event-plain\n\nEvent-Name: BACKGROUND_JOB\n[^]*Job-Command-Arg: nobody\nContent-Length: 22\n\n-ERR No such channel!\n$/)
})

t.test('filters: several are or, `-` keeps out, `/…/` is a pattern: 324–370', async (t) => {
  const { pbx } = await start(t)
  const jobs = async (filters: readonly string[]): Promise<string[]> => {
    const asked = ['one', 'two', 'three'].map((id) => `bgapi uptime\nJob-UUID: ${id}\n\n`).join('')
    const said = await raw(pbx, `auth secret\n\nevent json BACKGROUND_JOB\n\n${filters.map((one) => `filter ${one}\n\n`).join('')}${asked}bgapi version\nJob-UUID: end\n\nfilter delete all\n\nbgapi version\nJob-UUID: last\n\n`, (text) => text.includes('"Job-UUID":"last"'))
    return [...said.matchAll(/"Job-UUID":"(one|two|three)"/g)].map(([, id = '']) => id)
  }
  t.same(await jobs(['Job-UUID one', 'job-uuid TWO']), ['one', 'two'])
  t.same(await jobs(['Job-Command uptime', 'Job-UUID -two']), ['one', 'three'])
  t.same(await jobs(['Job-UUID /^t/']), ['two', 'three'])
  t.same(await jobs(['Unique-ID x']), [])
})

t.test('a connection that does not read: its events pile up, then are lost, then it is killed (F9)', async (t) => {
  const { exchange, pbx } = await start(t, { maxQueue: 40 })
  const { connect } = await import('node:net')
  const socket = connect(pbx.eslPort, '127.0.0.1')
  t.teardown(() => { socket.destroy() })
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => { text += chunk.toString('latin1') })
  await until('the greeting', () => text.includes('auth/request'))
  socket.write('auth secret\n\nevent json DTMF\n\n')
  await until('the answer', () => text.includes('listener enabled'))
  const call = exchange.placeCall({ number: '13900000001', called: '110' })
  socket.pause()
  // As many as the two kernels and the queue do not take.
  for (let burst = 0; burst < 60 && exchange.live().listeners > 0; burst += 1) {
    call.press('1'.repeat(600))
    await new Promise((resolve) => setImmediate(resolve))
  }
  socket.resume()
  await until('the end', () => socket.readableEnded)
  t.match(text, /killed listener because of lost events/)
})

t.test('a lone newline is answered by nothing, and brings at once what would have come at the next look: 1243–1275, 1502', async (t) => {
  const { pbx } = await start(t)
  const listen = async (): Promise<{ readonly socket: Socket; count: number; text: string }> => {
    const heard = { socket: connect(pbx.eslPort, '127.0.0.1'), count: 0, text: '' }
    t.teardown(() => heard.socket.destroy())
    heard.socket.setNoDelay(true).on('data', (chunk: Buffer) => { heard.text += chunk.toString(); heard.count = heard.text.split('Job-UUID: 1').length - 1 })
    heard.socket.write('auth secret\n\nevent plain BACKGROUND_JOB\n\n')
    await until('the subscription', () => heard.text.includes('+OK event listener enabled plain'))
    return heard
  }
  const waits = await listen()
  const wakes = await listen()
  const begun = wakes.text
  wakes.socket.write('\n\n\r\n')
  const asks = await listen()
  let sooner = 0
  for (let round = 1; round <= 20 && sooner === 0; round += 1) {
    asks.socket.write('bgapi version\nJob-UUID: 1\n\n')
    await until('the job to end', () => { if (wakes.count < round) wakes.socket.write('\n'); return wakes.count >= round })
    if (waits.count < round) sooner += 1
    await until('everybody to have heard it', () => waits.count >= round)
  }
  t.ok(sooner > 0)
  t.equal(wakes.text.slice(begun.length).replace(/Content-Length: \d+\nContent-Type: text\/event-plain[^]*/, ''), '')
})
