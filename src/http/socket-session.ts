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
const DEAD = 25_000

/** One check for each message type: an error then names the field of that message, not "no member of the union". */
const checks = new Map(
  (ClientMessage as unknown as { anyOf: { properties: { type: { const: string } } }[] }).anyOf.map((member) => [member.properties.type.const, Compile(member as unknown as TSchema)] as const),
)

/** Text of a websocket frame → message, or what is wrong with it. */
export function readMessage(text: string): ClientMessage | { readonly wrong: string } {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { wrong: 'not JSON' }
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined
  const check = typeof type === 'string' ? checks.get(type) : undefined
  if (check === undefined) return { wrong: `unknown type ${JSON.stringify(type)}` }
  if (check.Check(value)) return value as ClientMessage
  const [error] = check.Errors(value)
  return { wrong: `${error?.instancePath ?? ''} ${error?.message ?? 'is wrong'}` }
}

export interface SocketDeps { readonly people: People; readonly hub: Hub; readonly intake: () => IntakeDesk; readonly origins: OriginList }

/** `/ws`: authenticated by the same cookie as HTTP, from listed origins only. */
export function registerSocket(app: FastifyInstance, deps: SocketDeps): void {
  app.get('/ws', {
    websocket: true,
    schema: { hide: true },
    preValidation: async (request) => {
      allowOrigin(request, deps.origins, true)
      const token = tokenOf(request)
      request.self = token === undefined ? null : await deps.people.whoIs(token)
      if (request.self === null) throw new LiandongError('auth.required')
    },
  }, (socket, request) => {
    const { self } = request
    if (self !== null) serve(socket, self, tokenOf(request) ?? '', deps)
  })
}

function serve(socket: WebSocket, self: Self, token: string, { people, hub, intake }: SocketDeps): void {
  let seat: HubSocket | null = null
  let allowance = RATE * 3
  let heardAt = performance.now()

  const seatFor = (tabId: string): HubSocket => ({
    self, tabId,
    write(text) {
      if (socket.readyState !== socket.OPEN) return true
      if (socket.bufferedAmount > MAX_BUFFERED) return false
      socket.send(text)
      return true
    },
    close(code, reason) {
      socket.close(code, reason)
      // A reader who does not read does not read the close frame either.
      setTimeout(() => { socket.terminate() }, 1_000).unref()
    },
  })

  const timer = setInterval(() => {
    allowance = Math.min(RATE * 3, allowance + RATE * (PING / 1000))
    if (performance.now() - heardAt > DEAD) return socket.terminate()
    socket.ping()
    people.whoIs(token).then((still) => { if (still === null) socket.close(4401, 'signed out') }, () => undefined)
  }, PING)

  socket.on('pong', () => { heardAt = performance.now() })
  socket.on('error', () => undefined) // `close` follows
  socket.on('close', () => {
    clearInterval(timer)
    if (seat !== null) hub.leave(seat)
  })
  socket.on('message', (data: Buffer, binary: boolean) => {
    heardAt = performance.now()
    allowance -= 1
    if (binary || allowance < 0) return socket.close(1008, 'too many messages')
    const message = readMessage(data.toString('utf8'))
    if ('wrong' in message) return socket.close(1008, message.wrong.slice(0, 100))
    if (message.type === 'hello') {
      if (seat !== null) return
      seat = seatFor(message.tabId)
      return hub.join(seat, { since: message.since, ...(message.epoch === undefined ? {} : { epoch: message.epoch }) })
    }
    if (seat === null) return socket.close(1008, 'say hello first')
    if (message.type === 'seen') return
    answer(seat, message)
  })

  function answer(at: HubSocket, message: Exclude<ClientMessage, ClientMessageOf<'hello'> | ClientMessageOf<'seen'>>): void {
    const tell = (reply: ServerMessage): void => { at.write(JSON.stringify(reply)) }
    try {
      act(at, message)
      tell({ type: 'done', id: message.id })
    } catch (error) {
      const code: ErrorCode = error instanceof LiandongError ? error.code : 'internal'
      const details = error instanceof LiandongError ? error.details : { id: message.id }
      tell({ type: 'refused', id: message.id, code, text: errorText(code, self.language === 'en' ? 'en' : 'zh', details) })
    }
  }

  function act(at: HubSocket, message: Exclude<ClientMessage, ClientMessageOf<'hello'> | ClientMessageOf<'seen'>>): void {
    if (message.type === 'seat.take') return hub.take(at)
    if (self.extension === undefined) throw new LiandongError('auth.forbidden', { role: self.role })
    if (!hub.isActive(at)) throw new LiandongError('seat.standby')
    switch (message.type) {
      case 'presence': return intake().setReady(self.id, message.ready)
      case 'wrap-up.end': return intake().endWrapUp(self.id)
      case 'phone.answer': return intake().answerPhone(self.id, message.callId)
      case 'phone.reject': return intake().rejectPhone(self.id, message.callId)
      case 'call.hang-up': return intake().hangUp(self.id, message.callId)
    }
  }
}
