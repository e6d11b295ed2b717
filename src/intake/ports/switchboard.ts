import type { PartyMode, PartyRole } from '../../contracts/call.js'
import type { ArrivingCall } from './leg.js'
import type { SwitchEvent } from './switch-event.js'

export interface OfferRequest {
  readonly callId: string
  readonly operatorId: string
  /** UUID that the operator's leg will have. */
  readonly legId: string
  readonly extension: string
  readonly timeout: number
  /** Shown on the phone: digits only. */
  readonly callerNumber: string
}

/** A third telephone for a talk. */
export interface JoinRequest {
  readonly callId: string
  readonly legId: string
  /** The operator's leg in which it joins; with role `transfer` it takes the citizen as soon as it answers. */
  readonly tapLegId: string
  readonly role: PartyRole
  readonly mode: PartyMode
  readonly operatorId: string | null
  readonly line: string | null
  /** Extension of an operator, or the number of a line. */
  readonly number: string
  readonly timeout: number
  readonly callerNumber: string
}

/** Calls a citizen: the operator's telephone rings first. */
export interface RedialRequest {
  readonly ticketId: string
  readonly legId: string
  readonly farLegId: string
  readonly operatorId: string
  readonly extension: string
  readonly number: string
  readonly timeout: number
}

/** Another service's telephone, rung for a caller who is transferred to it. */
export interface LineRequest {
  readonly callId: string
  readonly legId: string
  /** Code of the line, and its number, from the list of lines. */
  readonly line: string
  readonly number: string
  readonly timeout: number
  readonly callerNumber: string
}

/** A waiting caller who is brought to another FreeSWITCH, by the edge. */
export interface CarryRequest extends Pick<LineRequest, 'callId' | 'legId' | 'timeout'> {
  readonly call: Pick<ArrivingCall, 'caller' | 'calledNumber' | 'location'>
}

/**
 * One telephone of the native queue, named by its extension. Of `Available` ones (mod_callcenter.c, AGENT_STATUS_CHART) those of the lower level are rung first;
 * whoever has a leg of ours is left out by FreeSWITCH itself, whether or not we live.
 */
export interface NativeAgent {
  readonly extension: string
  readonly status: 'Available' | 'On Break' | 'Logged Out'
  readonly level: number
}

/**
 * What a node tells the others of this FreeSWITCH by it, so that they hear of one another also while PostgreSQL is away: how many operators there take calls, and how many of them
 * have nobody to be offered; whose desk came up there (`seated`); whose last one went, and whether he wanted calls (`left`).
 */
export type Word = { readonly able: number; readonly free: number } | { readonly seated: string } | { readonly left: string; readonly ready: boolean }
/** `from`: a number that the other node has drawn for itself. */
export type NodeWord = Word & { readonly from: string }

/** FreeSWITCH as a whole (one inbound event socket). */
export interface Switchboard {
  /** `bgapi originate … &intercept(…)`. The outcome comes as `leg.*` events; a failed job comes as `leg.ended`. */
  offer(request: OfferRequest): void
  /** Rings a line and puts the caller through when it answers: whether it did. Never rejects; ends within the request's time and a little more. */
  transfer(request: LineRequest): Promise<boolean>
  /** The same with another FreeSWITCH, which the edge chooses: he waits there from its answer on, and here until then. */
  carry(request: CarryRequest): Promise<boolean>
  /** Ends an operator's leg. `ORIGINATOR_CANCEL`: only if nobody has lifted it, by FreeSWITCH's own look. */
  endLeg(legId: string, cause: 'ORIGINATOR_CANCEL' | 'NORMAL_CLEARING' | 'MEDIA_TIMEOUT'): void
  /** Ends the citizen's call: only by the operator's wish (V7). */
  endCall(callId: string): void
  /**
   * Renews the dead-man's switch of these waiting calls. Called from the loop that serves calls, every 1.5 s,
   * and only while it is well; nothing else may call it.
   */
  renewSwitch(callIds: readonly string[]): void
  /**
   * Takes the switch off an answered call (`sched_del`). The operator's leg does so by itself at the answer;
   * this covers a renewal that was already on the wire then and re-armed it.
   */
  clearSwitch(callId: string): void
  /** A citizen whom an operator's leg had freed from us and who is ours all the same: `socket_resume` and the switch are set again. */
  takeBack(callId: string): void
  /** Sends these waiting callers through the dialplan again: this node does not listen any more, another one does and has operators. */
  passOn(callIds: readonly string[]): void
  /** The same while this node listens: the dialplan asks the nodes in the other order then. `turned`: it did so when he came here. */
  turn(calls: readonly { readonly callId: string; readonly turned: boolean }[]): void
  /** Music for the citizen, who is not heard meanwhile. The bridge stays: our death leaves the hold as it is, and the operator's hanging up ends it. */
  hold(callId: string, on: boolean): void
  mute(legId: string, on: boolean): void
  /** Rings a third telephone. Outcome: `party.*` and `call.bridged`. */
  join(request: JoinRequest): void
  mode(legId: string, mode: PartyMode): void
  /** The leg takes the citizen from whoever talks with him; `call.bridged` says so. */
  take(legId: string, callId: string): void
  /** Back to our own dialplan: the citizen arrives again, under his own UUID. */
  requeue(callId: string): void
  redial(request: RedialRequest): void
  /** Asks FreeSWITCH what really exists (`show channels`, `uuid_dump`) and reports it as `resync`; one at a time. */
  reconcile(): void
  /**
   * `believed`: UUIDs of calls and legs that the room takes for alive. A snapshot asks after each of them by name, because `show channels`
   * reads a table that FreeSWITCH fills late (seen: 0.5 s under load); only `uuid_dump` knows that a channel is gone.
   */
  onEvent(listener: (event: SwitchEvent) => void, believed: () => readonly string[]): void
  readonly up: boolean
  /** Which FreeSWITCH it is, since its last start; null while it is not known. */
  readonly core: string | null
  /** Its dialplan, as it was read last, knows of callers who are brought from one FreeSWITCH to another; null: not known now. */
  readonly halls: boolean | null
  /**
   * Who is in the native queue, as FreeSWITCH has it; null: there is no such queue, or it was not understood. Rejects when the link falls.
   * @param expected extensions that belong there: who is missing comes in, as one who is not signed in.
   */
  nativeAgents(expected: readonly string[]): Promise<readonly NativeAgent[] | null>
  setNativeAgents(agents: readonly NativeAgent[]): void
  /** To the other nodes of this FreeSWITCH; a hint, lost while the link is down. */
  say(word: Word): void
  onWord(listener: (word: NodeWord) => void): void
  /** Somebody here takes calls, said every 2 s: by it the SIP edge knows at which FreeSWITCH a caller is answered (sip/edge.ts). */
  sayAble(): void
  /** It has this telephone registered, as far as it has told. One at a fixed address never registers. */
  hasPhone(extension: string): boolean
}

/** Practice phones: the desk's pick-up button. Absent on a real PBX. */
export interface PracticePhones {
  answer(extension: string): boolean
}
