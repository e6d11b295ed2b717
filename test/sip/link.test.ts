import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { openLink, type LinkOptions, type LinkState } from '../../sip/drachtio/link.js'
import { EdgeSettingsError, readSettings } from '../../sip/settings.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { startDrachtioPeer } from '../helpers/drachtio.js'
import { watchLeaks } from '../helpers/leaks.js'
import { openTrunk } from '../helpers/sip-phone.js'
import { freePort } from '../pbx/harness/ports.js'

/** Findings D1–D14 of drachtio-srf: each seen on the bare library, each closed on ours. D8 and D9 are drachtio-server's: see `suite.ts`. */
t.setTimeout(400_000)

interface Bare {
  connect(options: Record<string, unknown>): unknown
  listen(options: Record<string, unknown>): Server
  on(event: string, listener: (...args: unknown[]) => void): void
  request(uri: string, options: Record<string, unknown>, callback: (error: unknown) => void): void
  disconnect(): void
  readonly app: { readonly client: { readonly wp: { closing: boolean }; readonly mapServer: Map<Socket, { readonly pendingRequests: Map<string, unknown> }> } }
}
const BareSrf = createRequire(import.meta.url)('drachtio-srf') as new () => Bare
/** In a process of its own: what it does there cannot hurt the test. `code` sees `Srf` and `port`. */
const alone = (port: number, code: string): Promise<{ readonly output: string; readonly exit: number | null }> => new Promise((resolve) => {
  const child = spawn(process.execPath, ['-e', `const Srf = require('drachtio-srf'); const port = ${port}; const srf = new Srf(); ${code}`], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  child.once('exit', (exit) => { resolve({ output, exit }) })
})

const frame = (body: string): string => `${Buffer.byteLength(body)}#${body}`
/** Log-in answered, everything else as the test says. */
function greet(socket: Socket, chunk: Buffer, ok = 'OK|udp/127.0.0.1:5060|v0.9.10'): void {
  const id = /#([^|]+)\|authenticate/.exec(chunk.toString())?.[1]
  if (id !== undefined) socket.write(frame(`x|response|${id}|${ok}`))
}

async function listen(t: Test, onSocket: (socket: Socket) => void, server: Server = createServer()): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    onSocket(socket)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise<void>((resolve) => { server.close(() => { resolve() }); for (const socket of sockets) socket.destroy() }))
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : 0, sockets }
}

function ours(t: Test, port: number, more: Partial<LinkOptions> = {}) {
  const states: LinkState[] = []
  const trouble: string[] = []
  const link = openLink({
    host: '127.0.0.1', port, secret: 'a-secret-of-sixteen', deadline: 400, pingEvery: 60, misses: 2, retry: { first: 20, last: 80 }, random: () => 0.5,
    onInvite: () => undefined, onOptions: () => undefined, onState: (state) => states.push(state), onTrouble: (what) => trouble.push(what), ...more,
  })
  t.teardown(() => { link.close() })
  return { link, states, trouble }
}

function makeCertificate(t: Test): { readonly key: Buffer; readonly cert: Buffer } {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(directory, 'key'), '-out', join(directory, 'cert'), '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' })
  return { key: readFileSync(join(directory, 'key')), cert: readFileSync(join(directory, 'cert')) }
}

t.test('a link leaves nothing behind', async (t) => {
  const peer = await startDrachtioPeer()
  const clean = watchLeaks()
  const trunk = await openTrunk(t, peer.sipPort)
  const { link } = ours(t, peer.adminPort, { secret: peer.secret })
  await until('up', () => link.up)
  const pending = link.ask('OPTIONS', 'sip:nobody@127.0.0.1:9', 30_000)
  link.close()
  t.ok([null, 'unknown'].includes(await pending as null), 'who waits is told')
  trunk.close()
  await clean()
  await peer.stop()
})

