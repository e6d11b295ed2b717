import type { Recorder } from './recording.js'
import type { Fields } from './wire.js'

export type ChannelState = 'CS_NONE' | 'CS_INIT' | 'CS_EXECUTE' | 'CS_CONSUME_MEDIA' | 'CS_HIBERNATE' | 'CS_RESET' | 'CS_SOFT_EXECUTE' | 'CS_EXCHANGE_MEDIA' | 'CS_HANGUP' | 'CS_REPORTING'
/** switch_types.h, switch_channel_state_t */
const STATE_NUMBER: Record<ChannelState, number> = { CS_INIT: 1, CS_SOFT_EXECUTE: 3, CS_EXECUTE: 4, CS_EXCHANGE_MEDIA: 5, CS_CONSUME_MEDIA: 7, CS_HIBERNATE: 8, CS_RESET: 9, CS_HANGUP: 10, CS_REPORTING: 11, CS_NONE: 13 }

/** Why a running application is cut short. */
export type Break = 'hangup' | 'intercept' | 'transfer' | 'resume' | 'break'

/** A message of `sendmsg`: its `call-command`, and what to execute. `locked`: `event-lock: true`. */
export interface Order { readonly command: string; readonly application: string; readonly argument: string; readonly eventId: string; readonly locked: boolean }

export interface Channel {
  readonly uuid: string
  readonly direction: 'inbound' | 'outbound'
  readonly name: string
  readonly variables: Map<string, string>
  readonly callerName: string
  readonly callerNumber: string
  /** What he dialled; from a transfer on, where that led. */
  destination: string
  readonly context: string
  /** Microseconds since the epoch, as FreeSWITCH counts. */
  readonly created: number
  progress: number
  progressMedia: number
  answered: number
  bridged: number
  /** The first time: a transfer begins a new profile, of no bridge yet. */
  bridgedFirst: number
  hungUp: number
  state: ChannelState
  callState: 'DOWN' | 'RINGING' | 'EARLY' | 'ACTIVE' | 'HANGUP'
  cause: string | null
  /** With whom it talks. */
  partner: Channel | null
  /** Whom its events show as the other leg: from the moment it is intercepted until it is led elsewhere, also after the talk. */
  shown: Channel | null
  /** It made the bridge, and says so when that ends. */
  leads: boolean
  /** `originate` has finished: it shows itself as an outbound call (switch_ivr_originate.c). */
  originated: boolean
  /** What runs on it: its end is told before the channel's. */
  thread: Promise<void>
  /** `current_application_response`: of the last application that set one. */
  response: string | null
  /** What runs has `event-lock`: other orders wait for its end instead of running inside it. */
  locked: boolean
  /** Reported, but not destroyed: a listener lingers. */
  over: boolean
  /** Orders of `sendmsg` that wait; at most 256 (SWITCH_EVENT_QUEUE_LEN). */
  readonly orders: Order[]
  /** Wakes whoever waits for the next order. */
  wake: () => void
  /** Cuts the running application. Null when none runs. */
  cut: ((why: Break) => void) | null
  /** Keys pressed and not read yet. */
  keys: string
  onKey: (() => void) | null
  /** What is being recorded, by path. */
  readonly recorders: Map<string, Recorder>
  /** Until when the caller spoke last; how a recording knows that he is silent. */
  spoke: number
  /** Hold music is laid over what it hears, and nobody hears it (`uuid_displace`). */
  displaced: boolean
  /** Sounds that were played over what it hears (`displace_session … m`). */
  readonly overlaid: string[]
  /** What it says is not heard (`uuid_audio … mute`). */
  muted: boolean
  /** What was sent to its session for `eavesdrop` (`sendevent`) and not read yet. */
  readonly commands: string[]
  onCommand: (() => void) | null
  /** The leg it eavesdrops on, and the last command: 0 nobody hears it, 1 the other side does, 2 the tapped leg, 3 both. */
  tap: { readonly on: Channel; key: string } | null
  /** Told of its hang-up (a state handler). It does not survive FreeSWITCH. */
  onEnd: (() => void) | null
  /** `extension context` where a transfer sends it. */
  transferTo: string | null
}

/** SWITCH_EVENT_QUEUE_LEN */
export const MAX_ORDERS = 256

/** A name that is not there is no header. */
const named = (header: string, value: string): Fields => (value === '' ? {} : { [header]: value })

