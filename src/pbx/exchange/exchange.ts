import { randomUUID } from 'node:crypto'
import { createServer, connect, type Server } from 'node:net'
import { pause, run, type ApplicationHost } from './applications.js'
import { channelFields, makeChannel, variableFields, type Break, type Channel } from './channel.js'
import { makeEventFaults, noFaults, type Faults } from './faults.js'
import { Listener, type ListenerHost } from './listener.js'
import { makePhones, type Phones } from './phones.js'
import { startRecording } from './recording.js'
import { bytesOf, type Fields } from './wire.js'

export interface ExchangeOptions {
  readonly host?: string
  /** 0 = any free one. */
  readonly port?: number
  readonly password: string
  /** `host:port|host:port`, as in the dialplan's `socket`; may be set later. */
  readonly outbound?: string
  readonly seed?: number
  /** How much faster than real the callers' time runs (prompts, rings). */
  readonly speed?: number
  readonly heartbeat?: number
  /** What the dead-man's switch in the dialplan is set to, s. */
  readonly switchSeconds?: number
  readonly sounds?: { readonly busy: string; readonly hold: string }
  /** What it answers to commands about its configuration, which it does not have; undefined: as it always does. */
  readonly answers?: (command: string, argument: string) => string | undefined
}

export interface CallSpec {
  readonly number: string
  readonly name?: string
  /** Bytes of the display name as they are, e.g. GBK. */
  readonly nameBytes?: Buffer
  readonly verified?: boolean
  readonly lat?: number
  readonly lon?: number
  readonly place?: string
  readonly called?: string
  /** More channel variables, as a hostile caller might bring them. */
  readonly variables?: Readonly<Record<string, string>>
}

/** What the caller hears and what happens, in order. `at`: ms since the call began. */
export interface CallReport {
  readonly at: number
  readonly type: 'ringing' | 'answered' | 'hears' | 'key' | 'operator' | 'fallback' | 'silence' | 'ended'
  readonly detail: string
}

export interface PlacedCall {
  readonly callId: string
  readonly reports: readonly CallReport[]
  readonly bridgedTo: string | null
  readonly ended: boolean
  onReport(listener: (report: CallReport) => void): void
  press(keys: string): void
  /** Speaks: into a message, or to a recogniser that listens. */
  say(text: string): void
  hangUp(): void
}

export interface Exchange {
  readonly port: number
  readonly coreUuid: string
  readonly phones: Phones
  readonly faults: Faults
  /** What a real FreeSWITCH would have executed for a caller: must stay empty. */
  readonly insecurities: readonly string[]
  /** Command lines as they arrived, newest last, at most 10,000. */
  readonly transcript: readonly string[]
  placeCall(spec: CallSpec): PlacedCall
  setOutbound(hosts: string): void
  /** UUIDs of those whom this channel hears now; `music` while it is on hold. */
  hears(uuid: string): readonly string[]
  /** This telephone is put down. */
  kill(uuid: string): void
  /** Ends every event-socket connection at once. */
  cutLinks(): void
  /** FreeSWITCH dies and comes back: new Core-UUID; with `recover`, answered citizens come back under their UUID. */
  restart(recover: boolean): Promise<void>
  /** For leak checks. */
  live(): { readonly channels: number; readonly listeners: number; readonly scheduled: number }
  close(): Promise<void>
}

const FORBIDDEN = new Set(['system', 'bg_system', 'bgsystem', 'eval', 'expand', 'lua', 'curl', 'load', 'unload', 'global_setvar', 'fsctl'])
const VERSION = 'FreeSWITCH Version 1.11.2-practice (Liandong practice exchange)\n'

