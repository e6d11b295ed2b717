import { createServer, type Server, type Socket } from 'node:net'
import { EslConnection, EslError, type Reply } from './connection.js'
import type { EslEvent } from './codec.js'

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
export interface OutboundSession {
  readonly connection: EslConnection
  /** Reply to `connect`: the channel's data. */
  readonly channel: Reply
  onEvent(listener: (event: EslEvent) => void): void
  onClose(listener: () => void): void
}

export interface OutboundServer {
  readonly port: number
  readonly connections: number
  close(): Promise<void>
}

/**
 * Where FreeSWITCH's `socket` application connects. A node that cannot serve closes at once, before any command:
 * FreeSWITCH then tries the next host or goes on with the dialplan (F17, F18).
 */
export async function startOutbound(
  settings: OutboundSettings,
  handlers: { readonly canServe: () => boolean; readonly onCall: (session: OutboundSession) => void; readonly onRefused: (why: string) => void },
): Promise<OutboundServer> {
  const { maxConnections = 2_000, greetDeadline = 3_000 } = settings
  const open = new Set<Socket>()
  const server: Server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined) // `close` follows
    const peer = socket.remoteAddress?.replace(/^::ffff:/, '') // an IPv4 peer of a dual-stack listener
    const why = peer === undefined || !settings.peers.includes(peer) ? 'peer not allowed' : open.size >= maxConnections ? 'too many calls' : handlers.canServe() ? null : 'cannot serve'
    if (why !== null) {
      handlers.onRefused(why)
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
    const early: EslEvent[] = []
    heard = (event) => early.push(event)
    const connection = new EslConnection(socket, {
      onEvent: (event) => { heard(event) },
      onClose: () => { open.delete(socket); closed = true; gone() },
    })
    try {
      // Three commands in three writes that do not wait for one another: one round trip.
      const [channel, , events] = await Promise.all([
        connection.request({ verb: 'connect' }, greetDeadline),
        connection.request({ verb: 'linger', seconds: 5 }, greetDeadline),
        connection.request({ verb: 'myevents' }, greetDeadline),
      ])
      const refused = [channel, events].find(({ ok }) => !ok)
      if (refused !== undefined) throw new EslError('refused', refused.text)
      handlers.onCall({
        connection,
        channel,
        onEvent(listener) { for (const event of early.splice(0)) listener(event); heard = listener },
        onClose(listener) { if (closed) listener(); else gone = listener },
      })
    } catch (error) {
      connection.destroy((error as Error).message)
    }
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.port, settings.host, () => { server.off('error', reject); resolve() })
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : settings.port,
    get connections() { return open.size },
    close: () => new Promise((resolve) => {
      server.close(() => { resolve() })
      for (const socket of open) socket.destroy()
    }),
  }
}
