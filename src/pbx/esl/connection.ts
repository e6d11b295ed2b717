import type { Socket } from 'node:net'
import modesl from 'modesl'
import { makeCodec, type EslEvent, type Frame, type Headers } from './codec.js'
import { encodeCommand, type Command } from './command.js'

/** Why a command has no reply. `lost`: the connection ended first; `deadline`: FreeSWITCH did not answer in time. */
export class EslError extends Error {
  constructor(readonly reason: 'lost' | 'deadline' | 'refused' | 'auth', detail: string) {
    super(`event socket ${reason}: ${detail}`)
    this.name = 'EslError'
  }
}

export interface Reply {
  /** True for `+OK…` and for every `api` response that does not begin with `-ERR` or `-USAGE`. */
  readonly ok: boolean
  readonly text: string
  /** Headers of a command/reply; of the channel, percent-decoded, for `connect`. */
  readonly headers: Headers | null
}

export interface ConnectionHandlers {
  readonly onEvent: (event: EslEvent) => void
  /** FreeSWITCH asks for the password (inbound mode). */
  readonly onAuthRequest?: () => void
  /** Exactly once, whatever happened; every waiting command has been settled before. */
  readonly onClose: (reason: string) => void
}

/** Deadline of a command, ms: every command we send is answered at once by FreeSWITCH's listener thread. */
const DEADLINE = 5_000
/** Bytes we may owe FreeSWITCH before the connection is taken for dead. */
const MAX_UNSENT = 4 << 20

interface Waiting { readonly api: boolean; readonly settle: (reply: Reply) => void; readonly fail: (error: EslError) => void; readonly until: number }

/**
 * One event-socket connection: modesl's Connection with everything that touches the wire replaced (reliability.md §3.1).
 * Its parser gives way to our codec (M1, M11–M13), its `send` to our encoder (M6, M7), its two callback queues and stray listeners
 * to one FIFO with deadlines (M4, M5, M8, M10), and `close`, not `end`, is the end (M2, M3).
 */
export class EslConnection extends modesl.Connection {
  readonly #socket: Socket
  readonly #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | null = null
  /** When the timer goes off, by the monotonic clock, ms. */
  #due = Infinity
  #closed = false
  #reason = 'closed by peer'
  // modesl's constructor calls back into `_onConnect` before this and the fields above exist: that does nothing.
  #handlers: ConnectionHandlers

