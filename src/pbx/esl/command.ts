import type { Word } from '../../intake/ports.js'
import { ABLE_VARIABLE, RINGING_VARIABLE } from '../variables.js'

/**
 * The only function that writes to FreeSWITCH. Commands are typed; what they carry is checked here and nowhere else
 * (reliability.md §4.1, injection map): caller text never becomes part of a command, dial string, file name or expansion.
 */
export type Command =
  | { readonly verb: 'auth'; readonly password: string }
  | { readonly verb: 'connect' }
  /** Seconds; never without a number, which means for ever (F19). */
  | { readonly verb: 'linger'; readonly seconds: number }
  | { readonly verb: 'myevents' }
  /** CUSTOM goes last: every later token is a subclass (F7). */
  | { readonly verb: 'event'; readonly names: readonly string[]; readonly custom: readonly string[] }
  /** Of what `myevents` brings, no more of what nobody reads (`UNREAD`). */
  | { readonly verb: 'nixevent' }
  | { readonly verb: 'api'; readonly call: ApiCall }
  | { readonly verb: 'bgapi'; readonly call: ApiCall; readonly jobId: string }
  /** What a leg in `eavesdrop` is to do (switch_ivr_async.c), as no key on its telephone can say it: 0 only hears, 2 is heard by the tapped leg, 3 by both. */
  | { readonly verb: 'eavesdrop'; readonly legId: string; readonly key: '0' | '2' | '3' }
  /** What one node tells the others, by this FreeSWITCH: to all who listen for it. */
  | ({ readonly verb: 'word'; readonly from: string } & Word)
  /**
   * Runs an application on a channel. `arg` goes as body (F16), so that no byte of it can become a header. What is ordered meanwhile waits for
   * its end; `open`: it is done inside it.
   */
  | { readonly verb: 'execute'; readonly callId: string; readonly application: Application; readonly arg: string; readonly eventId: string; readonly open?: boolean }

/** The subclass of a node's word to the others. */
export const WORD_EVENT = 'liandong::node'

export type ApiCall =
  | { readonly api: 'uptime' | 'version' | 'status' }
  | { readonly api: 'sofia_status' | 'callcenter_queues' }
  /** What a FreeSWITCH that died left behind lives on under its UUIDs; without such calls it does nothing. It takes its time: by `bgapi` only. */
  | { readonly api: 'sofia_recover' }
  | { readonly api: 'callcenter_agents' | 'callcenter_tiers'; readonly queue: string }
  /** Which telephones the native queue may ring. */
  | { readonly api: 'callcenter_status'; readonly agent: string; readonly status: 'Available' | 'On Break' | 'Logged Out' }
  /** One more telephone for it. FreeSWITCH keeps it in its own database: it is there after a restart. */
  | { readonly api: 'callcenter_add'; readonly agent: string }
  /** Where it rings; each telephone of the queue so long at most (sip/freeswitch/autoload_configs/callcenter.conf.xml). */
  | { readonly api: 'callcenter_contact'; readonly agent: string; readonly dial: string }
  /** It is left alone for so long after a call that it did not take, s. */
  | { readonly api: 'callcenter_delay'; readonly agent: string; readonly of: 'reject' | 'busy' | 'no_answer'; readonly seconds: number }
  | { readonly api: 'callcenter_join'; readonly queue: string; readonly agent: string }
  /** … and in which order: lower ones first. */
  | { readonly api: 'callcenter_level'; readonly queue: string; readonly agent: string; readonly level: number }
  /** Asks, and sets nothing. */
  | { readonly api: 'api_expansion' }
  | { readonly api: 'file_exists'; readonly path: string }
  | { readonly api: 'show'; readonly what: 'channels' | 'registrations' | 'modules' | 'api' | 'application' }
  | { readonly api: 'uuid_dump' | 'sched_del'; readonly uuid: string }
  | { readonly api: 'uuid_break'; readonly uuid: string }
  | { readonly api: 'uuid_kill'; readonly uuid: string; readonly cause: string }
  /** Ends this leg if it still rings (`RINGING_VARIABLE`): FreeSWITCH looks and ends in one go (switch_core_session.c, hupall), so that no talk is met. */
  | { readonly api: 'still'; readonly uuid: string }
  | { readonly api: 'uuid_setvar'; readonly uuid: string; readonly name: string; readonly value: string }
  | { readonly api: 'sched_transfer'; readonly afterSeconds: number; readonly uuid: string; readonly extension: string; readonly context: string }
  /** Transfers into our own dialplan: extension and context are settings. */
  | { readonly api: 'uuid_transfer'; readonly uuid: string; readonly extension: string; readonly context: string }
  /** The leg takes the call over from whoever talks to it. */
  | { readonly api: 'uuid_take'; readonly uuid: string; readonly call: string }
  /** Music for the citizen in place of the talk, which goes on beneath it: who is held is never unbridged. */
  | { readonly api: 'uuid_displace'; readonly uuid: string; readonly on: boolean; readonly sound: string }
  /** What this leg says is not heard. */
  | { readonly api: 'uuid_mute'; readonly uuid: string; readonly on: boolean }
  | Originate
  /** Records the caller alone into a WAV of ours; it ends by itself after silence, or after so many seconds. */
  | { readonly api: 'uuid_record'; readonly uuid: string; readonly action: 'start'; readonly path: string; readonly maxSeconds: number; readonly silence: number }
  | { readonly api: 'uuid_record'; readonly uuid: string; readonly action: 'stop'; readonly path: string }
  /** Records the talks of a citizen, he on the left, what he hears on the right. Where it runs already, nothing begins anew. */
  | { readonly api: 'uuid_record'; readonly uuid: string; readonly action: 'talk'; readonly path: string }
  | { readonly api: 'module_exists'; readonly module: string }
  | { readonly api: 'global_getvar'; readonly name: string }
  /** A node has an operator who takes calls, just now: any other number than the last one says so. No other variable can be set. */
  | { readonly api: 'able'; readonly mark: number }
  | { readonly api: 'xml_locate'; readonly section: 'dialplan' | 'configuration' | 'directory'; readonly tag: string; readonly key: string; readonly value: string }

