import type { Socket } from 'node:net'
import { MAX_ORDERS, type Channel, type Order } from './channel.js'
import { makePacketReader, type Packet } from './packets.js'
import { makeSubscription } from './subscription.js'
import { apiResponse, eventFrame, notice, plainFields, reply, type Fields } from './wire.js'

/** What a listener needs of the exchange. */
export interface ListenerHost {
  readonly password: string
  /** API commands that the user of this connection may not call. */
  readonly denies: (command: string) => boolean
  /** ms until the first command must have come. */
  readonly firstCommand: number
  /** Events that may pile up for one listener (MAX_QUEUE_LEN). */
  readonly maxQueue: number
  readonly api: (command: string, argument: string) => Promise<string>
  readonly job: (jobId: string, owner: string | undefined, command: string, argument: string) => void
  readonly newId: () => string
  readonly channel: (uuid: string) => Channel | undefined
  readonly obey: (channel: Channel, order: Order) => Promise<unknown>
  /** An event that somebody sent, to all who want it. */
  readonly relay: (name: string, fields: Fields) => void
  readonly channelData: (channel: Channel) => Fields
  readonly insecure: (what: string) => void
  readonly record: (line: string) => void
  /** Faults: what really goes out for these bytes. */
  readonly outgoing: (bytes: Buffer, write: (bytes: Buffer) => void) => void
}

/** F9: events for a listener that does not read pile up, then they are lost; after so many lost ones it is killed (MAX_MISSED). */
const MAX_MISSED = 500
/** F8: the listener's thread looks at its queue this often, ms; bytes that come in wake it. */
const POLL = 20
const GOODBYE = 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n'
const FOREVER = -1
const NOT_FOUND = '-ERR command not found'

/**
 * One event-socket connection, as `listener_run` serves it: one thread reads, executes and writes, so that a reply never splits an event,
 * a blocking `api` holds everything up, and queued events go out at the next poll or after the next command.
 */
export class Listener {
  closed = false
  readonly #subscription = makeSubscription()
  /** s; null: not asked for. */
  #linger: number | null = null
  /** `resume` was said: no variable takes that back (LFLAG_RESUME). */
  #resumes = false
  #authed: boolean
  #connected = false
  #ending = false
  #queue: Fields[] = []
  #lost = 0
  #timers = new Set<NodeJS.Timeout>()
  #polling: { readonly at: number; readonly timer: NodeJS.Timeout } | null = null
  #work: Promise<void> = Promise.resolve()
  #first: NodeJS.Timeout | null

