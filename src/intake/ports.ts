import type { CallCard, CallerContext, CallerIdentity, CallEvent, CallState, FlowTag, PartyMode, PartyRole, QueueClass, Target } from '../contracts/call.js'
import type { CategoryCode, Language, Point } from '../contracts/primitives.js'
import type { HealthView, OperatorView, QueueView, ServerMessage } from '../contracts/ws.js'
import type { Ticket } from '../contracts/ticket.js'
import type { WaitCommand } from '../flow/types.js'

/**
 * The interfaces through which the intake reaches the world. It declares them; `pbx`, `store` and `http` implement them.
 * Nothing here blocks the call path: a promise either is not awaited there or has a deadline.
 */

// ── Telephone ────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Facts mirrored to channel variables of the citizen's leg, so that a second node or a restart goes on where this one stopped.
 * Values are our own constants and numbers only: `pbx` refuses anything else.
 */
export interface Mirror {
  /** ms since epoch when the caller first joined the queue: his seniority. */
  readonly queuedAt?: number
  readonly class?: QueueClass
  readonly category?: CategoryCode
  readonly language?: Language
  /** `name:version:node` */
  readonly flow?: string
}

/** A citizen's call as it arrives at the outbound socket. */
export interface ArrivingCall {
  readonly callId: string
  readonly caller: CallerIdentity
  readonly calledNumber: string
  readonly location?: Point
  readonly locationText?: string
  /** FreeSWITCH's time of the channel's creation, ms. */
  readonly createdAt: number
  /** The UUID came back (`sofia recover`, another node, our restart): resume, never greet again. */
  readonly recovered: boolean
  readonly mirror: Mirror
}

/** How one telephone command on the citizen's leg ended. Never rejects. */
export type LegResult =
  | { readonly type: 'played' }
  | { readonly type: 'digits'; readonly digits: string; readonly terminator?: string }
  | { readonly type: 'timeout'; readonly digits: string }
  /** ms of sound that were kept. */
  | { readonly type: 'recorded'; readonly duration: number }
  | { readonly type: 'heard'; readonly text: string }
  | { readonly type: 'failed'; readonly reason: string }
  /** The leg is gone, bridged away, or control was lost: nothing more can be done by this handle. */
  | { readonly type: 'gone' }

/** What the flow asks of the telephone; the rest is the intake's own business. */
export type LegCommand = Exclude<WaitCommand, { type: 'look-up' | 'transfer' }>

/** The citizen's leg under our control (one outbound socket). */
export interface CitizenLeg {
  readonly call: ArrivingCall
  /** Makes the sound that the flow asked for, with a deadline. `messageId`: names the file of a recording. */
  perform(command: LegCommand, messageId?: string): Promise<LegResult>
  /** Plays music while something else is done for the caller; its outcome, or that he is gone. */
  meanwhile<T>(work: Promise<T>): Promise<T | { readonly type: 'gone' }>
  /** Answers the channel if need be and plays music until something else is performed. */
  holdMusic(): void
  mirror(facts: Mirror): void
  /** Called once: socket closed, or the channel taken away from it. The call itself may live on (bridged, in the native queue) or not. */
  onClose(listener: () => void): void
  /** Lets the socket go without touching the call. */
  release(): void
}

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

/** What FreeSWITCH reports over the inbound link: hints that may be lost, doubled or late. `at` is FreeSWITCH's time, ms. */
export type SwitchEvent =
  | { readonly type: 'leg.ringing'; readonly legId: string; readonly callId: string; readonly operatorId: string; readonly at: number }
  /** The operator's leg was answered: the moment the call is answered. */
  | { readonly type: 'leg.answered'; readonly legId: string; readonly callId: string; readonly operatorId: string; readonly at: number }
  /** The operator's leg ended or never came up. `cause` is FreeSWITCH's hang-up cause. */
  | {
      readonly type: 'leg.ended'
      readonly legId: string
      readonly callId: string
      readonly operatorId: string
      readonly cause: string
      readonly at: number
      /** The leg had been answered (CHANNEL_HANGUP_COMPLETE says so): heals a lost `leg.answered`. */
      readonly answeredAt?: number
    }
  /** `answeredAt`: when the operator's leg was answered, as far as CHANNEL_BRIDGE says so; heals a lost `leg.answered`. */
  | { readonly type: 'call.bridged'; readonly callId: string; readonly legId: string; readonly at: number; readonly answeredAt?: number }
  | { readonly type: 'call.ended'; readonly callId: string; readonly cause: string; readonly at: number }
  /** The citizen pressed a key. In the flow it is the flow's. */
  | { readonly type: 'call.key'; readonly callId: string; readonly key: string; readonly at: number }
  /** The citizen left our socket for the native queue. */
  | { readonly type: 'call.fallback'; readonly callId: string; readonly at: number }
  /** A third telephone was answered, or is gone. A bridge of it with the citizen comes as `call.bridged`. */
  | { readonly type: 'party.answered'; readonly legId: string; readonly callId: string; readonly at: number }
  | { readonly type: 'party.ended'; readonly legId: string; readonly callId: string; readonly cause: string; readonly at: number }
  /** A call back: the citizen's telephone was answered, or a leg of it is gone. */
  | { readonly type: 'redial.reached'; readonly farLegId: string; readonly at: number }
  | { readonly type: 'redial.ended'; readonly legId: string; readonly cause: string; readonly at: number }
  | { readonly type: 'phone.registered'; readonly extension: string; readonly at: number }
  | { readonly type: 'phone.unregistered'; readonly extension: string; readonly at: number }
  /**
   * This is what really exists: everything else is gone. Sent after each (re)connect and each `reconcile()`. `at` is when the snapshot began, by the monotonic clock.
   * `unsure`: UUIDs of which FreeSWITCH's answer could not be read: neither alive nor gone.
   */
  | { readonly type: 'resync'; readonly calls: readonly LiveCall[]; readonly unsure?: readonly string[]; readonly at: number; readonly restarted: boolean }
  | { readonly type: 'link.down'; readonly at: number }
  /**
   * A call that came, was perhaps answered, and ended, perhaps while we were away: from its CDR file. `bridged`: citizen and operator heard each other.
   * `settled(true)` deletes the file: its facts are durable; `settled(false)` keeps it for another try.
   */
  | { readonly type: 'past'; readonly call: LiveCall; readonly endedAt: number; readonly cause: string; readonly bridged: boolean; readonly settled: (durable: boolean) => void }