t.test('D1: after TLS, the bare library reconnects in clear with the secret in it; ours never says a word in clear', async (t) => {
  const { key, cert } = makeCertificate(t)
  for (const kind of ['bare', 'ours'] as const) {
    const first: string[] = []
    const greeted: Socket[] = []
    const tls = createTlsServer({ key, cert }, (socket: TLSSocket) => { socket.on('data', (chunk: Buffer) => { greet(socket, chunk); greeted.push(socket) }) })
    const inside = await listen(t, () => undefined, tls)
    // Raw TCP in front: what a listener on the wire would see. TLS begins with 0x16.
    const { port, sockets } = await listen(t, (socket) => {
      socket.once('data', (chunk: Buffer) => {
        first.push(chunk[0] === 0x16 ? 'TLS' : chunk.toString())
        const onward = connect(inside.port, '127.0.0.1')
        onward.on('error', () => undefined)
        onward.write(chunk)
        socket.pipe(onward).pipe(socket)
        socket.on('close', () => { onward.destroy() })
      })
    })
    if (kind === 'bare') {
      const srf = new BareSrf()
      srf.on('error', () => undefined)
      srf.connect({ host: '127.0.0.1', port, secret: 'a-secret-of-sixteen', tls: { ca: cert } })
      t.teardown(() => { srf.app.client.wp.closing = true })
      await until('the log-in', () => greeted.length > 0)
      sockets[0]?.destroy()
      await until('the second connection', () => first.length >= 2)
      t.match(first[1], /authenticate\|a-secret-of-sixteen/, 'bare: the secret in clear')
      srf.app.client.wp.closing = true
    } else {
      const { link } = ours(t, port, { tls: { ca: cert } })
      for (let times = 1; times <= 3; times += 1) {
        await until('the link', () => link.up)
        sockets.at(-1)?.destroy()
        await until('it is noticed', () => !link.up)
      }
      await until('the link again', () => link.up)
      t.ok(first.length >= 4)
      t.ok(first.every((words) => words === 'TLS'), 'ours: TLS each time')
      link.close()
    }
  }
})

t.test('D1: a certificate that is not the one to trust, or a drachtio in clear: no link, no secret', async (t) => {
  const { cert } = makeCertificate(t)
  const other = makeCertificate(t)
  let heard = ''
  const tls = createTlsServer({ key: other.key, cert: other.cert }, (socket) => { socket.on('data', (chunk: Buffer) => { heard += chunk.toString() }) })
  tls.on('tlsClientError', () => undefined)
  const wrong = await listen(t, () => undefined, tls)
  const clear = await listen(t, (socket) => { socket.on('data', (chunk: Buffer) => { heard += chunk.toString(); greet(socket, chunk) }) })
  const [a, b] = [ours(t, wrong.port, { tls: { ca: cert } }), ours(t, clear.port, { tls: { ca: cert } })]
  await until('several attempts', () => a.states.length >= 3 && b.states.length >= 3)
  t.notOk(a.link.up || b.link.up)
  t.notMatch(heard, /secret/)
  t.throws(() => readSettings({ LIANDONG_EDGE_DRACHTIO_SECRET: 'x'.repeat(20), LIANDONG_EDGE_SECRET: 'y'.repeat(20), LIANDONG_EDGE_DRACHTIO_HOST: '10.0.0.9' }), EdgeSettingsError, 'another machine without TLS is a bad setting')
})

t.test('D2: connect() is no promise, and a refused secret is a "connect" with an error; ours says it and tries again', async (t) => {
  const refusing = await listen(t, (socket) => { socket.on('data', (chunk: Buffer) => { greet(socket, chunk, 'NO|incorrect secret') }) })
  const srf = new BareSrf()
  srf.on('error', () => undefined)
  const heard: unknown[] = []
  srf.on('connect', (error) => heard.push(error))
  const returned = srf.connect({ host: '127.0.0.1', port: refusing.port, secret: 'wrong' })
  t.equal(typeof returned, 'function')
  await until('the event', () => heard.length > 0)
  t.ok(heard[0] instanceof Error)
  srf.app.client.wp.closing = true
  const { link, states } = ours(t, refusing.port)
  await until('it says so', () => states.filter((state) => !state.up && state.reason === 'drachtio refused the secret').length >= 2)
  t.notOk(link.up)
})

