import { spawn } from 'node:child_process'
import { createServer, type Socket } from 'node:net'
import { createSocket } from 'node:dgram'
import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { headerOf, headersOf, readMessage, type SipText } from '../../sip/core/message.js'
import { freePort } from '../pbx/harness/ports.js'
import { temporaryDirectory } from './directory.js'
import { until } from './database.js'
import { methodOf, statusOf } from './sip-phone.js'

/** A drachtio-server that an edge can link to. The peer and the real one keep the same conformance suite (`test/sip/conformance.ts`). */
export interface Drachtio {
  readonly adminPort: number
  readonly sipPort: number
  readonly secret: string
  /** Breaks all admin connections; SIP goes on. */
  cut(): void
  /** Admin connections stay open, but nothing is read or said any more. */
  freeze(frozen: boolean): void
  stop(): Promise<void>
}

interface Client { readonly socket: Socket; authenticated: boolean; readonly routes: Set<string>; buffer: Buffer }
interface Incoming { readonly message: SipText; readonly raw: string; readonly client: Client; readonly from: { readonly address: string; readonly port: number }; proxy: Proxy | null; final: boolean }
interface Attempt { readonly uri: string; readonly branch: string; status: number; provisional: NodeJS.Timeout | null; response: string | null }
interface Proxy { readonly id: string; readonly incoming: Incoming; readonly waiting: string[]; readonly attempts: Attempt[]; readonly headers: readonly string[]; readonly recordRoute: boolean; readonly timeout: number; /** A target was silent. */ silent: boolean; /** Nothing more is told of it. */ untold: boolean; done: boolean }

const REASONS: Readonly<Record<number, string>> = { 100: 'Trying', 408: 'Request Timeout', 481: 'Call/Transaction Does Not Exist', 487: 'Request Terminated', 503: 'Service Unavailable' }

/**
 * Plays drachtio-server: the framed admin protocol over TCP on one side, SIP over UDP on the other. As far as the edge relies on it:
 * log-in, routes, ping, INVITE and OPTIONS in and out, serial proxying with a provisional time-out, CANCEL, Record-Route, 503 without a client.
 */