/** One citizen's call found by `show channels` and `uuid_dump`. */
export interface LiveCall {
  readonly call: ArrivingCall
  /** The operator's leg bridged to it or ringing for it. */
  readonly leg?: {
    readonly legId: string
    /** From our own variable on the leg; absent when the native queue offered the call. */
    readonly operatorId?: string
    readonly extension?: string
    readonly answeredAt?: number
  }
  /** Third telephones of the talk. */
  readonly parties?: readonly LiveParty[]
  readonly onHold?: boolean
}

export interface LiveParty {
  readonly legId: string
  readonly role: PartyRole
  readonly mode: PartyMode
  readonly operatorId?: string
  readonly line?: string
  readonly number: string
  readonly createdAt: number
  readonly answeredAt?: number
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

/** FreeSWITCH as a whole (one inbound event socket). */
export interface Switchboard {
  /** `bgapi originate … &intercept(…)`. The outcome comes as `leg.*` events; a failed job comes as `leg.ended`. */
  offer(request: OfferRequest): void
  /** Rings a line and puts the caller through when it answers: whether it did. Never rejects; ends within the request's time and a little more. */
  transfer(request: LineRequest): Promise<boolean>
  /** Ends an operator's leg (cancel a ringing one, or hang up a talk). */
  endLeg(legId: string, cause: 'ORIGINATOR_CANCEL' | 'NORMAL_CLEARING' | 'LOSE_RACE'): void
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
}

/** Practice phones: the desk's pick-up and decline buttons. Absent on a real PBX. */
export interface PracticePhones {
  answer(extension: string): boolean
  reject(extension: string): boolean
}

// ── Records ──────────────────────────────────────────────────────────────────────────────────────────────────

export interface CallRecord {
  readonly callId: string
  readonly caller: CallerIdentity
  readonly calledNumber: string
  readonly location?: Point
  readonly locationText?: string
  readonly state: CallState
  readonly class: QueueClass
  readonly category?: CategoryCode
  readonly language: Language
  readonly tags: readonly FlowTag[]
  readonly path: readonly string[]
  readonly flow?: { readonly name: string; readonly version: string }
  readonly createdAt: number
  readonly queuedAt: number
  readonly answeredAt?: number
  readonly endedAt?: number
  readonly operatorId?: string
  readonly hangupCause?: string
}

/** Everything the one transaction of the answer needs. Key: `record.callId`. */
export interface TicketOpening {
  readonly record: CallRecord
  readonly operatorId: string
  /** FreeSWITCH's time, ms (V4). */
  readonly answeredAt: number
  /** The caller was gone in that instant: mark for call-back. */
  readonly callBack: boolean
  readonly place: string
  readonly callerName: string
}

/** What a caller said when nobody could answer; the file is `<messageId>.wav`. */
export interface VoiceMessage { readonly messageId: string; readonly callId: string; readonly begunAt: number; readonly duration: number | null }

/** `number`: the one he calls from or keyed in; empty when he withheld it and left a message. */
export interface CallBackWish { readonly callId: string; readonly number: string; readonly reason: 'asked' | 'message'; readonly at: number }

/** Writes that must not be lost. Each resolves once durable: committed, or fsynced to the journal. */
export interface IntakeRecords {
  saveCall(record: CallRecord): Promise<void>
  /** One transaction: ticket, audit, job; idempotent by call id. */
  openTicket(opening: TicketOpening): Promise<Ticket>
  /** The caller left in the instant of the answer, known only afterwards. */
  markCallBack(callId: string, at: number): Promise<void>
  /** A message of a caller: when it begins (`duration` null), and again when it has ended. */
  saveMessage(message: VoiceMessage): Promise<void>
  /** A caller wants to be called back; also where no ticket will ever be opened. */
  wishCallBack(wish: CallBackWish): Promise<void>
  /** One line of who was in the call and when; append-only, idempotent by its content. */
  noteCall(event: CallEvent): Promise<void>
  /** Calls this or another node had in hand, for resume after a restart. */
  unfinishedCalls(): Promise<readonly CallRecord[]>
  /** Today's counters for the queue strip. */
  today(): Promise<{ readonly answered: number; readonly answeredInTime: number; readonly abandoned: number }>
}

/** A citizen's number, to call him back. */
export interface CallNumbers { numberOf(callId: string): Promise<string | null> }

/** What is known of a caller; has its own deadline and never rejects (`complete: false` instead). */
export interface CallerContexts {
  lookUp(query: { readonly number: string; readonly callId: string; readonly location?: Point; readonly category?: CategoryCode }): Promise<CallerContext>
}

/** What the nodes of one site tell one another. */
export interface NodePresence {
  /** Says how many operators here can take calls. → whether another node has any. Not on the call path. */
  beat(able: number): Promise<boolean>
}

// ── People and desk ──────────────────────────────────────────────────────────────────────────────────────────

/** Who sits at an extension: for calls that the native queue offered. */
export interface OperatorDirectory { byExtension(extension: string): Promise<string | null> }

export interface OperatorProfile {
  readonly operatorId: string
  readonly displayName: string
  readonly extension: string
  /** Empty = all. */
  readonly skills: readonly CategoryCode[]
}

/** Server → desk. The hub numbers and keeps messages; sending never blocks. */
export interface DeskPort {
  send(operatorId: string, message: DeskMessage): void
  broadcast(message: Extract<ServerMessage, { type: 'queue' | 'health' | 'ticket.changed' }>): void
}

/** Messages of one operator, before the hub gives them their `seq`. */
export type DeskMessage =
  | { readonly type: 'me'; readonly me: OperatorView }
  | { readonly type: 'call'; readonly call: CallCard }
  | { readonly type: 'call.gone'; readonly callId: string; readonly reason: 'caller-hung-up' | 'not-answered' | 'rejected' | 'unreachable' | 'ended' }
  | { readonly type: 'ticket'; readonly ticket: Ticket }

/** Desk → intake: what the hub calls. Throws LiandongError. */
export interface IntakeDesk {
  /** The operator's active desk came up. `ready`: what he last asked for, by his desk's memory. Returns what it must show. */
  attach(profile: OperatorProfile, ready?: boolean): DeskSnapshot
  /** No desk of this operator is connected any more (after the hub's grace period). */
  detach(operatorId: string): void
  snapshot(operatorId: string): DeskSnapshot
  setReady(operatorId: string, ready: boolean): void
  endWrapUp(operatorId: string): void
  answerPhone(operatorId: string, callId: string): void
  rejectPhone(operatorId: string, callId: string): void
  hangUp(operatorId: string, callId: string): void
  hold(operatorId: string, callId: string, on: boolean): void
  mute(operatorId: string, callId: string, on: boolean): void
  transfer(operatorId: string, callId: string, target: Target): void
  consult(operatorId: string, callId: string, target: Target): void
  conference(operatorId: string, callId: string): void
  complete(operatorId: string, callId: string): void
  drop(operatorId: string, callId: string, legId: string): void
  /** The caller of this makes sure that he is a supervisor. */
  listen(operatorId: string, callId: string, mode: PartyMode): void
  take(operatorId: string, callId: string): void
  /** Calls the citizen of this ticket; the number is looked up here, never given by the desk. */
  redial(operatorId: string, ticketId: string): Promise<void>
  /** Who can be reached: operators with their presence, lines of the short list. */
  phoneBook(): PhoneBook
  /** Talks in progress, for supervisors. */
  talks(): readonly CallCard[]
  /** A ticket was changed elsewhere (HTTP): keep the copy in snapshots fresh. */
  ticketChanged(ticket: Ticket): void
  queueView(): QueueView
  healthView(): HealthView
}

/** A line of the short list: 119, 120, 12345 … `ivr-flows/phone-book/lines.yaml`, reviewed; nothing else can be dialled. */
export interface Line { readonly code: string; readonly number: string; readonly name: { readonly zh: string; readonly en: string } }

export interface PhoneBook {
  readonly operators: readonly { readonly operatorId: string; readonly displayName: string; readonly extension: string; readonly presence: OperatorView['presence']; readonly reachable: boolean }[]
  readonly lines: readonly Line[]
}

export interface DeskSnapshot { readonly me: OperatorView; readonly call: CallCard | null; readonly ticket: Ticket | null }