t.test('D3: bare, who waits when the link breaks waits for ever; ours is told at once', async (t) => {
  const mute = await listen(t, (socket) => { socket.on('data', (chunk: Buffer) => { greet(socket, chunk) }) })
  const srf = new BareSrf()
  srf.on('error', () => undefined)
  let connected = false
  srf.on('connect', () => { connected = true })
  srf.connect({ host: '127.0.0.1', port: mute.port, secret: 's' })
  await until('bare is connected', () => connected)
  let called = false
  srf.request('sip:x@127.0.0.1', { method: 'OPTIONS' }, () => { called = true })
  srf.app.client.wp.closing = true
  mute.sockets[0]?.destroy()
  await until('the library forgot the connection', () => srf.app.client.mapServer.size === 0)
  t.notOk(called, 'bare: the callback is gone with the connection')
  const { link } = ours(t, mute.port, { pingEvery: 10_000 })
  await until('ours is connected', () => link.up)
  const waiting = link.ask('OPTIONS', 'sip:x@127.0.0.1', 20_000)
  mute.sockets.at(-1)?.destroy()
  t.equal(await waiting, 'unknown')
})

t.test('D4: bare throws while not connected; ours answers', async (t) => {
  const srf = new BareSrf()
  srf.on('error', () => undefined)
  const port = await freePort()
  srf.connect({ host: '127.0.0.1', port, secret: 's', reconnect: { maxAttempts: 1 } })
  t.throws(() => { srf.request('sip:x@127.0.0.1', { method: 'OPTIONS' }, () => undefined) }, { name: 'AssertionError' })
  const { link } = ours(t, port)
  t.equal(await link.ask('OPTIONS', 'sip:x@127.0.0.1', 100), 'unknown')
  t.match(await link.proxy({} as never, {} as never, 100), { type: 'lost' })
})

const INVITE = ['INVITE sip:110@127.0.0.1 SIP/2.0', 'Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bKx', 'From: <sip:13912345678@h>;tag=a', 'To: <sip:110@h>', 'Call-ID: call', 'CSeq: 1 INVITE', 'Content-Length: 0', '', ''].join('\r\n')
const sipFrame = (sip: string): string => frame(`m|sip|network|1|udp|127.0.0.1|5062|12:00:00|transaction|dialog|127.0.0.1|5060\r\n${sip}`)
const BROKEN: readonly (readonly [string, string])[] = [['a frame without length', 'xx#hello'], ['an unknown kind of message', frame('x|surprise|y')], ['a negative length', '-5#hello']]

t.test('D5: broken frames end a bare process; on ours they end one connection', async (t) => {
  for (const [what, bytes] of BROKEN) {
    let said = 0
    const server = await listen(t, (socket) => { socket.on('data', (chunk: Buffer) => { greet(socket, chunk); if (chunk.includes('authenticate') && said++ === 0) socket.write(bytes) }) })
    const { exit, output } = await alone(server.port, `srf.on('error', () => {}); srf.connect({ host: '127.0.0.1', port, secret: 's' }); setTimeout(() => process.exit(0), 3000)`)
    t.equal(exit, 1, `bare: ${what}`)
    t.match(output, /Error/)
    said = 0
    const { link, states } = ours(t, server.port)
    await until(`ours is up again after ${what}`, () => states.some(({ up }) => !up) && link.up)
    link.close()
  }
  const stuck = await listen(t, (socket) => { socket.on('data', (chunk: Buffer) => { greet(socket, chunk); if (chunk.includes('authenticate')) socket.write('#garbage') }) })
  const { states } = ours(t, stuck.port)
  await until('a frame that never begins ends the connection too', () => states.some((state) => !state.up))
})