/** A leg of ours, and what it does when it is answered. */
export type Originate = { readonly api: 'originate'; readonly variables: Readonly<Record<string, string>>; readonly dial: string } & (
  | { readonly intercept: string }
  /** Joins the talk of a leg. `rejoin`: when that leg is gone, it takes this call over, if it is still there and talks with nobody: without us. */
  | { readonly eavesdrop: string; readonly rejoin?: string }
  /** Dials on: the operator's own telephone first, then this. */
  | { readonly bridge: { readonly variables: Readonly<Record<string, string>>; readonly dial: string } }
)

/** An unknown application hangs the citizen up (F15): only these can be named. */
export type Application = 'playback' | 'endless_playback' | 'play_and_get_digits' | 'set' | 'detect_speech'
const APPLICATIONS: ReadonlySet<string> = new Set<Application>(['playback', 'endless_playback', 'play_and_get_digits', 'set', 'detect_speech'])

/** What `myevents` brings (mod_event_socket.c, parse_command) and nobody reads: more than half of a call's events, of some five thousand characters each. */
const UNREAD = 'CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY CHANNEL_EXECUTE CHANNEL_ORIGINATE CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE CHANNEL_UUID DTMF NOTALK TALK'

/** The command would have carried something that FreeSWITCH reads as more than text. */
export class CommandRefused extends Error {
  constructor(readonly field: string, readonly reason: string) {
    super(`refused to send ${field}: ${reason}`)
    this.name = 'CommandRefused'
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** A channel's id as we can name it in a command. */
export const isUuid = (text: string): boolean => UUID.test(text)
const WORD = /^[A-Za-z0-9_.:-]{1,64}$/
/** C0, DEL, C1 and the two Unicode line ends: FreeSWITCH splits at `\r` and `\n`; the others have no business in a command. */
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/
/** A dial string made by us from a setting and an extension: no bracket, comma, pipe, quote or blank. */
const DIAL = /^[A-Za-z0-9_.%@/:-]{1,128}$/
/** Inside `{…}`: no comma, bracket, quote or `^` escapes. Blanks only in the middle of a quoted value: FreeSWITCH strips them at its ends. */
const VARIABLE_VALUE = /^[A-Za-z0-9_.:+*#@-]{0,128}$/
const QUOTED_VALUE = /^(?! )[A-Za-z0-9_.:+\/ -]{1,256}(?<! )$/
/** An argument longer than this is no argument of ours; FreeSWITCH ends the connection at 16 MB (MAX_CONTENT_LENGTH). */
const MAX_TEXT = 64 << 10

const QUEUE = /^[A-Za-z0-9_.@-]{1,64}$/
/** A sound or a recording in an API whose words are separated by blanks. */
const SOUND = /^(local_stream:\/\/)?[A-Za-z0-9_./-]{1,200}$/
/** An absolute path out of a setting or a flow directory. */
const PATH = /^\/[\p{L}\p{M}\p{N} _.,+@/-]{1,512}$/u

/** Where a message or a recording goes: a directory out of the settings, and a name made of a UUID only. */
const WAV = /^\/(?:[A-Za-z0-9_.-]{1,64}\/){1,16}[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.wav$/

/** Of one node. */
const MOST_OPERATORS = 10_000

/** Longest directory of recordings: with a UUID it still goes into a variable of a leg. */
const LONGEST_DIRECTORY = 150
/** The file of this recording, as a command can name it; null where FreeSWITCH could not be told of the directory. */
export function recordingFile(directory: string, id: string): string | null {
  const path = `${directory}/${id}.wav`
  return directory.length <= LONGEST_DIRECTORY && WAV.test(path) && !path.split('/').includes('..') ? path : null
}

/** This sound, as a leg's variable can name it; null where FreeSWITCH could not be told of it. */
export const legSound = (path: string): string | null => (path.startsWith('/') && SOUND.test(path) ? path : null)

function need(pattern: RegExp, field: string, value: string): string {
  if (!pattern.test(value)) throw new CommandRefused(field, 'unexpected characters')
  return value
}
const uuid = (value: string, field = 'uuid'): string => need(UUID, field, value)
const word = (value: string, field: string): string => need(WORD, field, value)

/** Text of which every character arrives as it is: nothing in it is split, replaced or cut off on the way. */
function plain(value: string, field: string): string {
  if (CONTROL.test(value)) throw new CommandRefused(field, 'control character')
  if (!value.isWellFormed()) throw new CommandRefused(field, 'lone surrogate')
  if (value.length > MAX_TEXT) throw new CommandRefused(field, 'too long')
  return value
}

/** An application's argument: FreeSWITCH expands `${…}`, removes backslashes (switch_channel.c) and takes `%[a=b]`, `%,[a=b]` for scope variables (switch_core_session.c). */
function text(value: string, field: string): string {
  if (value.includes('${')) throw new CommandRefused(field, 'variable expansion')
  if (value.includes('\\')) throw new CommandRefused(field, 'escape')
  if (/^%.?\[/.test(value)) throw new CommandRefused(field, 'scope variables')
  return plain(value, field)
}

const whole = (value: number, field: string, max: number): string => {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new CommandRefused(field, `not a whole number up to ${max}`)
  return String(value)
}

/**
 * One command → the bytes of exactly one frame, as FreeSWITCH's `read_packet` reads it.
 * @throws CommandRefused naming the field; nothing was written then.
 */
export function encodeCommand(command: Command): Buffer {
  switch (command.verb) {
    case 'auth':
      if (command.password === '') throw new CommandRefused('password', 'empty')
      return line(`auth ${plain(command.password, 'password')}`)
    case 'connect': return line(command.verb)
    case 'linger': return line(`linger ${whole(command.seconds, 'seconds', 600)}`)
    case 'myevents': return line('myevents json')
    case 'event': {
      if (command.names.includes('CUSTOM')) throw new CommandRefused('event', 'every name after CUSTOM is a subclass')
      const custom = command.custom.length === 0 ? [] : ['CUSTOM', ...command.custom]
      return line(['event', 'json', ...command.names.map((name) => need(/^[A-Z_]{2,40}$/, 'event', name)), ...custom.map((name) => word(name, 'subclass'))].join(' '))
    }
    case 'nixevent': return line(`nixevent ${UNREAD}`)
    case 'api': return line(`api ${apiText(command.call)}`)
    case 'bgapi': return line(`bgapi ${apiText(command.call)}\nJob-UUID: ${uuid(command.jobId, 'jobId')}`)
    // Into the queue of the session, which no other application of ours reads. A bridge passes COMMAND and MESSAGE on to the other side (switch_ivr_bridge.c), and this to nobody.
    case 'eavesdrop': return line(`sendevent GENERAL\nunique-id: ${uuid(command.legId, 'legId')}\neavesdrop-command: ${need(/^[023]$/, 'key', command.key)}`)
    // Nothing in it names a session, which alone would hear it then.
    case 'word': return line(`sendevent CUSTOM\nevent-subclass: ${WORD_EVENT}\nliandong-node: ${uuid(command.from, 'from')}\n${wordText(command)}`)
    case 'execute': {
      if (!APPLICATIONS.has(command.application)) throw new CommandRefused('application', 'not on the list')
      const body = Buffer.from(text(command.arg, 'arg'))
      const head = `sendmsg ${uuid(command.callId)}\ncall-command: execute\nexecute-app-name: ${command.application}\nevent-lock: ${command.open !== true}\nEvent-UUID: ${uuid(command.eventId, 'eventId')}`
      return body.length === 0 ? line(head) : Buffer.concat([line(`${head}\ncontent-type: text/plain\ncontent-length: ${body.length}`), body])
    }
  }
}

function wordText(word: Word): string {
  if ('able' in word) return `liandong-able: ${whole(word.able, 'able', MOST_OPERATORS)}\nliandong-free: ${whole(word.free, 'free', MOST_OPERATORS)}`
  return 'seated' in word ? `liandong-seated: ${uuid(word.seated, 'seated')}` : `liandong-left: ${uuid(word.left, 'left')}\nliandong-ready: ${word.ready}`
}

/** As the dialplan sets them on the citizen's channel (`recorded`): both sides, only while somebody talks with him, on in the same file. */
const TALK = 'RECORD_STEREO=true,RECORD_BRIDGE_REQ=true,RECORD_APPEND=true'

const line = (head: string): Buffer => Buffer.from(`${head}\n\n`)

function apiText(call: ApiCall): string {
  switch (call.api) {
    case 'uptime': case 'version': case 'status': return call.api
    case 'sofia_status': return 'sofia status'
    case 'sofia_recover': return 'sofia recover'
    case 'callcenter_queues': return 'callcenter_config queue list'
    case 'callcenter_agents': return `callcenter_config queue list agents ${need(QUEUE, 'queue', call.queue)}`
    case 'callcenter_tiers': return `callcenter_config queue list tiers ${need(QUEUE, 'queue', call.queue)}`
    case 'callcenter_status': return `callcenter_config agent set status ${need(QUEUE, 'agent', call.agent)} '${need(/^(?:Available|On Break|Logged Out)$/, 'status', call.status)}'`
    case 'callcenter_add': return `callcenter_config agent add ${need(QUEUE, 'agent', call.agent)} callback`
    case 'callcenter_contact': return `callcenter_config agent set contact ${need(QUEUE, 'agent', call.agent)} '[leg_timeout=10,media_timeout=20000]${need(DIAL, 'dial', call.dial)}'`
    case 'callcenter_delay': return `callcenter_config agent set ${need(/^(?:reject|busy|no_answer)$/, 'of', call.of)}_delay_time ${need(QUEUE, 'agent', call.agent)} ${whole(call.seconds, 'seconds', 60)}`
    case 'callcenter_join': return `callcenter_config tier add ${need(QUEUE, 'queue', call.queue)} ${need(QUEUE, 'agent', call.agent)} 1 1`
    case 'callcenter_level': return `callcenter_config tier set level ${need(QUEUE, 'queue', call.queue)} ${need(QUEUE, 'agent', call.agent)} ${whole(call.level, 'level', 9)}`
    case 'api_expansion': return 'fsctl api_expansion'
    case 'file_exists': return `file_exists ${need(PATH, 'path', call.path)}`
    case 'show': return `show ${call.what} as json`
    case 'uuid_dump': return `uuid_dump ${uuid(call.uuid)} json`
    case 'sched_del': return `sched_del ${uuid(call.uuid)}`
    case 'uuid_break': return `uuid_break ${uuid(call.uuid)}`
    case 'uuid_kill': return `uuid_kill ${uuid(call.uuid)} ${need(/^[A-Z_]{3,40}$/, 'cause', call.cause)}`
    // Without a condition it would end every channel there is; this one always has its own.
    case 'still': return `hupall ORIGINATOR_CANCEL ${RINGING_VARIABLE} ${uuid(call.uuid)}`
    case 'uuid_setvar': return `uuid_setvar ${uuid(call.uuid)} ${word(call.name, 'name')} ${need(VARIABLE_VALUE, 'value', call.value)}`
    case 'sched_transfer':
      return `sched_transfer +${whole(call.afterSeconds, 'afterSeconds', 3600)} ${uuid(call.uuid)} ${word(call.extension, 'extension')} XML ${word(call.context, 'context')}`
    case 'uuid_transfer': return `uuid_transfer ${uuid(call.uuid)} ${word(call.extension, 'extension')} XML ${word(call.context, 'context')}`
    case 'uuid_take': return `uuid_transfer ${uuid(call.uuid)} intercept:${uuid(call.call, 'call')} inline`
    case 'uuid_displace': return `uuid_displace ${uuid(call.uuid)} ${call.on ? 'start' : 'stop'} ${need(SOUND, 'sound', call.sound)}${call.on ? ' 0 l' : ''}`
    case 'uuid_mute': return `uuid_audio ${uuid(call.uuid)} ${call.on ? 'start read mute 1' : 'stop'}`
    case 'originate': return `originate ${dialString(call)} ${application(call)}`
    case 'uuid_record': {
      const path = need(WAV, 'path', call.path)
      if (path.split('/').includes('..')) throw new CommandRefused('path', 'leads elsewhere')
      if (call.action === 'stop') return `uuid_record ${uuid(call.uuid)} stop ${path}`
      if (call.action === 'talk') return `uuid_record ${uuid(call.uuid)} start ${path} 0 {${TALK}}`
      const silence = whole(call.silence, 'silence', 60_000)
      return `uuid_record ${uuid(call.uuid)} start ${path} ${whole(call.maxSeconds, 'maxSeconds', 600)} {RECORD_READ_ONLY=true,RECORD_STEREO=false,RECORD_BRIDGE_REQ=false,RECORD_APPEND=false,RECORD_INITIAL_TIMEOUT_MS=${silence},RECORD_FINAL_TIMEOUT_MS=${silence}}`
    }
    case 'module_exists': return `module_exists ${word(call.module, 'module')}`
    case 'able': return `global_setvar ${ABLE_VARIABLE}=${whole(call.mark, 'mark', Number.MAX_SAFE_INTEGER)}`
    case 'global_getvar': return `global_getvar ${word(call.name, 'name')}`
    case 'xml_locate': return `xml_locate ${call.section} ${word(call.tag, 'tag')} ${word(call.key, 'key')} ${word(call.value, 'value')}`
  }
}

function dialString({ variables, dial }: { readonly variables: Readonly<Record<string, string>>; readonly dial: string }): string {
  if (dial.includes(':_:')) throw new CommandRefused('dial', 'several destinations')
  const list = Object.entries(variables).map(([name, value]) => `${word(name, 'variable')}=${variable(name, value)}`)
  return `{${list.join(',')}}${need(DIAL, 'dial', dial)}`
}

function application(call: Originate): string {
  if ('intercept' in call) return `&intercept(${uuid(call.intercept, 'intercept')})`
  if ('bridge' in call) return `&bridge(${dialString(call.bridge)})`
  const tapped = uuid(call.eavesdrop, 'eavesdrop')
  // The pause lets the citizen's leg come out of the bridge that has just ended. Who talks with somebody else by then is left to him; not set before, since `uuid_take` does take him out of a talk.
  return call.rejoin === undefined ? `&eavesdrop(${tapped})` : `'eavesdrop:${tapped},sleep:400,set:intercept_unbridged_only=true,intercept:${uuid(call.rejoin, 'rejoin')}' inline`
}

function variable(name: string, value: string): string {
  if (value === '') throw new CommandRefused(name, 'empty: FreeSWITCH would leave it out')
  if (VARIABLE_VALUE.test(value)) return value
  if (QUOTED_VALUE.test(value)) return `'${value}'`
  throw new CommandRefused(name, 'unexpected characters')
}
