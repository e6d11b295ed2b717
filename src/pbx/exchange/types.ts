import type { Faults } from './faults.js'
import type { Phones } from './phones.js'

/** One step of a dialplan: an application and its argument. */
export type Action = readonly [application: string, argument: string]

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
  readonly sounds?: { readonly busy: string; readonly hold: string; readonly recorded: string }
  /** Where the dialplan records talks (`liandong_recordings`); absent: it does not. */
  readonly recordings?: string
  /** Where mod_json_cdr writes; absent: it is not loaded. */
  readonly cdrDirectory?: string
  /** Numbers whose callers are let in (`served_numbers`); 110 when absent. */
  readonly serves?: (number: string) => boolean
  /** Of these, the numbers of the class "standard", where an emergency number is served as well; none when absent. */
  readonly yields?: (number: string) => boolean
  /** What it answers to commands about its configuration, which it does not have; undefined: as it always does. */
  readonly answers?: (command: string, argument: string) => string | undefined
  /** Extensions of another dialplan than ours; what is not here is ours. */
  readonly dialplan?: Readonly<Record<string, readonly Action[]>>
  /** Who may connect to the event socket (`apply-inbound-acl`); everybody when absent. */
  readonly admits?: (address: string) => boolean
  /** API commands that this connection's user may not call (`esl-allowed-api` of `userauth`). */
  readonly denies?: (command: string) => boolean
  /** How long a connection may take to its first command, ms (F17, F30). */
  readonly firstCommand?: number
  /** Events that may pile up for a connection that does not read (F9). */
  readonly maxQueue?: number
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
  /** The dialplan context that he comes in by; `citizens` when absent. */
  readonly context?: string
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
  /** Sounds that were played over what this channel hears. */
  overlaid(uuid: string): readonly string[]
  /** ms of sound in the longest of what is being recorded on this channel; 0 when nothing is. */
  recorded(uuid: string): number
  /** This telephone is put down. */
  kill(uuid: string): void
  /** Keys of this telephone. */
  press(uuid: string, keys: string): void
  /** Ends every event-socket connection at once. */
  cutLinks(): void
  /** FreeSWITCH dies and comes back: new Core-UUID; with `recover`, answered citizens come back under their UUID; with `talks`, who talked, at `recoverTalks()`. */
  restart(recover: boolean | 'talks'): Promise<void>
  /** `sofia recover`, when the event socket has been up for a while: both legs of each talk come back under their UUIDs, and are bridged again. */
  recoverTalks(): void
  /** For leak checks. */
  live(): { readonly channels: number; readonly listeners: number; readonly scheduled: number }
  close(): Promise<void>
}
