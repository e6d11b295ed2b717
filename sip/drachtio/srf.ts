import { createRequire } from 'node:module'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

/**
 * drachtio-srf 5.0.29 as far as the edge uses it. Its own types leave out TLS, reconnection, ping and what is really returned
 * (finding D14), so these are ours, and its defects are closed here and in `link.ts`; nothing else imports it.
 */
export interface SrfRequest {
  readonly method: string
  readonly uri: string
  /** The message as drachtio wrote it out. */
  readonly raw: string
  readonly stackTxnId: string
  readonly source_address: string
  readonly source_port: number
  readonly protocol: string
  on(event: 'cancel', listener: () => void): void
  on(event: 'response', listener: (response: { readonly status: number; get(header: string): string | undefined }) => void): void
  /** Of an INVITE that was sent from here. */
  cancel(callback: () => void): void
}

export interface SrfResponse {
  readonly finalResponseSent: boolean
  send(status: number, reason: string, options: { readonly headers?: Readonly<Record<string, string>> }): void
}

export interface ProxyOptions {
  readonly destination: readonly string[]
  /** Record-Route. */
  readonly remainInDialog: boolean
  /** `1500ms`: no provisional answer until then, next target. */
  readonly provisionalTimeout: string
  readonly headers: Readonly<Record<string, string>>
}

/** One final response of a target while proxying. */
interface ProxyNews { readonly address?: string; readonly port?: string }

interface WireProtocol extends EventEmitter {
  /** The connection, from the moment it is begun: kept by `guardWire`. */
  readonly liveSocket?: Socket
  send(socket: Socket, message: string): string
}

interface Server {
  readonly pendingRequests: Map<string, (tokens: readonly string[]) => void>
  readonly authenticated: boolean
}

export interface SrfClient extends EventEmitter {
  readonly wp: WireProtocol
  readonly mapServer: Map<Socket, Server>
  /**
   * What `req.proxy` stands on. That one files a response under the wrong target when two have the same address
   * (`port ===` for `port !==` in request.js), so it cannot be used.
   */
  proxy(request: SrfRequest, options: ProxyOptions & { readonly stackTxnId: string; readonly fullResponse: true; readonly finalTimeout: string }, callback: (tokens: readonly string[], raw: string | undefined, news: ProxyNews) => void): void
}

type Handler = (request: SrfRequest, response: SrfResponse, next: () => void) => void

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly tls?: Readonly<Record<string, unknown>>
  readonly reconnect: { readonly maxAttempts: number }
}

export interface Srf extends EventEmitter {
  connect(options: ConnectOptions): void
  use(method: string, handler: Handler): void
  request(uri: string, options: { readonly method: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }, callback: (error: unknown, request?: SrfRequest) => void): void
  readonly app: { readonly client: SrfClient }
}

const require = createRequire(import.meta.url)

interface Wire { liveSocket?: Socket; mapIncomingMsg: Map<Socket, { readonly incomingMsg: Buffer }> }
interface WirePrototype {
  _onData: (this: Wire, socket: Socket, chunk: Buffer) => void
  installListeners: ((this: Wire, socket: Socket) => void) & { readonly guarded?: true }
}

/** A frame holds one SIP message; more than this without a whole frame is no frame. */
const LARGEST_FRAME = 4 * 1024 * 1024

/**
 * Finding D5: a frame without a length, an unknown kind of message or an exception of a handler is thrown inside the socket's data event,
 * which ends the process, or, where exceptions are caught, delivers the same bytes again and again. Here it ends this link and nothing else.
 * A leading `#` would be waited on for ever. A connection that is only being made is nowhere to be found in drachtio-srf: here it is kept.
 */
function guardWire(): void {
  const { prototype } = require('drachtio-srf/lib/wire-protocol') as { readonly prototype: WirePrototype }
  const { _onData, installListeners } = prototype
  if (installListeners.guarded === true) return
  prototype._onData = function onData(socket, chunk) {
    try {
      _onData.call(this, socket, chunk)
      const held = this.mapIncomingMsg.get(socket)?.incomingMsg
      if (held !== undefined && (held.length > LARGEST_FRAME || held[0] === 0x23)) throw new Error('no frame')
    } catch {
      socket.destroy(new Error('drachtio sent something that is no frame'))
    }
  }
  prototype.installListeners = Object.assign(function install(this: Wire, socket: Socket) {
    this.liveSocket = socket
    installListeners.call(this, socket)
  }, { guarded: true as const })
}

/** A fresh drachtio-srf application. */
export function makeSrf(): Srf {
  guardWire()
  const Constructor = require('drachtio-srf') as new () => Srf
  return new Constructor()
}
