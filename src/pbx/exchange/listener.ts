import type { Socket } from 'node:net'
import type { Channel } from './channel.js'
import { MAX_ORDERS } from './channel.js'
import { makePacketReader, type Packet } from './packets.js'
import { apiResponse, eventFrame, plainFields, reply, type Fields } from './wire.js'

export interface ListenerHost {
  readonly password: string
  readonly api: (command: string, argument: string) => Promise<string>
  readonly job: (jobId: string, command: string, argument: string) => void
  readonly newId: () => string
  readonly channel: (uuid: string) => Channel | undefined
  readonly channelData: (channel: Channel) => Fields
  readonly insecure: (what: string) => void
  readonly record: (line: string) => void
  /** Faults: what really goes out for these bytes. */
  readonly outgoing: (bytes: Buffer, write: (bytes: Buffer) => void) => void
}

/** F9: events for a listener that does not read pile up to this; then it is killed. */
const MAX_QUEUE = 100_000
/** What `myevents` subscribes to (mod_event_socket.c); everything else is asked for by name. */
const MY_EVENTS = /^(CHANNEL_|DETECTED_SPEECH$|DTMF$|NOTALK$|TALK$)/
/** F8: the listener's thread looks at its queue this often, ms; bytes that come in wake it. */
const POLL = 20

/**
 * One event-socket connection, as `listener_run` serves it: one thread reads, executes and writes, so that a reply never splits an event,
 * a blocking `api` holds everything up, and queued events go out at the next poll or after the next command.
 */
export class Listener {
  readonly names = new Set<string>()
  readonly subclasses = new Set<string>()
  /** Only events of this channel (`myevents`). */
  only: string | null = null
  lingerSeconds = 0
  closed = false
  #authed: boolean
  #queue: Fields[] = []
  #poll: NodeJS.Timeout | null = null
  #work: Promise<void> = Promise.resolve()

