import { createSocket, type Socket } from 'node:dgram'
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { headerOf, headersOf, readMessage, type SipText } from '../../sip/core/message.js'
import { until } from './database.js'

/** SIP as two plain UDP sockets speak it: enough to call through a proxy, to be called, and to say wrong things on purpose. */

export const SDP = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', 'm=audio 40000 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', ''].join('\r\n')
const id = (): string => randomBytes(6).toString('hex')
export const statusOf = (message: SipText): number => Number(/^SIP\/2\.0 (\d{3})/.exec(message.startLine)?.[1] ?? 0)
export const methodOf = (message: SipText): string => (message.startLine.startsWith('SIP/') ? '' : message.startLine.split(' ')[0] ?? '')

async function openSocket(t: Test, address: string, hear: (message: SipText, from: { address: string; port: number }, raw: string) => void): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => undefined)
  socket.on('message', (data, from) => { hear(readMessage(data.toString('utf8')), from, data.toString('utf8')) })
  await new Promise<void>((resolve) => { socket.bind(0, address, resolve) })
  let open = true
  const close = socket.close.bind(socket)
  socket.close = (callback) => { if (open) { open = false; close(callback) } else callback?.(); return socket }
  t.teardown(() => { socket.close() })
  return socket
}

const text = (first: string, headers: readonly (readonly [string, string])[], body = ''): string =>
  [first, ...headers.map(([name, value]) => `${name}: ${value}`), `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n')

export interface Behaviour {
  /** Answer to INVITE; null: never a word. */
  invite: number | null
  /** 180 at once and the answer only after so long, ms. */
  ring?: number
  /** This at once and then nothing more. */
  stuck?: 100 | 180 | undefined
  options: number | null
  /** By how much its clock is before ours, ms: it says when the call reached it. */
  ahead?: number
  /** What the edge's own question is answered with of its nodes' last sign; empty: never one. Absent: a dialplan that knows nothing of signs. */
  sign?: (() => string) | undefined
}

/** A number that nobody has: the edge's own question whether calls are answered, and the CANCEL of one. */
const isQuestion = ({ startLine }: SipText): boolean => startLine.includes(' sip:liandong@') && !startLine.startsWith('OPTIONS ')

/** A FreeSWITCH of the pool, as far as a proxy sees it. */
export async function openSwitch(t: Test, behaviour: Behaviour) {
  const heard: SipText[] = []
  const ringing = new Map<string, { readonly timer: NodeJS.Timeout; readonly give: (status: number) => void }>()
  const socket = await openSocket(t, '127.0.0.1', (message, from) => {
    heard.push(message)
    const method = methodOf(message)
    const callId = headerOf(message, 'call-id') ?? ''
    const created = (): readonly (readonly [string, string])[] => (behaviour.ahead === undefined ? [] : [['X-Liandong-Created', `${Date.now() + behaviour.ahead}000`]])
    const reply = (status: number): void => {
      const to = headerOf(message, 'to') ?? ''
      const common = [...headersOf(message, 'via').map((via) => ['Via', via] as const), ...headersOf(message, 'record-route').map((route) => ['Record-Route', route] as const), ['From', headerOf(message, 'from') ?? ''] as const, ['To', /;\s*tag=/.test(to) ? to : `${to};tag=switch`] as const, ['Call-ID', callId] as const, ['CSeq', headerOf(message, 'cseq') ?? ''] as const]
      const contact = ['Contact', `<sip:switch@127.0.0.1:${socket.address().port}>`] as const
      const sign = status === 404 && behaviour.sign !== undefined ? [['X-Liandong-Able', `mark=${behaviour.sign()}`] as const] : []
      socket.send(status === 200 && method === 'INVITE' ? text('SIP/2.0 200 OK', [...common, contact, ...created(), ['Content-Type', 'application/sdp']], SDP) : text(`SIP/2.0 ${status} Some Reason`, [...common, contact, ...sign]), from.port, from.address)
    }
    switch (method) {
      case 'INVITE': {
        const { invite, ring, stuck } = behaviour
        if (invite === null || ringing.has(callId)) return
        if (stuck !== undefined) {
          reply(stuck)
          ringing.set(callId, { timer: setTimeout(() => undefined, 0), give: reply })
          return
        }
        if (isQuestion(message)) return reply(404)
        if (ring === undefined) return reply(invite)
        reply(180)
        ringing.set(callId, { timer: setTimeout(() => { ringing.delete(callId); reply(invite) }, ring), give: reply })
        return
      }
      case 'CANCEL': {
        reply(200)
        const invited = ringing.get(callId)
        if (invited === undefined) return
        clearTimeout(invited.timer)
        ringing.delete(callId)
        invited.give(487)
        return
      }
      case 'OPTIONS': if (behaviour.options !== null) reply(behaviour.options); return
      case 'BYE':
      case 'UPDATE':
      case 'INFO': reply(200)
    }
  })
  t.teardown(() => { for (const { timer } of ringing.values()) clearTimeout(timer) })
  const { port } = socket.address()
  return {
    id: `127.0.0.1:${port}`, port, behaviour, heard,
    requests: (method: string): readonly SipText[] => heard.filter((message) => methodOf(message) === method && !isQuestion(message)),
    questions: (): readonly SipText[] => heard.filter((message) => methodOf(message) === 'INVITE' && isQuestion(message)),
    close() { socket.close() },
  }
}
export type Switch = Awaited<ReturnType<typeof openSwitch>>

export interface CallSpec {
  readonly called?: string
  readonly from?: string
  readonly headers?: readonly (readonly [string, string])[]
  readonly contentType?: string
  readonly body?: string
  /** Last change to the bytes: what no string can hold. */
  readonly mangle?: (raw: Buffer) => Buffer
}

/** A carrier's trunk: calls in to the edge. `address`: any of 127/8, so that a test has trusted and other trunks. */
export async function openTrunk(t: Test, edgePort: number, address = '127.0.0.1') {
  const heard: SipText[] = []
  const socket = await openSocket(t, address, (message, from) => {
    heard.push(message)
    if (methodOf(message) === 'BYE') socket.send(text('SIP/2.0 200 OK', message.headers.filter(([name]) => ['via', 'from', 'to', 'call-id', 'cseq'].includes(name))), from.port, from.address)
  })
  const { port } = socket.address()
  const say = (raw: string | Buffer, to = edgePort): void => { socket.send(raw, to, '127.0.0.1') }

  /** Sends an INVITE; retransmissions are the test's own business. */
  function call({ called = '110', from = '<sip:13900000001@carrier.example>', headers = [], contentType = 'application/sdp', body = SDP, mangle = (raw) => raw }: CallSpec = {}) {
    const [callId, tag, branch] = [`${id()}@carrier`, id(), `z9hG4bK${id()}`]
    const mine = (method: string, cseq: number, to = ''): readonly (readonly [string, string])[] => [
      ['Via', `SIP/2.0/UDP ${address}:${port};branch=${method === 'CANCEL' || cseq === 1 ? branch : `z9hG4bK${id()}`};rport`], ['From', `${from};tag=${tag}`], ['To', `<sip:${called}@127.0.0.1:${edgePort}>${to}`],
      ['Call-ID', callId], ['CSeq', `${cseq} ${method}`], ['Contact', `<sip:carrier@${address}:${port}>`], ['Max-Forwards', '70'],
    ]
    const responses = (): readonly SipText[] => heard.filter((message) => statusOf(message) > 0 && headerOf(message, 'call-id') === callId && (headerOf(message, 'cseq') ?? '').endsWith('INVITE'))
    const invite = text(`INVITE sip:${called}@127.0.0.1:${edgePort} SIP/2.0`, [...mine('INVITE', 1), ...headers, ['Content-Type', contentType]], body)
    say(mangle(Buffer.from(invite)))
    const target = (answer: SipText): { readonly uri: string; readonly port: number } => {
      const uri = /<([^>]+)>/.exec(headerOf(answer, 'contact') ?? '')?.[1] ?? ''
      return { uri, port: Number(/:(\d+)/.exec(uri.slice(4))?.[1] ?? 5060) }
    }
    /** An in-dialog request by the route set: to the first Record-Route if there is one, else straight to the other side. */
    function within(method: string, cseq: number, answer: SipText): void {
      const routes = headersOf(answer, 'record-route')
      const hop = Number(/:(\d+)/.exec(/<sip:([^>]+)>/.exec(routes[0] ?? '')?.[1] ?? '')?.[1] ?? target(answer).port)
      const to = /;\s*tag=[^;]+/.exec(headerOf(answer, 'to') ?? '')?.[0] ?? ''
      say(text(`${method} ${target(answer).uri} SIP/2.0`, [...mine(method, cseq, to).map(([name, value]) => (name === 'Via' ? [name, value.replace(branch, `z9hG4bK${id()}`)] as const : [name, value] as const)), ...routes.map((route) => ['Route', route] as const)]), hop)
    }
    return {
      callId, responses, invite,
      /** The other side hung up. */
      hungUp: (): boolean => heard.some((message) => methodOf(message) === 'BYE' && headerOf(message, 'call-id') === callId),
      repeat() { say(invite) },
      /** Its final response. */
      final: (limit?: number): Promise<SipText> => until(`the final response to ${callId}`, () => responses().find((message) => statusOf(message) >= 200), limit),
      ack(answer: SipText) { within('ACK', 1, answer) },
      bye(answer: SipText) { within('BYE', 2, answer) },
      request(method: string, cseq: number, answer: SipText) { within(method, cseq, answer) },
      cancel() { say(text(`CANCEL sip:${called}@127.0.0.1:${edgePort} SIP/2.0`, mine('CANCEL', 1))) },
      replies: (method: string): readonly SipText[] => heard.filter((message) => statusOf(message) > 0 && headerOf(message, 'call-id') === callId && (headerOf(message, 'cseq') ?? '').endsWith(method)),
    }
  }

  async function options(): Promise<number> {
    const callId = id()
    say(text(`OPTIONS sip:edge@127.0.0.1:${edgePort} SIP/2.0`, [['Via', `SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${id()};rport`], ['From', `<sip:carrier@carrier.example>;tag=${id()}`], ['To', '<sip:edge@127.0.0.1>'], ['Call-ID', callId], ['CSeq', '1 OPTIONS'], ['Contact', `<sip:carrier@${address}:${port}>`], ['Max-Forwards', '70']]))
    return statusOf(await until('the answer to OPTIONS', () => heard.find((message) => headerOf(message, 'call-id') === callId && statusOf(message) >= 200)))
  }
  return { call, options, say, heard, address, port, close() { socket.close() } }
}
export type Trunk = Awaited<ReturnType<typeof openTrunk>>
