import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { WebSocket } from 'ws'
import { errorText, LiandongError, type ErrorCode } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import { ClientMessage, type ClientMessageOf, type ServerMessage } from '../contracts/ws.js'
import type { IntakeDesk } from '../intake/ports.js'
import type { People } from '../people/ports.js'
import { allowOrigin, tokenOf, type OriginList } from './session.js'
import type { Hub, HubSocket } from './hub.js'

/** Bytes a reader may owe us before he is cut off. */
const MAX_BUFFERED = 1 << 20
/** Client messages a second, in a burst of three seconds. */
const RATE = 20
const PING = 10_000
/** A desk that leaves so many pings on end unanswered counts as gone. Not so much time: while our own event loop stands still nobody is asked. */
const PATIENCE = 2
/** Close code: log in again. */
const SIGNED_OUT = 4401
/** Close code: role, unit, telephone or skills are others now; a desk comes back with them by itself. */
const OTHER_RIGHTS = 4403

/** What of `ws` is used: @fastify/websocket has a class of its own by that name. */
type Socket = Pick<WebSocket, 'readyState' | 'OPEN' | 'bufferedAmount' | 'send' | 'close' | 'terminate' | 'ping' | 'on'>

/** One check for each message type: an error then names the field of that message, not "no member of the union". */
const checks = new Map(
  (ClientMessage as unknown as { anyOf: { properties: { type: { const: string } } }[] }).anyOf.map((member) => [member.properties.type.const, Compile(member as unknown as TSchema)] as const),
)

/** Text of a websocket frame → message, or what is wrong with it and which request it was (`''` when that cannot be told). */
export function readMessage(text: string): ClientMessage | { readonly wrong: string; readonly id: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { wrong: 'not JSON', id: '' }
  }
  const { type, id: given } = (typeof value === 'object' && value !== null ? value : {}) as { type?: unknown; id?: unknown }
  const id = typeof given === 'string' ? given.slice(0, 64) : ''
  const check = typeof type === 'string' ? checks.get(type) : undefined
  if (check === undefined) return { wrong: `unknown type ${typeof type === 'string' ? JSON.stringify(type.slice(0, 64)) : typeof type}`, id }
  if (check.Check(value)) return value as ClientMessage
  const [error] = check.Errors(value)
  return { wrong: `${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}`, id }
}

export interface SocketDeps {
  readonly people: People
  readonly hub: Hub
  readonly intake: () => IntakeDesk
  readonly origins: OriginList
  readonly draining: () => boolean
  /** Between two pings, ms; also how soon a session that was revoked elsewhere ends its sockets. */
  readonly pingEvery?: number
}

/** `/ws`: authenticated by the same cookie as HTTP, from listed origins only. */
export function registerSocket(app: FastifyInstance, deps: SocketDeps): void {
  /** Sockets by session token, so that the end of a session is theirs at once. */
  const open = new Map<string, Set<Socket>>()
  deps.people.onChange((token, self) => {
    const [code, reason] = self === null ? [SIGNED_OUT, 'signed out'] as const : [OTHER_RIGHTS, 'come back as who you are now'] as const
    for (const socket of open.get(token) ?? []) socket.close(code, reason)
  })
  app.get('/ws', {
    websocket: true,
    schema: { hide: true },
    preValidation: async (request) => {
      allowOrigin(request, deps.origins, true)
      if (deps.draining()) throw new LiandongError('server.draining')
      const token = tokenOf(request)
      request.self = token === undefined ? null : await deps.people.whoIs(token)
      if (request.self === null) throw new LiandongError('auth.required')
    },
  }, (socket, request) => {
    const { self } = request
    const token = tokenOf(request)
    if (self === null || token === undefined) return socket.terminate()
    const mine = open.get(token) ?? new Set()
    open.set(token, mine.add(socket))
    socket.on('close', () => { if (mine.delete(socket) && mine.size === 0) open.delete(token) })
    serve(socket, request.raw.socket, self, token, deps)
  })
}