export async function startDrachtioPeer(options: { readonly secret?: string } = {}): Promise<Drachtio & { readonly frames: readonly string[]; say(frame: string | Buffer): void; readonly connections: number }> {
  const secret = options.secret ?? randomUUID().replaceAll('-', '')
  const clients = new Set<Client>()
  const frames: string[] = []
  const incoming = new Map<string, Incoming>()
  const proxies = new Map<string, Proxy>()
  const outgoing = new Map<string, { readonly client: Client; readonly transaction: string; readonly uri: string; readonly sent: string }>()
  const timers = new Set<NodeJS.Timeout>()
  let connections = 0
  let frozen = false

  const sip = createSocket('udp4')
  sip.on('error', () => undefined)
  await new Promise<void>((resolve) => { sip.bind(0, '127.0.0.1', resolve) })
  const sipPort = sip.address().port
  const here = `127.0.0.1:${sipPort}`
  const after = (delay: number, run: () => void): NodeJS.Timeout => {
    const timer = setTimeout(() => { timers.delete(timer); run() }, delay)
    timers.add(timer)
    return timer
  }
  const frame = (client: Client, body: string): void => { if (!frozen && !client.socket.destroyed) client.socket.write(`${Buffer.byteLength(body)}#${body}`) }
  const meta = (from: { address: string; port: number }, size: number): string => `network|${size}|udp|${from.address}|${from.port}|12:00:00.000000`
  const sendTo = (uri: string, message: string): void => {
    const [host = '127.0.0.1', port = '5060'] = (uri.replace(/^sips?:/, '').split('@').at(-1) ?? '').split(';')[0]?.split(':') ?? []
    sip.send(message, Number(port), host)
  }
  const reply = (to: Incoming, status: number, reason = REASONS[status] ?? 'Reason', headers: readonly string[] = [], body = ''): void => {
    const { message } = to
    const lines = [`SIP/2.0 ${status} ${reason}`, ...headersOf(message, 'via').map((via) => `Via: ${via}`), `From: ${headerOf(message, 'from') ?? ''}`, `To: ${headerOf(message, 'to') ?? ''}${status > 100 ? ';tag=drachtio' : ''}`, `Call-ID: ${headerOf(message, 'call-id') ?? ''}`, `CSeq: ${headerOf(message, 'cseq') ?? ''}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body]
    sip.send(lines.join('\r\n'), to.from.port, to.from.address)
    if (status >= 200) to.final = true
  }

  // ── SIP side ──
  sip.on('message', (data, from) => {
    const raw = data.toString('utf8')
    const message = readMessage(raw)
    if (message.startLine.startsWith('SIP/2.0 ')) return response(message, raw)
    if (!/^[A-Z]+ \S+ SIP\/2\.0$/.test(message.startLine) || headerOf(message, 'call-id') === undefined || headerOf(message, 'via') === undefined || headerOf(message, 'cseq') === undefined) return
    const method = methodOf(message)
    const key = `${headerOf(message, 'call-id') ?? ''} ${(headerOf(message, 'cseq') ?? '').split(' ')[0] ?? ''}`
    if (headerOf(message, 'route') !== undefined) return along(raw, message)
    if (method === 'ACK') return
    if (method === 'CANCEL') return cancelled(incoming.get(key), message, raw, from)
    if (incoming.has(key)) return
    const client = [...clients].find(({ authenticated, routes }) => authenticated && routes.has(method.toLowerCase()))
    const to = /;\s*tag=/.test(headerOf(message, 'to') ?? '')
    if (client === undefined || (to && method === 'INVITE')) return reply({ message, raw, client: null as unknown as Client, from, proxy: null, final: true }, client === undefined ? 503 : 481)
    const transaction = randomUUID()
    const one: Incoming = { message, raw, client, from, proxy: null, final: false }
    incoming.set(key, one).set(transaction, one)
    if (method === 'INVITE') reply(one, 100)
    frame(client, `${randomUUID()}|sip|${meta(from, data.length)}|${transaction}||127.0.0.1|${sipPort}|\r\n${raw}`)
  })

  /** In-dialog with our Record-Route: without a word to any client. */
  function along(raw: string, message: SipText): void {
    const lines = raw.split('\r\n')
    const at = lines.findIndex((line) => /^route:/i.test(line))
    lines.splice(at, 1)
    const via = lines.findIndex((line) => /^via:/i.test(line))
    lines.splice(via, 0, `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${randomUUID()}`)
    sendTo(message.startLine.split(' ')[1] ?? '', lines.join('\r\n'))
  }

  function cancelled(one: Incoming | undefined, message: SipText, raw: string, from: { address: string; port: number }): void {
    reply({ message, raw, client: null as unknown as Client, from, proxy: null, final: true }, one === undefined ? 481 : 200)
    if (one === undefined || one.final) return
    reply(one, 487)
    if (one.proxy === null) return frame(one.client, `${randomUUID()}|sip|${meta(from, raw.length)}|${randomUUID()}||127.0.0.1|${sipPort}|\r\n${raw}`)
    one.proxy.waiting.length = 0
    for (const { uri, branch, status } of one.proxy.attempts) if (status >= 100 && status < 200) sendTo(uri, forward(one, uri, branch, []).replace(/^INVITE/, 'CANCEL').replace(/\r\nCSeq: (\d+) INVITE/i, '\r\nCSeq: $1 CANCEL'))
  }

  function response(message: SipText, raw: string): void {
    const [via = ''] = headersOf(message, 'via')
    const branch = /;branch=([^;]+)/.exec(via)?.[1] ?? ''
    const sent = outgoing.get(branch)
    if (sent !== undefined) {
      // The answer to a CANCEL has the INVITE's branch.
      if (/ CANCEL$/.test(headerOf(message, 'cseq') ?? '')) return
      if (statusOf(message) >= 200) outgoing.delete(branch)
      if (statusOf(message) >= 300 && sent.sent.startsWith('INVITE')) sendTo(sent.uri, sent.sent.replace(/^INVITE/, 'ACK').replace(/\r\nCSeq: 1 INVITE/, '\r\nCSeq: 1 ACK').replace(/\r\nTo: [^\r]*/, `\r\nTo: ${headerOf(message, 'to') ?? ''}`))
      return frame(sent.client, `${randomUUID()}|sip|${meta({ address: '127.0.0.1', port: 0 }, raw.length)}|${sent.transaction}||\r\n${raw}`)
    }
    const proxy = proxies.get(branch)
    const attempt = proxy?.attempts.find((one) => one.branch === branch)
    const upstream = raw.replace(/\r\nVia: [^\r]*/i, '')
    if (proxy === undefined || attempt === undefined || !(headerOf(message, 'cseq') ?? '').endsWith('INVITE')) {
      // A response to what went along a Record-Route.
      const back = /SIP\/2\.0\/UDP ([\d.]+):(\d+)/.exec(headersOf(message, 'via')[1] ?? '')
      if (back !== null) sip.send(upstream, Number(back[2]), back[1])
      return
    }
    const status = statusOf(message)
    if (attempt.provisional !== null) clearTimeout(attempt.provisional)
    if (attempt.status >= 200 || status === 100) { attempt.status = Math.max(attempt.status, status); return }
    attempt.status = status
    if (status >= 300) sendTo(attempt.uri, [`ACK ${attempt.uri} SIP/2.0`, `Via: SIP/2.0/UDP ${here};branch=${branch}`, `From: ${headerOf(message, 'from') ?? ''}`, `To: ${headerOf(message, 'to') ?? ''}`, `Call-ID: ${headerOf(message, 'call-id') ?? ''}`, `CSeq: ${(headerOf(message, 'cseq') ?? '').replace('INVITE', 'ACK')}`, 'Content-Length: 0', '', ''].join('\r\n'))
    if (status >= 200 && !proxy.untold) frame(proxy.incoming.client, `${randomUUID()}|response|${proxy.id}|OK|network|${raw.length}|udp|127.0.0.1|${/:(\d+)(?:;|$)/.exec(attempt.uri)?.[1] ?? ''}|12:00:00.000000|||continue\r\n${raw}`)
    // drachtio takes a call for cancelled once a target was silent, and says `done` after the next answer, whoever is still to be tried; then nothing more.
    if (status >= 300 && proxy.silent && !proxy.untold && proxy.attempts.every((one) => one.status >= 200 || (one.status === 0 && one.provisional === null))) {
      frame(proxy.incoming.client, `${randomUUID()}|response|${proxy.id}|OK|done`)
      proxy.untold = true
    }
    if (status < 300) {
      if (!proxy.incoming.final) sip.send(upstream, proxy.incoming.from.port, proxy.incoming.from.address)
      if (status >= 200) finish(proxy)
      return
    }
    attempt.response = upstream
    next(proxy)
  }

  function finish(proxy: Proxy): void {
    if (proxy.done) return
    proxy.done = true
    proxy.incoming.final = true
    if (!proxy.untold) frame(proxy.incoming.client, `${randomUUID()}|response|${proxy.id}|OK|done`)
  }

  function next(proxy: Proxy): void {
    if (proxy.done) return
    const uri = proxy.waiting.shift()
    if (uri === undefined) {
      if (proxy.attempts.some(({ status, provisional }) => status < 200 && provisional !== null)) return
      // RFC 3261 §16.7: 6xx, then 4xx, then the rest; nobody at all is 408.
      const rank = ({ status }: Attempt): number => (status >= 600 ? 0 : status >= 400 && status < 500 ? 1 : 2)
      const [best] = proxy.attempts.filter(({ response: text }) => text !== null).sort((a, b) => rank(a) - rank(b))
      if (!proxy.incoming.final) {
        if (best?.response == null) reply(proxy.incoming, 408)
        else sip.send(best.response, proxy.incoming.from.port, proxy.incoming.from.address)
      }
      return finish(proxy)
    }
    const attempt: Attempt = { uri, branch: `z9hG4bK${randomUUID()}`, status: 0, provisional: null, response: null }
    attempt.provisional = after(proxy.timeout, () => { attempt.provisional = null; if (attempt.status === 0) { proxy.silent = true; next(proxy) } })
    proxy.attempts.push(attempt)
    proxies.set(attempt.branch, proxy)
    sendTo(uri, forward(proxy.incoming, uri, attempt.branch, [...(proxy.recordRoute ? [`Record-Route: <sip:${here};lr>`] : []), ...proxy.headers]))
  }

  function forward(one: Incoming, uri: string, branch: string, headers: readonly string[]): string {
    const [head = '', ...rest] = one.raw.split('\r\n\r\n')
    const [, ...lines] = head.split('\r\n')
    return [`${methodOf(one.message)} ${uri} SIP/2.0`, `Via: SIP/2.0/UDP ${here};branch=${branch}`, ...lines, ...headers].join('\r\n') + `\r\n\r\n${rest.join('\r\n\r\n')}`
  }

  // ── Admin side ──
  function told(client: Client, body: string): void {
    frames.push(body)
    const [lead = '', ...rest] = body.split('\r\n')
    const [messageId = '', verb = '', ...tokens] = lead.split('|')
    const answer = (...words: readonly string[]): void => { frame(client, `${randomUUID()}|response|${messageId}|${words.join('|')}`) }
    if (verb === 'authenticate') {
      client.authenticated = tokens[0] === secret
      if (client.authenticated) return answer('OK', `udp/${here}`, 'v0.9.10', `udp/${here}`)
      answer('NO', 'incorrect secret')
      return void client.socket.end()
    }
    if (!client.authenticated) return void client.socket.destroy()
    if (verb === 'ping') return answer('OK', 'pong')
    if (verb === 'route') {
      client.routes.add(tokens[0] ?? '')
      return answer('OK')
    }
    if (verb === 'proxy') return startProxy(client, messageId, tokens, rest)
    if (verb !== 'sip') return answer('NO', 'Unknown message type')
    const message = rest.join('\r\n')
    const parsed = readMessage(message)
    if (parsed.startLine.startsWith('SIP/2.0')) {
      const one = incoming.get(tokens[0] ?? '')
      if (one === undefined || one.final) return answer('NOK', 'transaction id missing')
      reply(one, statusOf(parsed), parsed.startLine.split(' ').slice(2).join(' '), parsed.headers.filter(([name]) => !['via', 'from', 'to', 'call-id', 'cseq', 'content-length'].includes(name)).map(([name, value]) => `${name}: ${value}`), parsed.body)
      return answer('OK')
    }
    if (parsed.startLine.startsWith('CANCEL ')) {
      const one = [...outgoing.values()].find(({ transaction }) => transaction === tokens[0])
      if (one === undefined) return answer('NOK', 'unknown transaction')
      const cancel = one.sent.replace(/^INVITE/, 'CANCEL').replace(/\r\nCSeq: 1 INVITE/, '\r\nCSeq: 1 CANCEL')
      sendTo(one.uri, cancel)
      return frame(client, `${randomUUID()}|response|${messageId}|OK|application|${cancel.length}|udp|127.0.0.1|${sipPort}|12:00:00|${randomUUID()}|\r\n${cancel}`)
    }
    const [uri, transaction, branch] = [parsed.startLine.split(' ')[1] ?? '', randomUUID(), `z9hG4bK${randomUUID()}`]
    const method = methodOf(parsed)
    const head = [`${method} ${uri} SIP/2.0`, `Via: SIP/2.0/UDP ${here};branch=${branch}`, `From: <sip:${here}>;tag=${randomUUID()}`, `To: <${uri}>`, `Call-ID: ${randomUUID()}`, `CSeq: 1 ${method}`, `Contact: <sip:${here}>`, 'Max-Forwards: 70']
    const sent = [...head, 'Content-Length: 0', '', ''].join('\r\n')
    // Without its body it is what a CANCEL and an ACK are made of.
    outgoing.set(branch, { client, transaction, uri, sent })
    sendTo(uri, parsed.body === '' ? sent : [...head, `Content-Type: ${headerOf(parsed, 'content-type') ?? ''}`, `Content-Length: ${Buffer.byteLength(parsed.body)}`, '', parsed.body].join('\r\n'))
    frame(client, `${randomUUID()}|response|${messageId}|OK|application|${sent.length}|udp|127.0.0.1|${sipPort}|12:00:00|${transaction}|\r\n${sent}`)
  }

  function startProxy(client: Client, messageId: string, tokens: readonly string[], rest: readonly string[]): void {
    const [transaction = '', remain = '', , , , provisional = '', , ...destinations] = tokens
    const one = incoming.get(transaction)
    if (one === undefined || one.final) return frame(client, `${randomUUID()}|response|${messageId}|NOK|Unknown transaction id: ${transaction}`)
    const [, amount = '32', unit = 's'] = /^(\d+)(ms|s)$/.exec(provisional) ?? []
    const headers = rest.slice(1).filter((line) => line !== '' && !/^content-length:/i.test(line))
    const proxy: Proxy = { id: messageId, incoming: one, waiting: [...destinations], attempts: [], headers, recordRoute: remain === 'remainInDialog', timeout: Number(amount) * (unit === 's' ? 1_000 : 1), silent: false, untold: false, done: false }
    one.proxy = proxy
    next(proxy)
  }

  const server = createServer((socket) => {
    connections += 1
    const client: Client = { socket, authenticated: false, routes: new Set(), buffer: Buffer.alloc(0) }
    clients.add(client)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => { clients.delete(client) })
    socket.on('data', (chunk: Buffer) => {
      if (frozen) return
      client.buffer = Buffer.concat([client.buffer, chunk])
      for (let hash = client.buffer.indexOf('#'); hash > 0; hash = client.buffer.indexOf('#')) {
        const end = hash + 1 + Number(client.buffer.toString('latin1', 0, hash))
        if (client.buffer.length < end) return
        const body = client.buffer.toString('utf8', hash + 1, end)
        client.buffer = client.buffer.subarray(end)
        told(client, body)
      }
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const address = server.address()
  return {
    adminPort: typeof address === 'object' && address !== null ? address.port : 0, sipPort, secret, frames,
    get connections() { return connections },
    say(raw) { for (const { socket } of clients) socket.write(raw) },
    cut() { for (const { socket } of clients) socket.resetAndDestroy() },
    freeze(wanted) { frozen = wanted },
    async stop() {
      for (const timer of timers) clearTimeout(timer)
      for (const { socket } of clients) socket.destroy()
      await new Promise<void>((resolve) => { server.close(() => { resolve() }) })
      await new Promise<void>((resolve) => { sip.close(() => { resolve() }) })
    },
  }
}

/** Where the real one is, or the line that says why its tests are skipped. */
export const findDrachtio = (): { readonly path: string } | { readonly skip: string } => {
  const path = process.env['DRACHTIO']
  return path === undefined || path === '' ? { skip: 'needs drachtio-server; run: DRACHTIO=/path/to/drachtio npx tap test/sip' } : { path }
}

/** drachtio-server with the configuration that we ship, on free loopback ports. */
export async function startRealDrachtio(path: string, options: { readonly adminPort?: number; readonly sipPort?: number; readonly secret?: string } = {}): Promise<Drachtio & { readonly pid: number; log(): string }> {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'log'))
  const secret = options.secret ?? randomUUID().replaceAll('-', '')
  const [adminPort, sipPort] = [options.adminPort ?? await freePort(), options.sipPort ?? await freePort()]
  writeFileSync(join(directory, 'drachtio.conf.xml'), `<drachtio><admin port="${adminPort}" secret="${secret}">127.0.0.1</admin><sip><contacts><contact>sip:127.0.0.1:${sipPort};transport=udp,tcp</contact></contacts></sip><cdrs>false</cdrs><logging><console/><sofia-loglevel>0</sofia-loglevel><loglevel>${process.env['DRACHTIO_LOG'] ?? 'warning'}</loglevel></logging></drachtio>`)
  const child = spawn(path, ['-f', join(directory, 'drachtio.conf.xml'), '--stdout'], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output = (output + chunk.toString()).slice(-1_000_000) })
  const gone = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  const { connect } = await import('node:net')
  // It listens for clients before it does for calls, and a call that comes in between is lost. Of its SIP ports TCP is the last.
  for (const port of [adminPort, sipPort]) await until('drachtio to listen', () => new Promise<boolean>((resolve, reject) => {
    if (child.exitCode !== null) return reject(new Error(`drachtio ended: ${output}`))
    const probe = connect(port, '127.0.0.1', () => { probe.destroy(); resolve(true) })
    probe.on('error', () => { resolve(false) })
  }))
  return {
    adminPort, sipPort, secret, pid: child.pid ?? 0,
    log: () => output,
    cut() { throw new Error('only the peer can be cut: kill the real one') },
    freeze(frozen) { child.kill(frozen ? 'SIGSTOP' : 'SIGCONT') },
    async stop() {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await gone
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