t.test('D5: an exception in a handler delivers the same message again on bare; on ours once, and the next one comes', async (t) => {
  const server = await listen(t, (socket) => { socket.on('data', (chunk: Buffer) => { greet(socket, chunk); if (chunk.includes('route|invite')) socket.write(sipFrame(INVITE)); if (chunk.includes('route|invite')) setTimeout(() => { socket.write(sipFrame(INVITE.replaceAll('call', 'other'))) }, 100) }) })
  const { output } = await alone(server.port, `
    const bareHandler = () => { console.log('HEARD'); throw new Error('handler') }
    process.on('uncaughtException', () => {})
    const { proto } = {}; srf.on('error', () => {}); srf.connect({ host: '127.0.0.1', port, secret: 's' })
    srf.app.client.wp.removeAllListeners('msg'); srf.app.client.wp.on('msg', (socket, msg) => { if (msg.includes('|sip|')) bareHandler(); srf.app.client._onMsg(socket, msg) })
    srf.app.client.route('invite'); setTimeout(() => process.exit(0), 1500)`)
  t.ok((output.match(/HEARD/g) ?? []).length > 1 && !output.includes('other'), 'bare: the first again, for ever')
  const calls: string[] = []
  const { link, trouble } = ours(t, server.port, { onInvite: (request) => { calls.push(/Call-ID: (\w+)/.exec(request.raw)?.[1] ?? ''); throw new Error('handler') } })
  await until('both', () => calls.length === 2)
  t.same(calls, ['call', 'other'])
  t.same(trouble, ['invite handler', 'invite handler'])
  t.ok(link.up)
})

t.test('D6: a half-open link: bare never notices; ours does, and comes back', async (t) => {
  const server = await listen(t, (socket) => { socket.on('data', (chunk: Buffer) => { greet(socket, chunk) }) }) // logs in, then never answers
  const srf = new BareSrf()
  const events: string[] = []
  for (const event of ['error', 'close', 'reconnecting']) srf.on(event, () => events.push(event))
  srf.connect({ host: '127.0.0.1', port: server.port, secret: 's', enablePing: true, pingInterval: 5_000 })
  await until('bare is connected', () => server.sockets.length === 1)
  const { states } = ours(t, server.port)
  await until('ours gives it up again and again', () => states.filter((state) => !state.up && state.reason === 'drachtio does not answer').length >= 2)
  t.same(events, [], 'bare: not a word')
  srf.app.client.wp.closing = true
  const silent = await listen(t, () => undefined) // accepts and never says who it is
  const other = ours(t, silent.port)
  await until('no log-in is noticed too', () => other.states.some((state) => !state.up && state.reason === 'no answer to the log-in'))
})

t.test('D7: a refused connection is tried again with growing pauses, never in a tight loop', async (t) => {
  let attempts = 0
  const server = createServer((socket) => { attempts += 1; socket.resetAndDestroy() })
  const { port } = await listen(t, () => undefined, server)
  const { states } = ours(t, port, { retry: { first: 20, last: 300 } })
  await until('several attempts', () => states.length >= 6)
  // 40 + 80 + 160 + 300 + 300: whoever loops has hundreds.
  t.ok(attempts <= 8, `${attempts} attempts`)
})

t.test('D10: a listening library gives its secret to whoever connects; our link listens nowhere', async (t) => {
  const srf = new BareSrf()
  srf.on('error', () => undefined)
  const port = await freePort()
  const server = srf.listen({ host: '127.0.0.1', port, secret: 'given-away' })
  const heard = await new Promise<string>((resolve) => { const thief = connect(port, '127.0.0.1'); thief.once('data', (chunk: Buffer) => { thief.destroy(); resolve(chunk.toString()) }) })
  t.match(heard, /authenticate\|given-away/)
  await new Promise<void>((resolve) => { server.close(() => { resolve() }) })
  const peer = await startDrachtioPeer()
  t.teardown(() => peer.stop())
  const servers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
  const before = servers()
  const { link } = ours(t, peer.adminPort, { secret: peer.secret })
  await until('ours is connected', () => link.up)
  t.equal(servers(), before)
})