/** @param stream what the websocket writes to */
function serve(socket: Socket, stream: Duplex, self: Self, token: string, { people, hub, intake, pingEvery = PING }: SocketDeps): void {
  let seat: HubSocket | null = null
  let allowance = RATE * 3
  let refilledAt = performance.now()
  /** Pings since anything was heard of him. */
  let unanswered = 0
  let over = false
  let gathering = false

  /** All messages of one turn of the loop are one write to the kernel: an answer alone is three. */
  function gather(): void {
    if (gathering) return
    gathering = true
    stream.cork()
    process.nextTick(flush)
  }

  function flush(): void {
    if (!gathering) return
    gathering = false
    stream.uncork()
  }

  function isSlow(): boolean {
    // What is still being gathered nobody could have read.
    if (socket.bufferedAmount > MAX_BUFFERED) flush()
    return socket.bufferedAmount > MAX_BUFFERED
  }

  const seatFor = (tabId: string): HubSocket => ({
    self, tabId,
    write(message) {
      if (socket.readyState !== socket.OPEN) return true
      if (isSlow()) return false
      gather()
      socket.send(message, { binary: false })
      return true
    },
    close(code, reason) {
      socket.close(code, reason)
      // A reader who does not read does not read the close frame either.
      setTimeout(() => { socket.terminate() }, 1_000).unref()
    },
  })

  function look(): void {
    if (over) return
    if (unanswered >= PATIENCE) return socket.terminate()
    if (seat === null) return socket.close(1008, 'say hello first')
    unanswered += 1
    socket.ping()
    people.whoIs(token).then((still) => { if (still === null) socket.close(SIGNED_OUT, 'signed out') }, () => undefined)
  }

  // Timers come before sockets in a turn of the loop. When it stood still, the pongs and hellos of that time lie in the sockets: they are read first.
  const timer = setInterval(() => { setImmediate(look) }, pingEvery)

  socket.on('pong', () => { unanswered = 0 })
  socket.on('error', () => undefined) // `close` follows
  socket.on('close', (code: number) => {
    over = true
    clearInterval(timer)
    if (seat !== null) hub.leave(seat, code === SIGNED_OUT)
  })
  socket.on('message', (data: Buffer, binary: boolean) => {
    if (socket.readyState !== socket.OPEN) return // what was on its way when we closed
    unanswered = 0
    const now = performance.now()
    allowance = Math.min(RATE * 3, allowance + RATE * ((now - refilledAt) / 1000)) - 1
    refilledAt = now
    if (allowance < 0) {
      refuse('', 'auth.too-many', { seconds: 1 })
      return socket.close(1008, 'too many messages')
    }
    const message = binary ? { wrong: 'binary', id: '' } : readMessage(data.toString('utf8'))
    if ('wrong' in message) return refuse(message.id, 'request.invalid', { where: 'websocket', problem: message.wrong })
    if (message.type === 'hello') {
      if (seat !== null) return
      seat = seatFor(message.tabId)
      return hub.join(seat, message)
    }
    if (seat === null) return socket.close(1008, 'say hello first')
    if (message.type === 'seen') return hub.seen(seat, message.seq)
    // All that is left is done by hand, but for what a telephone in the browser says of itself.
    if (message.type !== 'phone.gone' && message.type !== 'phone.lost') people.whoIs(token, true).catch(() => undefined)
    answer(seat, message)
  })

  /** Told to this socket alone; a desk that is too slow for it is cut off by the next message of the hub. */
  function refuse(id: string, code: ErrorCode, details: Readonly<Record<string, string | number>>): void {
    const reply: ServerMessage = { type: 'refused', id, code, text: errorText(code, self.language === 'en' ? 'en' : 'zh', details) }
    if (socket.readyState === socket.OPEN && socket.bufferedAmount <= MAX_BUFFERED) socket.send(JSON.stringify(reply))
  }

  function answer(at: HubSocket, message: Exclude<ClientMessage, ClientMessageOf<'hello'> | ClientMessageOf<'seen'>>): void {
    const done = (): void => { at.write(Buffer.from(JSON.stringify({ type: 'done', id: message.id } satisfies ServerMessage))) }
    const failed = (error: unknown): void => {
      if (error instanceof LiandongError) refuse(message.id, error.code, error.details)
      else refuse(message.id, 'internal', { id: message.id })
    }
    try {
      const later = act(at, message)
      if (later === undefined) done()
      else later.then(done, failed)
    } catch (error) {
      failed(error)
    }
  }

  function act(at: HubSocket, message: Exclude<ClientMessage, ClientMessageOf<'hello'> | ClientMessageOf<'seen'>>): void | Promise<void> {
    if (message.type === 'seat.take') return hub.take(at)
    if (self.extension === undefined) throw new LiandongError('auth.forbidden', { role: self.role })
    if (!hub.isActive(at)) throw new LiandongError('seat.standby')
    const supervisor = (): string => {
      if (self.role !== 'supervisor') throw new LiandongError('call.supervisor-only')
      return self.id
    }
    switch (message.type) {
      case 'presence': return intake().setReady(self.id, message.ready)
      case 'wrap-up.end': return intake().endWrapUp(self.id)
      case 'phone.answer': return intake().answerPhone(self.id, message.callId)
      case 'phone.reject': return intake().rejectPhone(self.id, message.callId)
      case 'phone.gone': return intake().phoneGone(self.id)
      case 'phone.lost': return intake().phoneLost(self.id, message.callId)
      case 'call.hang-up': return intake().hangUp(self.id, message.callId)
      case 'call.hold': return intake().hold(self.id, message.callId, message.on)
      case 'call.mute': return intake().mute(self.id, message.callId, message.on)
      case 'call.transfer': return intake().transfer(self.id, message.callId, message.target)
      case 'call.consult': return intake().consult(self.id, message.callId, message.target)
      case 'call.conference': return intake().conference(self.id, message.callId)
      case 'call.complete': return intake().complete(self.id, message.callId)
      case 'call.drop': return intake().drop(self.id, message.callId, message.legId)
      case 'call.listen': return intake().listen(supervisor(), message.callId, message.mode)
      case 'call.take': return intake().take(supervisor(), message.callId)
      case 'call.redial': return intake().redial(self.id, message.ticketId)
    }
  }
}