export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const { host = '127.0.0.1', password, speed = 1, heartbeat = 20_000, switchSeconds = 3, sounds = { busy: 'silence_stream://3000', hold: 'local_stream://hold' } } = options
  let outbound = options.outbound ?? ''
  const startedAt = Date.now()
  let random = (options.seed ?? 110) >>> 0
  const chance = (): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    return random / 4_294_967_296
  }
  const newId = (): string => randomUUID()
  let coreUuid: string = newId()
  let sequence = 500
  const channels = new Map<string, Channel>()
  const listeners = new Set<Listener>()
  /** Tasks of `sched_transfer`; the group is the channel's UUID. */
  const scheduled = new Map<string, NodeJS.Timeout>()
  const placed = new Map<string, { report(type: CallReport['type'], detail?: string): void; bridgedTo: string | null; ended: boolean }>()
  const insecurities: string[] = []
  const transcript: string[] = []
  const faults = noFaults()
  const through = makeEventFaults(faults, chance)
  const scaled = (ms: number): number => ms / speed
  const phones = makePhones(scaled)
  const micros = (): number => Date.now() * 1000 + Math.floor(chance() * 1000)
  const insecure = (what: string): void => { insecurities.push(what) }
  const report = (channel: Channel, type: CallReport['type'], detail = ''): void => { placed.get(channel.uuid)?.report(type, detail) }

  function head(name: string): Fields {
    const now = new Date()
    sequence += 1
    return {
      'Event-Name': name, 'Core-UUID': coreUuid, 'FreeSWITCH-Hostname': 'practice', 'FreeSWITCH-Switchname': 'practice', 'FreeSWITCH-IPv4': '127.0.0.1', 'FreeSWITCH-IPv6': '::1',
      'Event-Date-Local': now.toISOString().slice(0, 19).replace('T', ' '), 'Event-Date-GMT': now.toUTCString(), 'Event-Date-Timestamp': String(micros()),
      'Event-Calling-File': 'exchange.ts', 'Event-Calling-Function': 'fire', 'Event-Calling-Line-Number': '1', 'Event-Sequence': String(sequence),
    }
  }

  function send(event: Fields): void {
    for (const listener of listeners) if (listener.wants(event)) through(event, (one) => { listener.push(one) })
  }

  function fire(channel: Channel, name: string, more: Fields = {}): void {
    let wanted = false
    for (const listener of listeners) if (listener.wants({ 'Event-Name': name, 'Unique-ID': channel.uuid })) wanted = true
    if (!wanted) { sequence += 1; return } // nobody listens: the event is not built
    send({ ...head(name), ...(name.endsWith('BRIDGE') ? more : {}), ...channelFields(channel), ...variableFields(channel), ...more })
  }

  // ── Channels ───────────────────────────────────────────────────────────────────────────────────────────────

  function answer(channel: Channel): void {
    if (channel.answered > 0) return
    channel.answered = micros()
    fire(channel, 'CHANNEL_ANSWER')
    channel.callState = 'ACTIVE'
    if (channel.direction === 'inbound') report(channel, 'answered')
  }

  function hangUp(channel: Channel, cause: string): void {
    if (channel.hungUp > 0) return
    channel.hungUp = micros()
    channel.cause = cause
    channel.state = 'CS_HANGUP'
    channel.variables.set('hangup_cause', cause)
    const { partner } = channel
    channel.stopRecording?.('')
    fire(channel, 'CHANNEL_HANGUP')
    if (partner !== null && channel.direction === 'outbound') fire(channel, 'CHANNEL_UNBRIDGE', { 'Bridge-A-Unique-ID': channel.uuid, 'Bridge-B-Unique-ID': partner.uuid })
    channel.state = 'CS_REPORTING'
    channel.callState = 'HANGUP'
    fire(channel, 'CHANNEL_HANGUP_COMPLETE')
    channels.delete(channel.uuid)
    unschedule(channel.uuid)
    channel.cut?.('hangup')
    channel.wake()
    const hook = channel.variables.get('api_hangup_hook')
    if (hook !== undefined) { const [command = '', ...words] = hook.split(' '); void api(command, words.join(' ')) }
    for (const other of channels.values()) if (other.tap?.on === channel) other.cut?.('break')
    channel.tap = null
    if (partner !== null) afterBridge(partner, cause)
    report(channel, 'ended', cause)
  }

  /** switch_ivr_bridge.c: the other side of a bridge goes too, unless `transfer_after_bridge` sends it somewhere. */
  function afterBridge(channel: Channel, cause: string): void {
    const [extension = ''] = channel.variables.get('transfer_after_bridge')?.split(':') ?? []
    channel.variables.set('last_bridge_hangup_cause', cause)
    if (extension === '' || channel.hungUp > 0) return hangUp(channel, 'NORMAL_CLEARING')
    channel.variables.delete('transfer_after_bridge')
    channel.partner = null
    const call = placed.get(channel.uuid)
    if (call !== undefined) call.bridgedTo = null
    void dialplan(channel, extension)
  }

  function schedule(channel: Channel, seconds: number, extension: string, context: string): void {
    // FreeSWITCH keeps every task of the group; each fires.
    const timer = setTimeout(() => { scheduled.delete(channel.uuid); transfer(channel, extension, context) }, seconds * 1000)
    const before = scheduled.get(channel.uuid)
    if (before !== undefined) clearTimeout(before)
    scheduled.set(channel.uuid, timer)
  }

  function unschedule(uuid: string): boolean {
    const timer = scheduled.get(uuid)
    clearTimeout(timer)
    return scheduled.delete(uuid)
  }

  function transfer(channel: Channel, extension: string, context: string): void {
    if (channel.hungUp > 0) return
    channel.transferTo = `${extension} ${context}`
    const { partner } = channel
    if (partner !== null) {
      // A talk that is transferred away is over for the other side.
      channel.partner = partner.partner = null
      hangUp(partner, 'NORMAL_CLEARING')
      void dialplan(channel, extension)
    } else channel.cut?.('transfer')
    channel.wake()
  }

  const applications: ApplicationHost = {
    scaled, elapsed: (ms) => ms * speed, answer, hangUp, insecure,
    heard: (channel, sound) => { report(channel, 'hears', sound) },
    schedule, unschedule,
  }

  async function execute(channel: Channel, application: string, argument: string, eventId = newId()): Promise<Break | null> {
    const about = { Application: application, ...(argument === '' ? {} : { 'Application-Data': argument }) }
    channel.variables.set('current_application', application)
    fire(channel, 'CHANNEL_EXECUTE', { ...about, 'Application-Response': '_none_', 'Application-UUID': eventId })
    const outcome = application === 'socket' ? { response: '_none_', cut: await socket(channel, argument) }
      : application === 'callcenter' ? { response: '_none_', cut: await nativeQueue(channel) }
        : await run(applications, channel, application, argument)
    if (outcome === 'unknown') {
      hangUp(channel, 'DESTINATION_OUT_OF_ORDER') // F15
      return 'hangup'
    }
    if (outcome.cut !== 'hangup') fire(channel, 'CHANNEL_EXECUTE_COMPLETE', { ...about, 'Application-Response': outcome.response, 'Application-UUID': eventId })
    return outcome.cut
  }

  /** The dialplan that we ship (`sip/freeswitch/dialplan/citizens.xml`), as a table. */
  const DIALPLAN: Readonly<Record<string, (channel: Channel) => readonly (readonly [string, string])[]>> = {
    '110': () => [['answer', ''], ['set', 'socket_resume=true'], ['sched_transfer', `+${switchSeconds} fallback XML citizens`], ['socket', `${outbound} async full`], ['transfer', 'fallback XML citizens']],
    fallback: () => [['sched_cancel', ''], ['set', 'socket_resume=false'], ['set', 'liandong_state=fallback'], ['set', 'transfer_after_bridge=after-talk:XML:citizens'], ['answer', ''], ['callcenter', 'native'], ['playback', sounds.busy], ['transfer', 'fallback XML citizens']],
    'after-talk': ({ variables }) => (variables.get('last_bridge_hangup_cause') === 'NORMAL_CLEARING' ? [['hangup', 'NORMAL_CLEARING']] : [['transfer', '110 XML citizens']]),
    'rejoin': () => [['set', 'transfer_after_bridge=after-talk:XML:citizens'], ['stop_displace_session', sounds.hold], ['loop_playback', `+5 ${sounds.hold}`], ['transfer', '110 XML citizens']],
  }

  async function dialplan(channel: Channel, extension: string): Promise<void> {
    for (let next: string | null = extension; next !== null && isAlive(channel);) {
      const actions: readonly (readonly [string, string])[] = DIALPLAN[next]?.(channel) ?? []
      next = null
      channel.state = 'CS_EXECUTE'
      for (const [application, argument] of actions) {
        const cut = await execute(channel, application, argument)
        if (!isAlive(channel) || cut === 'intercept') return // whoever took it looks after it
        if (channel.transferTo !== null) {
          next = channel.transferTo.split(' ')[0] ?? null
          channel.transferTo = null
          break
        }
      }
      if (next === null && channel.partner === null) hangUp(channel, 'NORMAL_CLEARING')
    }
  }

  // ── The socket application ─────────────────────────────────────────────────────────────────────────────────

  async function socket(channel: Channel, argument: string): Promise<Break | null> {
    for (const target of (argument.split(' ')[0] ?? '').split('|')) {
      if (target === '' || channel.hungUp > 0) continue
      const listener = await attach(channel, target)
      if (listener === null) continue
      if (listener === 'refused') break
      const cut = await obey(channel, listener)
      if (cut !== null) return cut
      return channel.hungUp > 0 ? 'hangup' : null
    }
    return channel.transferTo !== null ? 'transfer' : null
  }

  /** Null: nobody listens there, the next host is tried. A node that accepts and closes is the end of the list (mod_event_socket.c, socket_function). */
  function attach(channel: Channel, target: string): Promise<Listener | 'refused' | null> {
    const [address = '', port = '0'] = target.split(':')
    return new Promise((resolve) => {
      const dial = connect({ host: address, port: Number(port) })
      dial.once('error', () => { clearTimeout(limit); resolve(null) })
      // FreeSWITCH waits 25 s for the first command (F17).
      let listener: Listener | null = null
      const giveUp = (): void => { dial.destroy(); resolve('refused') }
      const limit = setTimeout(giveUp, 25_000)
      channel.cut = () => { clearTimeout(limit); giveUp() }
      dial.once('connect', () => {
        listener = new Listener(dial, channel, listenerHost, gone)
        dial.once('data', () => { clearTimeout(limit); channel.cut = null; if (listener !== null) { listeners.add(listener); resolve(listener) } })
        dial.once('close', () => { clearTimeout(limit); resolve('refused') })
      })
    })
  }

  function gone(listener: Listener): void {
    listeners.delete(listener)
    const channel = listener.owner
    if (channel === null || channel.hungUp > 0) return
    channel.wake()
    if (channel.variables.get('socket_resume') !== 'true') return
    if (channel.partner === null) return channel.cut?.('resume')
    // Left on during a talk it is deadly: the channel is reset out of the bridge; the citizen stays, in silence (design.md, "The call").
    const other = channel.partner
    channel.partner = other.partner = null
    channel.state = 'CS_RESET'
    hangUp(other, 'NORMAL_CLEARING')
    report(channel, 'silence', 'the talk was torn apart')
  }

  /** Async mode: the channel is parked and does what `sendmsg` orders, one after another, until it is taken away or the socket ends (F18). */
  async function obey(channel: Channel, listener: Listener): Promise<Break | null> {
    fire(channel, 'CHANNEL_PARK')
    for (;;) {
      if (channel.hungUp > 0) return 'hangup'
      if (channel.transferTo !== null) return taken('transfer')
      const order = channel.orders.shift()
      if (order !== undefined) {
        const cut = await execute(channel, order.application, order.argument, order.eventId)
        if (cut === 'intercept' || cut === 'transfer') return taken(cut)
        continue
      }
      if (listener.closed) return taken(null)
      const cut = await new Promise<Break | null>((resolve) => {
        const wake = (why: Break | null): void => { channel.cut = null; channel.wake = () => undefined; resolve(why) }
        channel.wake = () => { wake(null) }
        channel.cut = wake
      })
      if (cut === 'intercept' || cut === 'transfer') return taken(cut)
    }
    function taken(cut: Break | null): Break | null {
      channel.orders.length = 0
      fire(channel, 'CHANNEL_UNPARK')
      return cut
    }
  }

  // ── Operators' legs ────────────────────────────────────────────────────────────────────────────────────────

  /** `originate {variables}dial &application(argument)`, or a list of applications as inline dialplan. */
  async function originate(argument: string): Promise<string> {
    const match = /^(\{[^}]*\}\S+) (?:&(\w+)\((.*)\)|'([^']*)' inline)\s*$/.exec(argument)
    if (match === null) return '-USAGE: originate <call url> <exten>|&<application_name>(<app_args>)\n'
    const [, target = '', application = '', argumentOf = '', inline] = match
    const outcome = await dialTo(target)
    if ('cause' in outcome) return `-ERR ${outcome.cause}\n`
    const steps = inline === undefined ? [[application, argumentOf] as const] : inlineSteps(inline)
    setTimeout(() => { void perform(outcome.leg, steps) }, 15)
    return `+OK ${outcome.leg.uuid}\n`
  }

  async function dialTo(text: string): Promise<{ readonly leg: Channel } | { readonly cause: string }> {
    const [, list = '', dial = ''] = /^\{([^}]*)\}(\S+)$/.exec(text) ?? []
    const variables = new Map(list.split(/,(?=[A-Za-z_])/).map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), pair.slice(at + 1).replace(/^'(.*)'$/, '$1')] as const
    }))
    const extension = /([0-9A-Za-z_-]+)(?:[@%][^/]*)?$/.exec(dial)?.[1] ?? dial
    if (phones.behaviour(extension) === 'unregistered') return { cause: 'USER_NOT_REGISTERED' }
    return callPhone(extension, variables, Number(variables.get('originate_timeout') ?? 60) * 1000)
  }

  const inlineSteps = (list: string): (readonly [string, string])[] => list.split(',').map((step) => {
    const at = step.indexOf(':')
    return [step.slice(0, at), step.slice(at + 1)] as const
  })

  /** What an operator's, guest's or supervisor's leg does once it is answered, one after another; then it hangs up. */
  async function perform(leg: Channel, steps: readonly (readonly [string, string])[]): Promise<void> {
    for (const [application, argument] of steps) {
      if (!isAlive(leg)) return
      if (application === 'intercept') return intercept(leg, argument)
      if (application === 'bridge') return dialOn(leg, argument)
      leg.state = 'CS_EXECUTE'
      if (application === 'eavesdrop') await eavesdrop(leg, argument)
      else await pause(applications, leg, Number(argument)) // `sleep`
      if (leg.transferTo !== null) {
        const inline = leg.transferTo
        leg.transferTo = null
        return perform(leg, inlineSteps(inline))
      }
    }
    hangUp(leg, 'NORMAL_CLEARING')
  }

  /** switch_ivr_eavesdrop_session: hears both sides of the tapped leg until that is gone. */
  async function eavesdrop(leg: Channel, uuid: string): Promise<void> {
    const tapped = channels.get(uuid)
    if (tapped === undefined || !isAlive(tapped)) return
    const whispers = leg.variables.get('eavesdrop_whisper_bleg') === 'true'
    leg.tap = { on: tapped, key: !whispers ? '0' : leg.variables.get('eavesdrop_whisper_aleg') === 'true' ? '3' : '2' }
    while ((await pause(applications, leg, Infinity)) === 'break' && isAlive(tapped) && leg.transferTo === null);
    leg.tap = null
  }

  /** `bridge`: the far end is rung; its refusal is the end of this leg. */
  async function dialOn(leg: Channel, argument: string): Promise<void> {
    const outcome = await dialTo(argument)
    if ('cause' in outcome) return hangUp(leg, outcome.cause)
    if (!isAlive(leg)) return hangUp(outcome.leg, 'NORMAL_CLEARING')
    bridge(leg, outcome.leg)
  }

  function callPhone(extension: string, variables: ReadonlyMap<string, string>, timeout: number): Promise<{ readonly leg: Channel } | { readonly cause: string }> {
    const leg = makeChannel({
      uuid: variables.get('origination_uuid') ?? newId(), direction: 'outbound', name: `sofia/operators/${extension}@127.0.0.1`, context: 'default',
      callerName: variables.get('origination_caller_id_name') ?? '', callerNumber: variables.get('origination_caller_id_number') ?? '', destination: extension, created: micros(),
    })
    for (const [name, value] of variables) if (!name.startsWith('origination_uuid')) leg.variables.set(name, value)
    channels.set(leg.uuid, leg)
    fire(leg, 'CHANNEL_CREATE')
    return new Promise((resolve) => {
      const ringing = {
        answer() {
          clearTimeout(timer)
          leg.cut = null
          answer(leg)
          for (const [name, value] of leg.variables) if (name.startsWith('api_on_answer')) { const [command = '', ...words] = value.split(' '); void api(command, words.join(' ')) }
          resolve({ leg })
        },
        refuse(cause: string) {
          clearTimeout(timer)
          leg.cut = null
          hangUp(leg, cause)
          resolve({ cause })
        },
      }
      const timer = setTimeout(() => { phones.still(extension, ringing); ringing.refuse('NO_ANSWER') }, scaled(timeout))
      leg.cut = () => { phones.still(extension, ringing); clearTimeout(timer); leg.cut = null; resolve({ cause: leg.cause ?? 'ORIGINATOR_CANCEL' }) }
      leg.state = 'CS_CONSUME_MEDIA'
      leg.progress = micros()
      fire(leg, 'CHANNEL_PROGRESS')
      leg.callState = 'RINGING'
      phones.ring(extension, ringing)
    })
  }

  /** switch_ivr_intercept_session: whatever the caller listens to is cut, and he talks with this leg. */
  async function intercept(leg: Channel, uuid: string): Promise<void> {
    if (leg.hungUp > 0) return
    leg.state = 'CS_EXECUTE'
    await executeIntercept(leg, uuid)
    const caller = channels.get(uuid)
    if (caller === undefined || caller.hungUp > 0) return hangUp(leg, 'NORMAL_CLEARING')
    const rival = caller.partner
    if (rival !== null) {
      rival.partner = caller.partner = null
      hangUp(rival, 'PICKED_OFF')
    }
    caller.cut?.('intercept')
    await new Promise((resolve) => setTimeout(resolve, 45))
    bridge(leg, caller)
  }

  async function executeIntercept(leg: Channel, uuid: string): Promise<void> {
    const about = { Application: 'intercept', 'Application-Data': uuid, 'Application-Response': '_none_', 'Application-UUID': newId() }
    fire(leg, 'CHANNEL_EXECUTE', about)
    fire(leg, 'CHANNEL_EXECUTE_COMPLETE', about)
    await Promise.resolve()
  }

  function bridge(leg: Channel, caller: Channel): void {
    if (caller.hungUp > 0) return hangUp(leg, 'NORMAL_CLEARING')
    if (leg.hungUp > 0) return hangUp(caller, 'NORMAL_CLEARING')
    leg.partner = caller
    caller.partner = leg
    leg.bridged = caller.bridged = micros()
    leg.state = caller.state = 'CS_SOFT_EXECUTE'
    for (const [one, other] of [[leg, caller], [caller, leg]] as const) {
      one.variables.set('bridge_uuid', other.uuid)
      one.variables.set('signal_bond', other.uuid)
    }
    fire(leg, 'CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': leg.uuid, 'Bridge-B-Unique-ID': caller.uuid })
    leg.state = caller.state = 'CS_EXCHANGE_MEDIA'
    const call = placed.get(caller.uuid)
    if (call !== undefined) call.bridgedTo = leg.destination
    report(caller, 'operator', leg.destination)
  }

  /** Stand-in for mod_callcenter: any phone that is free, one after another, until somebody answers. */
  async function nativeQueue(channel: Channel): Promise<Break | null> {
    report(channel, 'fallback')
    send({ ...head('CUSTOM'), 'Event-Subclass': 'callcenter::info', 'CC-Queue': 'native', 'CC-Action': 'member-queue-start', 'CC-Member-Session-UUID': channel.uuid, ...channelFields(channel) })
    for (let extension = 1001; channel.hungUp === 0 && channel.transferTo === null; extension = extension === 1012 ? 1001 : extension + 1) {
      const phone = String(extension)
      const busy = [...channels.values()].some((other) => other.direction === 'outbound' && other.destination === phone)
      if (busy || ['unregistered', 'no-answer', 'busy', 'reject'].includes(phones.behaviour(phone) as string)) {
        const cut = await pause(applications, channel, 100)
        if (cut !== null) return cut
        continue
      }
      report(channel, 'hears', sounds.hold)
      const cuts: Break[] = []
      channel.cut = (why) => { cuts.push(why) }
      const outcome = await callPhone(phone, new Map([['cc_agent', phone]]), 10_000)
      channel.cut = null
      const [cut] = cuts
      if (cut !== undefined) { if ('leg' in outcome) hangUp(outcome.leg, 'NORMAL_CLEARING'); return cut }
      if ('cause' in outcome) continue
      bridge(outcome.leg, channel)
      send({ ...head('CUSTOM'), 'Event-Subclass': 'callcenter::info', 'CC-Queue': 'native', 'CC-Action': 'bridge-agent-start', 'CC-Agent': phone, 'CC-Agent-UUID': outcome.leg.uuid, 'CC-Member-Session-UUID': channel.uuid, ...channelFields(outcome.leg) })
      return 'intercept'
    }
    return null
  }

  // ── APIs ───────────────────────────────────────────────────────────────────────────────────────────────────

  async function api(command: string, argument: string): Promise<string> {
    if (argument.includes('${')) insecure(`${command} ${argument}`)
    const answer = options.answers?.(command, argument)
    if (answer !== undefined) return answer
    if (FORBIDDEN.has(command)) { insecure(`${command} ${argument}`); return '-ERR not allowed\n' }
    const words = argument.split(' ')
    const [uuid = ''] = words
    const channel = channels.get(uuid)
    const missing = '-ERR No such channel!\n'
    switch (command) {
      case 'uptime': return String(Math.floor((Date.now() - startedAt) / 1000))
      case 'version': return VERSION
      case 'status': return `UP 0 years, 0 days\nFreeSWITCH (practice) is ready\n${channels.size} session(s)\n`
      case 'global_getvar': return argument === 'core_uuid' ? coreUuid : argument === 'hold_music' ? sounds.hold : ''
      case 'module_exists': return 'true'
      case 'show': return words[0] === 'channels' ? showChannels() : words[0] === 'registrations' ? '{"row_count":0}' : '{"row_count":0}'
      case 'uuid_exists': return String(channel !== undefined)
      case 'uuid_dump': return channel === undefined ? missing : JSON.stringify({ ...head('CHANNEL_DATA'), ...channelFields(channel), ...variableFields(channel) })
      case 'uuid_setvar': {
        if (channel === undefined) return missing
        const [, name = '', ...value] = words
        if (value.join(' ') === '') channel.variables.delete(name)
        else channel.variables.set(name, value.join(' '))
        return '+OK\n'
      }
      case 'uuid_displace': {
        if (channel === undefined) return '-ERR Cannot locate session!\n'
        const on = words[1] === 'start'
        if (channel.displaced === on) return on ? '-ERR Cannot displace session!\n' : '-ERR Cannot stop displace session!\n'
        channel.displaced = on
        if (on) report(channel, 'hears', words[2] ?? '')
        return '+OK Success\n'
      }
      case 'uuid_audio': if (channel === undefined) return missing; channel.muted = words[1] === 'start'; return '+OK\n'
      case 'uuid_recv_dtmf': {
        if (channel === undefined) return '-ERR Cannot locate session!\n'
        if (channel.tap !== null) channel.tap.key = words[1] ?? '0'
        return `+OK ${uuid} received DTMF ${words[1] ?? ''}.\n`
      }
      case 'uuid_getvar': return channel === undefined ? missing : channel.variables.get(words[1] ?? '') ?? '_undef_'
      case 'uuid_kill': if (channel === undefined) return missing; hangUp(channel, words[1] ?? 'NORMAL_CLEARING'); return '+OK\n'
      case 'uuid_break': if (channel === undefined) return missing; channel.cut?.('break'); return '+OK\n'
      case 'uuid_record': {
        if (channel === undefined) return '-ERR Cannot locate session!\n'
        if (words[1] === 'start') return startRecording(applications, channel, words.slice(2), (name, more) => { fire(channel, name, more) })
        const { stopRecording } = channel
        stopRecording?.('')
        return stopRecording === null ? '-ERR Cannot stop record session!\n' : '+OK Success\n'
      }
      case 'uuid_transfer': if (channel === undefined) return missing; if (words[2] === 'inline') { channel.transferTo = words[1] ?? ''; channel.cut?.('transfer'); return '+OK\n' } transfer(channel, words[1] ?? '', words[3] ?? channel.context); return '+OK\n'
      case 'sched_api': {
        const [after = '', group = '', name = '', ...rest] = words
        clearTimeout(scheduled.get(group))
        scheduled.set(group, setTimeout(() => { scheduled.delete(group); void api(name, rest.join(' ')) }, Number(after.replace('+', '')) * 1000))
        return '+OK Added: 1\n'
      }
      case 'sched_del': return unschedule(uuid) ? '+OK\n' : '-ERR no such task\n'
      case 'sched_transfer': {
        const target = channels.get(words[1] ?? '')
        if (target === undefined) return missing
        schedule(target, Number((words[0] ?? '').replace('+', '')), words[2] ?? '', words[4] ?? target.context)
        return '+OK Added: 1\n'
      }
      case 'originate': return originate(argument)
      default: return `-ERR ${command} Command not found!\n`
    }
  }

  function showChannels(): string {
    if (channels.size === 0) return '{"row_count":0}\n'
    const rows = [...channels.values()].map((one) => ({
      uuid: one.uuid, direction: one.direction, created_epoch: String(Math.floor(one.created / 1e6)), name: one.name, state: one.state, cid_name: one.callerName, cid_num: one.callerNumber,
      dest: one.destination, application: one.variables.get('current_application') ?? '', dialplan: 'XML', context: one.context, callstate: one.callState, call_uuid: one.partner?.uuid ?? '',
    }))
    return JSON.stringify({ row_count: rows.length, rows })
  }

  const listenerHost: ListenerHost = {
    password, api, newId, insecure,
    channel: (uuid) => channels.get(uuid),
    channelData: (channel) => {
      const fields = channelFields(channel)
      const prefixed = Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (name.startsWith('Caller-') ? [[`Channel-${name.slice(7)}`, value]] : [])))
      return { ...head('CHANNEL_DATA'), ...prefixed, ...fields, ...variableFields(channel) }
    },
    job(jobId, command, argument) {
      void api(command, argument).then((body) => {
        send({ ...head('BACKGROUND_JOB'), 'Job-UUID': jobId, 'Job-Command': command, ...(argument === '' ? {} : { 'Job-Command-Arg': argument }), 'Content-Length': String(body.length), _body: body })
      })
    },
    record(line) { transcript.push(line); if (transcript.length > 10_000) transcript.splice(0, 5_000) },
    outgoing(bytes, write) {
      if (faults.blackHole) return
      if (faults.cutNext) {
        faults.cutNext = false
        write(bytes.subarray(0, Math.floor(bytes.length / 2)))
        return cutLinks()
      }
      write(bytes)
    },
  }

  function cutLinks(): void { for (const listener of [...listeners]) listener.socket.resetAndDestroy() }

  let server: Server | null = null
  let port = options.port ?? 0
  async function listen(): Promise<void> {
    const mine = createServer((incoming) => { listeners.add(new Listener(incoming, null, listenerHost, gone)) })
    await new Promise<void>((resolve, reject) => { mine.once('error', reject).listen(port, host, resolve) })
    const address = mine.address()
    port = typeof address === 'object' && address !== null ? address.port : port
    server = mine
  }
  await listen()
  const beat = setInterval(() => { send({ ...head('HEARTBEAT'), 'Event-Info': 'System Ready', 'Uptime-msec': String(Date.now() - startedAt), 'Session-Count': String(channels.size), 'Idle-CPU': '90.000000' }) }, heartbeat)

  function begin(channel: Channel): void {
    channels.set(channel.uuid, channel)
    fire(channel, 'CHANNEL_CREATE')
    void dialplan(channel, channel.destination === '110' ? '110' : 'unknown')
  }

  return {
    get port() { return port }, get coreUuid() { return coreUuid },
    phones, faults, insecurities, transcript,
    setOutbound(hosts) { outbound = hosts },
    kill(uuid) { const channel = channels.get(uuid); if (channel !== undefined) hangUp(channel, 'NORMAL_CLEARING') },
    hears(uuid) {
      const channel = channels.get(uuid)
      if (channel === undefined) return []
      const tapsOn = (leg: Channel | null, keys: string): string[] => [...channels.values()].flatMap((other) => (leg !== null && other.tap?.on === leg && keys.includes(other.tap.key) ? [other.uuid] : []))
      const said = (by: Channel | null): string[] => (by === null || by.displaced || by.muted ? [] : [by.uuid])
      if (channel.tap !== null) return [...said(channel.tap.on), ...said(channel.tap.on.partner)]
      if (channel.displaced) return ['music']
      return [...said(channel.partner), ...(channel.partner?.muted === true ? [] : tapsOn(channel.partner, '3')), ...tapsOn(channel, '23')]
    },
    cutLinks,
    placeCall(spec) {
      const uuid = newId()
      const number = bytesOf(spec.number)
      const channel = makeChannel({
        uuid, direction: 'inbound', name: `sofia/citizens/${number}@127.0.0.1`, callerNumber: number, callerName: spec.nameBytes?.toString('latin1') ?? bytesOf(spec.name ?? spec.number),
        destination: spec.called ?? '110', context: 'citizens', created: micros(),
      })
      const given = { liandong_verified: spec.verified === false ? undefined : 'true', liandong_lat: spec.lat?.toFixed(6), liandong_lon: spec.lon?.toFixed(6), liandong_place: spec.place === undefined ? undefined : Buffer.from(spec.place).toString('base64url'), ...spec.variables }
      for (const [name, value] of Object.entries(given)) if (value !== undefined) channel.variables.set(name, bytesOf(value))
      const reports: CallReport[] = []
      const hearers: ((report: CallReport) => void)[] = []
      const began = Date.now()
      const mine = {
        bridgedTo: null as string | null, ended: false,
        report(type: CallReport['type'], detail = '') {
          const one = { at: Date.now() - began, type, detail }
          reports.push(one)
          if (type === 'ended') { mine.ended = true; placed.delete(uuid) }
          for (const hear of hearers) hear(one)
        },
      }
      placed.set(uuid, mine)
      mine.report('ringing', spec.called ?? '110')
      begin(channel)
      return {
        callId: uuid, reports,
        get bridgedTo() { return mine.bridgedTo },
        get ended() { return mine.ended },
        onReport(listener) { for (const one of reports) listener(one); hearers.push(listener) },
        press(keys) {
          for (const key of keys) {
            if (channel.hungUp > 0) return
            mine.report('key', key)
            channel.keys += key
            fire(channel, 'DTMF', { 'DTMF-Digit': key, 'DTMF-Duration': '2000' })
            channel.onKey?.()
          }
        },
        say(text) {
          if (channel.hungUp > 0) return
          channel.spoke = Date.now()
          if (channel.variables.get('practice_listens') === 'true') fire(channel, 'DETECTED_SPEECH', { 'Speech-Type': 'detected-speech', _body: bytesOf(JSON.stringify({ text })) })
        },
        hangUp() { hangUp(channel, channel.answered > 0 ? 'NORMAL_CLEARING' : 'ORIGINATOR_CANCEL') },
      }
    },
    async restart(recover) {
      const survivors = [...channels.values()].filter((channel) => channel.direction === 'inbound' && channel.answered > 0)
      cutLinks()
      await new Promise((resolve) => server?.close(resolve))
      for (const channel of [...channels.values()]) {
        if (recover && survivors.includes(channel)) continue
        channel.hungUp = micros()
        channels.delete(channel.uuid)
        unschedule(channel.uuid)
        channel.cut?.('hangup')
        if (channel.direction === 'inbound') report(channel, 'ended', 'FreeSWITCH died')
      }
      channels.clear()
      coreUuid = newId()
      sequence = 500
      await listen()
      if (!recover) return
      for (const old of survivors) {
        // sofia recover: the same UUID, re-INVITEd; unless it was bridged, the extension's applications run again (F25).
        old.hungUp = micros()
        old.cut?.('hangup')
        old.wake()
        unschedule(old.uuid)
        const again = makeChannel({ ...old })
        for (const [name, value] of old.variables) again.variables.set(name, value)
        again.variables.set('recovered', 'true')
        again.answered = old.answered
        again.callState = 'ACTIVE'
        begin(again)
      }
    },
    live: () => ({ channels: channels.size, listeners: listeners.size, scheduled: scheduled.size }),
    async close() {
      clearInterval(beat)
      for (const channel of [...channels.values()]) hangUp(channel, 'SYSTEM_SHUTDOWN')
      for (const timer of scheduled.values()) clearTimeout(timer)
      for (const listener of [...listeners]) listener.kill('The system is being shut down.')
      const stopping = server
      await new Promise<void>((resolve) => { if (stopping === null) resolve(); else stopping.close(() => { resolve() }); for (const listener of [...listeners]) listener.socket.destroySoon() })
    },
  }
}

/** A function, because it changes across every await. */
const isAlive = (channel: Channel): boolean => channel.hungUp === 0