/** The caller profile as FreeSWITCH prints it, with `Caller-`, `Channel-` or `Other-Leg-` in front of each name. */
export function profile(channel: Channel, prefix: string): Fields {
  const { uuid, direction, callerName, callerNumber, destination, context } = channel
  // A citizen shows whom he talks with as his caller, a leg that was answered itself; what each came with stays in `Orig-`.
  const caller = direction === 'outbound' ? (channel.originated ? channel : null) : channel.shown
  const fields: Fields = {
    [`${prefix}Direction`]: direction,
    [`${prefix}Logical-Direction`]: direction,
    ...(direction === 'inbound' ? { [`${prefix}Username`]: callerNumber, [`${prefix}Dialplan`]: 'XML' } : {}),
    ...named(`${prefix}Caller-ID-Name`, caller === null ? callerName : 'Outbound Call'),
    [`${prefix}Caller-ID-Number`]: caller === null ? callerNumber : caller.destination,
    ...named(`${prefix}Orig-Caller-ID-Name`, callerName),
    [`${prefix}Orig-Caller-ID-Number`]: callerNumber,
    [`${prefix}Network-Addr`]: '127.0.0.1',
    [`${prefix}ANI`]: callerNumber,
    [`${prefix}Destination-Number`]: destination,
    [`${prefix}Unique-ID`]: uuid,
    [`${prefix}Source`]: direction === 'inbound' ? 'mod_sofia' : 'src/switch_ivr_originate.c',
    [`${prefix}Context`]: context,
    [`${prefix}Channel-Name`]: channel.name,
  }
  if (prefix !== 'Other-Leg-') fields[`${prefix}Profile-Index`] = '1'
  const times = { 'Profile-Created': channel.created, 'Channel-Created': channel.created, 'Channel-Answered': channel.answered, 'Channel-Progress': channel.progress, 'Channel-Progress-Media': channel.progressMedia, 'Channel-Hangup': channel.hungUp, 'Channel-Transfer': 0, 'Channel-Resurrect': 0, 'Channel-Bridged': channel.bridged }
  for (const [name, time] of Object.entries(times)) fields[`${prefix}${name}-Time`] = String(time)
  fields[`${prefix}Channel-Last-Hold`] = '0'
  fields[`${prefix}Channel-Hold-Accum`] = '0'
  fields[`${prefix}Screen-Bit`] = 'true'
  fields[`${prefix}Privacy-Hide-Name`] = 'false'
  fields[`${prefix}Privacy-Hide-Number`] = 'false'
  return fields
}

/** The part of every channel event between the event's own head and its variables. */
export function channelFields(channel: Channel): Fields {
  const { direction, uuid } = channel
  return {
    'Channel-State': channel.state,
    'Channel-Call-State': channel.callState,
    'Channel-State-Number': String(STATE_NUMBER[channel.state]),
    'Channel-Name': channel.name,
    'Unique-ID': uuid,
    'Call-Direction': direction,
    'Presence-Call-Direction': direction,
    'Channel-HIT-Dialplan': String(direction === 'inbound'),
    'Channel-Call-UUID': uuid,
    'Answer-State': channel.hungUp > 0 ? 'hangup' : channel.answered > 0 ? 'answered' : channel.progressMedia > 0 ? 'early' : 'ringing',
    ...(channel.hungUp > 0 ? { 'Hangup-Cause': channel.cause ?? 'NORMAL_CLEARING' } : {}),
    'Channel-Read-Codec-Name': 'PCMA', 'Channel-Read-Codec-Rate': '8000', 'Channel-Read-Codec-Bit-Rate': '64000',
    'Channel-Write-Codec-Name': 'PCMA', 'Channel-Write-Codec-Rate': '8000', 'Channel-Write-Codec-Bit-Rate': '64000',
    ...profile(channel, 'Caller-'),
    ...(channel.shown === null ? {} : { 'Other-Type': direction === 'inbound' ? 'originator' : 'originatee', ...profile(channel.shown, 'Other-Leg-') }),
  }
}

/** Channel variables, as every channel event carries them. */
export function variableFields(channel: Channel): Fields {
  const fields: Fields = { variable_direction: channel.direction, variable_uuid: channel.uuid, variable_call_uuid: channel.uuid }
  for (const [name, value] of channel.variables) fields[`variable_${name}`] = value
  return fields
}

/** A channel as it is before its first event. */
export function makeChannel(seed: Pick<Channel, 'uuid' | 'direction' | 'name' | 'callerName' | 'callerNumber' | 'destination' | 'context' | 'created'>): Channel {
  return {
    ...seed, variables: new Map([['channel_name', seed.name], ['sip_from_user', seed.callerNumber], ['sip_network_ip', '127.0.0.1'], ['read_codec', 'PCMA'], ...(seed.direction === 'inbound' ? [['endpoint_disposition', 'RECEIVED'] as const] : [])]),
    progress: 0, progressMedia: 0, answered: 0, bridged: 0, bridgedFirst: 0, hungUp: 0, state: 'CS_INIT', callState: 'DOWN', cause: null, partner: null, shown: null, leads: false, originated: false,
    thread: Promise.resolve(), response: null, locked: false, over: false,
    orders: [], wake: () => undefined, cut: null, keys: '', onKey: null, commands: [], onCommand: null, recorders: new Map(), spoke: 0, transferTo: null, displaced: false, overlaid: [], muted: false, tap: null, onEnd: null,
  }
}