  constructor(readonly socket: Socket, readonly owner: Channel | null, readonly host: ListenerHost, readonly onGone: (listener: Listener) => void, readonly onConnected: () => void = () => undefined) {
    this.#authed = owner !== null
    socket.setNoDelay(true)
    const reader = makePacketReader((packet) => {
      host.record(`< ${packet.line}`)
      this.#work = this.#work.then(() => this.#take(packet)).then(() => { this.#flush() })
    }, () => { this.#disconnect() })
    socket.on('data', (chunk: Buffer) => { reader.push(chunk); this.#wake(0) })
    socket.on('drain', () => { this.#flush() })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.closed = true
      this.#queue = []
      for (const timer of this.#timers) clearTimeout(timer)
      onGone(this)
    })
    this.#first = this.#after(host.firstCommand, () => { this.#disconnect() })
    if (owner === null) this.#write(Buffer.from('Content-Type: auth/request\n\n'))
  }

  /** `apply-inbound-acl` does not know the address (listener_run). */
  static reject(socket: Socket): void {
    const body = 'Access Denied, go away.\n'
    socket.on('error', () => undefined)
    socket.end(`Content-Type: text/rude-rejection\nContent-Length: ${body.length}\n\n${body}${notice(null, GOODBYE)}`)
  }

  /** Whether an event of this name on this channel has any chance, before it is built. */
  couldWant(name: string, uuid: string): boolean { return this.#authed && !this.#ending && this.#subscription.couldWant(name, uuid) }
  wants(event: Fields): boolean { return this.#authed && !this.#ending && this.#subscription.wants(event) }

  push(event: Fields): void {
    if (this.closed || this.#ending) return
    if (this.#queue.length < this.host.maxQueue) {
      this.#lost = 0
      this.#queue.push(event)
      return this.#wake(POLL)
    }
    this.#lost += 1
    if (this.#lost > MAX_MISSED) this.kill('killed listener because of lost events\n')
  }

  /** `kill_listener`: a notice from another thread, perhaps in mid-frame, then the end. */
  kill(why: string): void {
    this.#write(Buffer.from(notice(this.owner?.uuid ?? null, why)))
    this.#ending = true
    this.socket.end()
  }

  get resumes(): boolean { return this.#resumes }
  get lingers(): boolean { return this.#linger !== null }

  /** Its channel is over. It lingers if it asked to; else it is closed at once, and what comes after CHANNEL_HANGUP is lost (F19). */
  down(): void {
    const { owner } = this
    if (owner === null || this.closed || this.#ending) return
    this.#flush()
    const seconds = this.#linger
    if (seconds === null) return this.#disconnect()
    this.#write(Buffer.from(`Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${owner.uuid}\nContent-Disposition: linger\nChannel-Name: ${owner.name}\nLinger-Time: ${seconds}\nContent-Length: 0\n\n`, 'latin1'))
    // The clock has whole seconds, and must have passed that one.
    if (seconds !== FOREVER) this.#after(seconds * 1000 + (1000 - Date.now() % 1000), () => { this.#disconnect() })
  }

  #after(ms: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => { this.#timers.delete(timer); act() }, ms)
    this.#timers.add(timer)
    return timer
  }

  #wake(delay: number): void {
    const at = performance.now() + delay
    if (this.closed || (this.#polling !== null && this.#polling.at <= at)) return
    if (this.#polling !== null) {
      clearTimeout(this.#polling.timer)
      this.#timers.delete(this.#polling.timer)
    }
    this.#polling = { at, timer: this.#after(delay, () => { this.#polling = null; this.#flush() }) }
  }

  #flush(): void {
    // Blocked in the middle of a write: the rest waits (switch_socket_send).
    let sent = 0
    while (sent < this.#queue.length && !this.socket.writableNeedDrain) {
      const event = this.#queue[sent]
      sent += 1
      if (event !== undefined) this.#write(eventFrame(event, this.#subscription.format))
    }
    this.#queue.splice(0, sent)
  }

  #write(bytes: Buffer): void {
    if (this.closed || this.#ending) return
    this.host.outgoing(bytes, (out) => { if (!this.socket.destroyed) this.socket.write(out) })
  }

  /** `send_disconnect`, and the end. */
  #disconnect(): void {
    this.#queue = []
    this.kill(GOODBYE)
  }

  async #take(packet: Packet): Promise<void> {
    if (this.closed || this.#ending) return
    if (this.#first !== null) { clearTimeout(this.#first); this.#timers.delete(this.#first) }
    const first = this.#first !== null
    this.#first = null
    if (!this.#authed) {
      // One try.
      this.#authed = packet.line === `auth ${this.host.password}`
      this.#write(reply(this.#authed ? '+OK accepted' : packet.line.startsWith('auth ') ? '-ERR invalid' : NOT_FOUND))
      if (!this.#authed) this.#disconnect()
      return
    }
    const answer = await this.#execute(packet)
    // What the first command on a socket that FreeSWITCH opened says is never sent (listener_run); `connect` writes by itself.
    if (answer !== null && !(first && this.owner !== null)) this.#write(reply(answer))
    if (/^(exit|\.\.\.)/i.test(packet.line)) this.#disconnect()
    if (this.owner !== null && this.#connected) { this.#connected = false; this.onConnected() }
  }

  /** `parse_command`. Null: it has written its answer itself. */
  async #execute({ line, headers, body }: Packet): Promise<string | null> {
    const space = line.indexOf(' ')
    const verb = (space < 0 ? line : line.slice(0, space)).toLowerCase()
    const rest = space < 0 ? '' : line.slice(space + 1)
    const { owner } = this
    switch (verb) {
      case 'exit': case '...': return '+OK bye'
      case 'connect':
        if (owner === null) return NOT_FOUND
        this.#connected = true
        this.#write(Buffer.from(`${plainFields(this.host.channelData(owner))}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`, 'latin1'))
        return null
      case 'resume':
        if (owner === null) return NOT_FOUND
        this.#resumes = true
        owner.variables.set('socket_resume', 'true')
        return '+OK'
      case 'linger':
        if (owner === null) return '-ERR not controlling a session'
        this.#linger = rest === '' ? FOREVER : Number.parseInt(rest, 10) || 0
        return this.#linger === FOREVER ? '+OK will linger' : `+OK will linger ${this.#linger} seconds`
      case 'nolinger':
        if (owner === null) return '-ERR not controlling a session'
        this.#linger = null
        return '+OK will not linger'
      case 'myevents': return owner === null && rest === '' ? NOT_FOUND : this.#subscription.mine(rest, owner?.uuid ?? null)
      case 'event': return this.#subscription.add(rest)
      case 'nixevent': return this.#subscription.remove(rest)
      case 'noevents': this.#queue = []; return this.#subscription.clear()
      case 'filter': return rest === '' ? NOT_FOUND : this.#subscription.filter(rest)
      case 'api': {
        const [command = '', ...words] = rest.split(' ')
        if (this.host.denies(command)) return '-ERR permission denied'
        this.#write(apiResponse(await this.host.api(command, words.join(' '))))
        return null
      }
      case 'bgapi': {
        const [command = '', ...words] = rest.split(' ')
        if (this.host.denies(command)) return '-ERR permission denied'
        const jobId = headers.get('job-uuid') ?? this.host.newId()
        this.#write(Buffer.from(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${jobId}\nJob-UUID: ${jobId}\n\n`, 'latin1'))
        this.host.job(jobId, owner?.uuid, command, words.join(' '))
        return null
      }
      case 'sendevent': {
        // To the session that it names (switch_core_session_queue_event); what is for none goes to those who listen.
        const uuid = headers.get('unique-id')
        if (uuid === undefined) {
          const { 'event-subclass': subclass, ...fields } = Object.fromEntries(headers)
          this.host.relay(rest.trim().toUpperCase(), { ...fields, ...(subclass !== undefined && { 'Event-Subclass': subclass }) })
          return `+OK ${this.host.newId()}`
        }
        const channel = this.host.channel(uuid)
        const command = headers.get('eavesdrop-command')
        if (command !== undefined) channel?.commands.push(command)
        channel?.onCommand?.()
        return `+OK ${this.host.newId()}`
      }
      case 'sendmsg': return this.#sendmsg(rest.replace(/^ +/, '') || (headers.get('session-id') ?? ''), headers, body)
      default: return NOT_FOUND
    }
  }

  /** `+OK` means queued, whatever it asks for (F14). When the queue is full, parse_command fails and listener_run ends the connection instead of answering. */
  #sendmsg(uuid: string, headers: ReadonlyMap<string, string>, body: string): string | null {
    const channel = this.owner !== null && (uuid === '' || uuid === this.owner.uuid) ? this.owner : this.host.channel(uuid)
    if (channel === undefined) return `-ERR invalid session id [${uuid}]`
    if (channel.orders.length >= MAX_ORDERS) { this.#disconnect(); return null }
    const argument = headers.get('execute-app-arg') ?? ''
    const command = (headers.get('call-command') ?? '').toLowerCase()
    const order: Order = {
      command, application: headers.get('execute-app-name') ?? '', eventId: headers.get('event-uuid') ?? this.host.newId(), locked: /^(true|yes|on|enable|enabled|active|allow|1)$/i.test(headers.get('event-lock') ?? ''),
      argument: command === 'hangup' ? headers.get('hangup-cause') ?? '' : argument === '' && headers.get('content-type') === 'text/plain' ? body : argument,
    }
    // Whoever talks does at once what he is told (switch_ivr_bridge.c); whoever runs an application, or waits, when he comes to it.
    if (channel.partner !== null) { void this.host.obey(channel, order); return '+OK' }
    channel.orders.push(order)
    channel.wake()
    return '+OK'
  }
}