  constructor(socket: Socket, handlers: ConnectionHandlers) {
    super(socket)
    this.#socket = socket
    this.#handlers = handlers
    // modesl's `end` listener forgets the socket and is all it knows of an end (M3); the ones before it are Node's own.
    const ending = socket.listeners('end').at(-1) as () => void
    socket.off('end', ending)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 10_000)
    const codec = makeCodec((frame) => { this.#take(frame) })
    socket.on('data', (chunk: Buffer) => { codec.push(chunk) })
    socket.on('close', () => { this.#end() })
  }

  /** modesl would attach its parser and answer `auth` by itself here. */
  protected override _onConnect(): void { /* the codec is attached by our constructor */ }
  protected override _onError(error: Error): void { this.#reason = error.message } // `close` follows
  /** modesl's way out is shut: everything is written by `request`. */
  override send(): void { /* its constructor calls this for `connect`; we send that ourselves */ }
  override sendRecv(): void { /* see send */ }
  override connected(): boolean { return !this.#over }

  /** Nothing more is read or written, even if `close` is still to come. */
  get #over(): boolean { return this.#closed || this.#socket.destroyed }

  /** Sends one command. Rejects with EslError, or CommandRefused before anything is written. */
  request(command: Command, deadline = DEADLINE): Promise<Reply> {
    return new Promise((settle, fail) => {
      const bytes = encodeCommand(command) // what it throws rejects the promise
      if (this.#over) return fail(new EslError('lost', this.#reason))
      const until = performance.now() + deadline
      this.#waiting.push({ api: command.verb === 'api', settle, fail, until })
      this.#watch(until)
      this.#write(bytes)
    })
  }

  /** Sends several commands in one write and does not wait: their replies are consumed; what was refused, by us or by FreeSWITCH, is told to `onRefused`. */
  post(commands: readonly Command[], onRefused: (text: string) => void = () => undefined): void {
    if (this.#over) return
    const bytes: Buffer[] = []
    const until = performance.now() + DEADLINE
    for (const command of commands) {
      try {
        bytes.push(encodeCommand(command))
        this.#waiting.push({ api: command.verb === 'api', settle: (reply) => { if (!reply.ok) onRefused(reply.text) }, fail: () => undefined, until })
      } catch (error) {
        onRefused((error as Error).message)
      }
    }
    if (bytes.length === 0) return
    this.#watch(until)
    this.#write(Buffer.concat(bytes))
  }

  /** Has FreeSWITCH's thread behind this socket look for events to tell now: a lone newline, which is answered by nothing (mod_event_socket.c, read_packet). */
  wake(): void { if (!this.#over && !this.#socket.writableNeedDrain) this.#socket.write('\n') }

  /** Ends the connection now; every waiting command is rejected. The first reason counts. */
  destroy(reason: string): void {
    if (this.#over) return
    this.#reason = reason
    this.#socket.destroy()
  }

  #write(bytes: Buffer): void {
    this.#socket.write(bytes)
    if (this.#socket.writableLength > MAX_UNSENT) this.destroy('FreeSWITCH does not read')
  }

  #take(frame: Frame): void {
    if (this.#over) return // what follows in the same chunk cannot be trusted
    switch (frame.type) {
      case 'event': return this.#handlers.onEvent(frame.event)
      case 'reply': return this.#answer(false, { ok: !frame.text.startsWith('-'), text: frame.text, headers: frame.headers })
      case 'api': return this.#answer(true, { ok: !/^-(ERR|USAGE)/.test(frame.body), text: frame.body, headers: null })
      case 'auth-request': return this.#handlers.onAuthRequest?.()
      case 'rude-rejection': return this.destroy('refused by FreeSWITCH’s access list')
      case 'disconnect':
        if (!frame.lingering) this.#reason = `FreeSWITCH says: ${frame.body.trim().slice(0, 80)}`
        return
      case 'other': return
      case 'broken': return this.destroy(`stream cannot be trusted: ${frame.reason}`)
    }
  }

  #answer(api: boolean, reply: Reply): void {
    const next = this.#waiting[0]
    // A reply nobody asked for is somebody else's text in our stream (F2): never guess, begin anew. Only a refused `api` is answered like another command (F7).
    if (next === undefined || (next.api !== api && !(next.api && !reply.ok))) return this.destroy('a reply that nobody asked for')
    this.#waiting.shift()
    next.settle(reply)
  }

  /** One timer for all waiting commands, set to the earliest deadline. */
  #watch(until: number): void {
    if (until >= this.#due) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#due = until
    // Judged after sockets were read: when our own loop stood still, the reply may be there already.
    this.#timer = setTimeout(() => { setImmediate(() => { this.#expire() }) }, until - performance.now())
  }

  /** A late reply could be taken for another's: the connection ends with the first one missed. */
  #expire(): void {
    if (this.#over) return
    this.#timer = null
    this.#due = Infinity
    const now = performance.now()
    const late = this.#waiting.filter(({ until }) => until <= now)
    for (const { fail } of late) fail(new EslError('deadline', 'no reply from FreeSWITCH'))
    if (late.length > 0) return this.destroy('no reply in time')
    const next = this.#waiting.reduce((earliest, { until }) => Math.min(earliest, until), Infinity)
    if (next < Infinity) this.#watch(next)
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#waiting.length > 0) {
      const lost = new EslError('lost', this.#reason)
      for (const { fail } of this.#waiting.splice(0)) fail(lost)
    }
    this.#handlers.onClose(this.#reason)
  }
}
