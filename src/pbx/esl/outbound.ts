import { createServer, type Server, type Socket } from 'node:net'
import { EslConnection, EslError, type Reply } from './connection.js'
import type { EslEvent } from './codec.js'
import type { OnRefused } from './refused.js'

export interface OutboundSettings {
  readonly host: string
  readonly port: number
  /** Addresses that may connect: there is no password in this direction. */
  readonly peers: readonly string[]
  readonly maxConnections?: number
  /** FreeSWITCH must answer `connect` within this, ms. */
  readonly greetDeadline?: number
}

/** A citizen's channel under our control. */
export interface ChannelSocket {
  readonly connection: EslConnection
  onEvent(listener: (event: EslEvent) => void): void
  onClose(listener: () => void): void
}

/** A channel as it comes. Its data are read once: two hundred headers are not to live as long as the call. */
export interface OutboundSession extends ChannelSocket {
  /** Reply to `connect`. */
  readonly channel: Reply
}

export interface OutboundServer {
  readonly port: number
  readonly connections: number
  /** False while this node cannot serve. */
  readonly listening: boolean
  close(): Promise<void>
}

/** How often it is asked whether this node can serve, ms. */
const ASK = 50

/**
 * Where FreeSWITCH's `socket` application connects. A node that cannot serve does not listen: only a connect that fails makes FreeSWITCH try
 * the next host of `socket a|b` (mod_event_socket.c, socket_function). What was accepted all the same is closed before any command,
 * and the dialplan goes on (F17, F18).
 */
export async function startOutbound(
  settings: OutboundSettings,
  handlers: { readonly canServe: () => boolean; readonly onCall: (session: OutboundSession) => void; readonly onRefused: OnRefused },
): Promise<OutboundServer> {
  const { maxConnections = 2_000, greetDeadline = 3_000 } = settings
  const open = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined) // `close` follows
    const peer = socket.remoteAddress?.replace(/^::ffff:/, '') // an IPv4 peer of a dual-stack listener
    const why = peer === undefined || !settings.peers.includes(peer) ? 'peer not allowed' : open.size >= maxConnections ? 'too many calls' : handlers.canServe() ? null : 'cannot serve'
    if (why !== null) {
      handlers.onRefused(why, null)
      socket.destroy()
      return
    }
    open.add(socket)
    void greet(socket)
  })

  async function greet(socket: Socket): Promise<void> {
    let heard: (event: EslEvent) => void = () => undefined
    let gone: () => void = () => undefined
    let closed = false
    let callId: string | null = null
    const early: EslEvent[] = []
    heard = (event) => early.push(event)
    const connection = new EslConnection(socket, {
      onEvent: (event) => { heard(event) },
      onClose: () => { open.delete(socket); closed = true; gone() },
    })
    try {
      // Commands that do not wait for one another, in one write: one round trip.
      socket.cork()
      const replies = [
        connection.request({ verb: 'connect' }, greetDeadline),
        connection.request({ verb: 'linger', seconds: 5 }, greetDeadline),
        connection.request({ verb: 'myevents' }, greetDeadline),
        connection.request({ verb: 'nixevent' }, greetDeadline),
      ] as const
      socket.uncork()
      const [channel, , events] = await Promise.all(replies)
      callId = channel.headers?.get('Unique-ID') ?? null
      const refused = [channel, events].find(({ ok }) => !ok)
      if (refused !== undefined) throw new EslError('refused', refused.text)
      // We were stopped, or slow: the connection stood in the kernel's queue, and the dead-man's switch has taken him on. He is not at our socket any more.
      const where = channel.headers?.get('variable_current_application') ?? 'socket'
      if (where !== 'socket') throw new EslError('refused', `taken up too late: the call is in ${where}`)
      handlers.onCall({
        connection,
        channel,
        onEvent(listener) { for (const event of early.splice(0)) listener(event); heard = listener },
        onClose(listener) { if (closed) listener(); else gone = listener },
      })
    } catch (error) {
      handlers.onRefused((error as Error).message, callId)
      connection.destroy((error as Error).message)
    }
  }

  // What `listen` itself is given as a callback stays on the server when the try fails; here neither listener outlives its try.
  const listen = (port: number): Promise<void> => new Promise<void>((resolve, reject) => {
    const end = (error?: Error): void => {
      server.off('error', end).off('listening', listening)
      if (error === undefined) resolve()
      else reject(error)
    }
    const listening = (): void => { end() }
    server.once('error', end).once('listening', listening).listen(port, settings.host)
  })
  await listen(settings.port)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : settings.port
  let turning = false
  /** Told once, until it listens again. */
  let complained = ''
  // A listener that fails by itself must not end the process; a failed try to listen is told by that try.
  server.on('error', (error) => { if (!turning) handlers.onRefused(error.message, null) })
  const timer = setInterval(() => {
    const able = handlers.canServe()
    if (turning || able === server.listening) return
    if (!able) { server.close(); return }
    turning = true
    listen(port).then(() => { complained = '' }, (error: unknown) => {
      const why = (error as Error).message
      if (why !== complained) handlers.onRefused(why, null)
      complained = why
    }).finally(() => { turning = false })
  }, ASK)
  return {
    port,
    get connections() { return open.size },
    get listening() { return server.listening },
    async close() {
      clearInterval(timer)
      const closed = server.listening ? new Promise<void>((resolve) => { server.close(() => { resolve() }) }) : Promise.resolve()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