t.test('D11: bare writes a line break in a header value as a new header', async (t) => {
  const peer = await startDrachtioPeer()
  t.teardown(() => peer.stop())
  const { output } = await alone(peer.adminPort, `srf.on('connect', () => srf.request('sip:x@127.0.0.1:9', { method: 'OPTIONS', headers: { 'X-Name': 'a\\r\\nX-Injected: yes' } }, () => process.exit(0))); srf.connect({ host: '127.0.0.1', port, secret: '${peer.secret}' })`)
  t.equal(output, '')
  t.match(peer.frames.find((one) => one.includes('OPTIONS')), /\r\nX-Injected: yes\r\n/, 'ours cannot: `headerValue`, see core.test.ts')
})

t.test('D12: bare takes the caller’s number from a P-Asserted-Identity of anybody', async (t) => {
  const SipMessage = createRequire(import.meta.url)('drachtio-srf/lib/sip-parser/message') as new (raw: string) => { readonly callingNumber: string; getParsedHeader(name: string): unknown }
  const message = new SipMessage(INVITE.replace('To:', 'P-Asserted-Identity: <sip:110@police.example>\r\nTo:'))
  t.equal(message.callingNumber, '110', 'ours reads it itself: see the suite')
  t.throws(() => message.getParsedHeader('contact'))
})

t.test('D13: bare writes a message it cannot read to the console, telephone number and all', async (t) => {
  const peer = await startDrachtioPeer()
  t.teardown(() => peer.stop())
  const unreadable = sipFrame(INVITE.replace('INVITE sip', 'INVITE  sip'))
  const listening = `srf.on('connect', () => setTimeout(() => process.exit(0), 800)); srf.on('error', () => {}); srf.connect({ host: '127.0.0.1', port, secret: '${peer.secret}' })`
  const bare = alone(peer.adminPort, listening)
  await until('bare is connected', () => peer.connections === 1)
  const timer = setInterval(() => { peer.say(unreadable) }, 50)
  t.match((await bare).output, /13912345678/)
  const edge = spawn(process.execPath, ['bin/liandong-edge.js'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LIANDONG_EDGE_DRACHTIO_PORT: String(peer.adminPort), LIANDONG_EDGE_DRACHTIO_SECRET: peer.secret, LIANDONG_EDGE_SECRET: 'x'.repeat(20), LIANDONG_EDGE_HTTP_PORT: '0', LIANDONG_EDGE_DIRECTORY: temporaryDirectory() } })
  let output = ''
  for (const stream of [edge.stdout, edge.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString() })
  t.teardown(() => { edge.kill('SIGKILL') })
  await until('our edge says that a library said something', () => output.includes('said by a library'))
  clearInterval(timer)
  t.notMatch(output, /13912345678/)
  edge.kill('SIGTERM')
  t.equal(await new Promise((resolve) => { edge.once('exit', resolve) }), 0, output)
})

t.test('D14: the edge signs in nowhere: a target that asks for credentials has refused', async (t) => {
  // drachtio-srf knows MD5 only; its types know neither TLS nor reconnection (`srf.ts` has ours).
  const types = readFileSync(new URL('../../node_modules/drachtio-srf/lib/@types/index.d.ts', import.meta.url), 'utf8')
  t.notMatch(/interface SrfConfig \{[^}]*\}/.exec(types)?.[0], /tls|reconnect/)
  const { judge } = await import('../../sip/core/result.js')
  t.match(judge({ order: ['a:1'], sorry: 's:9', answers: [{ id: 'a:1', status: 401 }, { id: 's:9', status: 503 }] }).outcome, { type: 'refused', cause: 'by-target' })
})

t.test('two targets of one address: bare files their answers under the wrong one; ours does not', async (t) => {
  const request = readFileSync(new URL('../../node_modules/drachtio-srf/lib/request.js', import.meta.url), 'utf8')
  t.match(request, 'port === result.responses', 'the defect is still there: when it is gone, `req.proxy` may be used')
})