  constructor(readonly socket: Socket, readonly owner: Channel | null, readonly host: ListenerHost, readonly onGone: (listener: Listener) => void) {
    this.#authed = owner !== null
    socket.setNoDelay(true)
    const reader = makePacketReader((packet) => {
      host.record(`< ${packet.line}`)
      this.#work = this.#work.then(() => this.#execute(packet)).then(() => { this.#flush() })
    }, () => socket.end())
    socket.on('data', (chunk: Buffer) => { reader.push(chunk); if (chunk.length > 0) this.#wake(0) })
    socket.on('error', () => undefined)
    socket.on('close', () => { this.closed = true; this.#queue = []; if (this.#poll !== null) clearTimeout(this.#poll); onGone(this) })
    if (owner === null) this.#write(Buffer.from('Content-Type: auth/request\n\n'))
  }

  wants(event: Fields): boolean {
    if (!this.#authed) return false
    const name = event['Event-Name'] ?? ''
    if (this.only !== null) return event['Unique-ID'] === this.only && (MY_EVENTS.test(name) || this.names.has(name))
    return this.names.has('ALL') || (name === 'CUSTOM' ? this.subclasses.has(event['Event-Subclass'] ?? '') : this.names.has(name))
  }

  push(event: Fields): void {
    if (this.closed) return
    this.#queue.push(event)
    if (this.#queue.length > MAX_QUEUE) return this.kill('killed listener because of lost events')
    this.#wake(POLL)
  }

  /** `kill_listener`: a notice from another thread, perhaps in mid-frame, then the end. */
  kill(why: string): void {
    const body = `Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n${why}`
    this.#write(Buffer.from(`Content-Type: text/disconnect-notice\nContent-Disposition: disconnect\nContent-Length: ${body.length}\n\n${body}`))
    this.socket.end()
  }

  linger(channel: Channel): void {
    this.#write(Buffer.from(`Content-Type: text/disconnect-notice\nControlled-Session-UUID: ${channel.uuid}\nContent-Disposition: linger\nChannel-Name: ${channel.name}\nLinger-Time: ${this.lingerSeconds}\nContent-Length: 0\n\n`, 'latin1'))
  }

  #wake(delay: number): void {
    if (this.#poll !== null || this.closed) return
    this.#poll = setTimeout(() => { this.#poll = null; this.#flush() }, delay)
  }

  #flush(): void {
    const events = this.#queue
    if (events.length === 0) return
    this.#queue = []
    for (const event of events) this.#write(eventFrame(event))
  }

  #write(bytes: Buffer): void {
    if (this.closed) return
    this.host.outgoing(bytes, (out) => { if (!this.socket.destroyed) this.socket.write(out) })
  }

  async #execute({ line, headers, body }: Packet): Promise<void> {
    if (this.closed) return
    const space = line.indexOf(' ')
    const verb = (space < 0 ? line : line.slice(0, space)).toLowerCase()
    const rest = space < 0 ? '' : line.slice(space + 1)
    if (!this.#authed) {
      if (verb === 'auth' && rest === this.host.password) {
        this.#authed = true
        return this.#write(reply('+OK accepted'))
      }
      this.#write(reply(verb === 'auth' ? '-ERR invalid' : '-ERR command not found'))
      this.socket.end() // one try
      return
    }
    switch (verb) {
      case 'connect': {
        const { owner } = this
        if (owner === null) return this.#write(reply('-ERR command not found'))
        return this.#write(Buffer.from(`${plainFields(this.host.channelData(owner))}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`, 'latin1'))
      }
      case 'linger':
        this.lingerSeconds = rest === '' ? 600 : Number(rest)
        return this.#write(reply(`+OK will linger ${this.lingerSeconds} seconds`))
      case 'myevents':
        this.only = /^[0-9a-f-]{36}/.exec(rest)?.[0] ?? this.owner?.uuid ?? null
        return this.#write(reply('+OK Events Enabled'))
      case 'event': this.#subscribe(rest); return this.#write(reply('+OK event listener enabled json'))
      case 'noevents': this.names.clear(); this.subclasses.clear(); this.#queue = []; return this.#write(reply('+OK no longer listening for events'))
      case 'nixevent': for (const name of rest.split(' ')) this.names.delete(name); return this.#write(reply('+OK events nixed'))
      case 'exit': this.#write(reply('+OK bye')); this.socket.end(); return
      case 'api': {
        const [command = '', ...words] = rest.split(' ')
        return this.#write(apiResponse(await this.host.api(command, words.join(' '))))
      }
      case 'bgapi': {
        const jobId = headers.get('job-uuid') ?? this.host.newId()
        const [command = '', ...words] = rest.split(' ')
        this.#write(Buffer.from(`Content-Type: command/reply\nReply-Text: +OK Job-UUID: ${jobId}\nJob-UUID: ${jobId}\n\n`))
        return this.host.job(jobId, command, words.join(' '))
      }
      case 'sendmsg': return this.#write(reply(this.#sendmsg(rest === '' ? this.owner?.uuid ?? '' : rest, headers, body)))
      default: return this.#write(reply('-ERR command not found'))
    }
  }

  /** After CUSTOM every later token is a subclass (F7). */
  #subscribe(text: string): void {
    let custom = false
    for (const token of text.split(' ').slice(1)) {
      if (token === 'CUSTOM') custom = true
      else if (custom) this.subclasses.add(token)
      else this.names.add(token)
    }
  }

  #sendmsg(uuid: string, headers: ReadonlyMap<string, string>, body: string): string {
    const channel = this.host.channel(uuid)
    if (channel === undefined || channel.hungUp > 0) return `-ERR invalid session id [${uuid}]`
    if (headers.get('call-command') !== 'execute') return '-ERR invalid command'
    const application = headers.get('execute-app-name') ?? ''
    if (channel.orders.length >= MAX_ORDERS) return '-ERR memory error'
    channel.orders.push({ application, argument: body === '' ? headers.get('execute-app-arg') ?? '' : body, eventId: headers.get('event-uuid') ?? this.host.newId() })
    channel.wake()
    return '+OK'
  }
}
