import type { CallerContext, CallerIdentity, CallEvent, CallState, FlowTag, QueueClass } from '../../contracts/call.js'
import type { CategoryCode, Language, Point } from '../../contracts/primitives.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { EdgeMark } from './leg.js'

export interface CallRecord {
  readonly callId: string
  readonly caller: CallerIdentity
  readonly calledNumber: string
  /** Host name of the FreeSWITCH that has it. */
  readonly host?: string
  readonly edge?: EdgeMark
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
  /** When this node last got the citizen's socket, FreeSWITCH's time; absent: it never had it, and only heard of him. */
  readonly heldAt?: number
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
  /** The operator's desk is at this node: a provisional number of this node is the one that he reads out. */
  readonly here?: boolean
  /** An operator who had lifted before, and whose telephone was gone before they heard each other: if the ticket is his, it is `operatorId`'s now. Null: if it is nobody's. */
  readonly insteadOf?: string | null
}

/** What a caller said when nobody could answer; the file is `<messageId>.wav`. */
export interface VoiceMessage { readonly messageId: string; readonly callId: string; readonly begunAt: number; readonly duration: number | null }

/** `number`: the one he calls from or keyed in; empty when he withheld it and left a message. */
export interface CallBackWish { readonly callId: string; readonly number: string; readonly reason: 'asked' | 'message'; readonly at: number }

/** Calls of today. `answeredInTime`: within 15 s of joining the queue; the service level is its share of `promised`: answered, given up after more than 15 s, or waiting for longer. */
export interface DayCounters { readonly answered: number; readonly answeredInTime: number; readonly promised: number; readonly abandoned: number }

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
  /** Calls whose end was missed: they end now (`at`, ms) as LOST, unless their end is known. Rejects while PostgreSQL is away. */
  endMissed(callIds: readonly string[], at: number): Promise<void>
  /** Calls this or another node had in hand, for resume after a restart. */
  unfinishedCalls(): Promise<readonly CallRecord[]>
  /** What is written down of this call; null: nothing. Rejects while PostgreSQL is away. */
  callRecord(callId: string): Promise<CallRecord | null>
  /** Today's counters for the queue strip. */
  today(): Promise<DayCounters>
}

/** A citizen's number, to call him back. */
export interface CallNumbers { numberOf(callId: string): Promise<string | null> }

/** What is known of a caller; has its own deadline and never rejects (`complete: false` instead). */
export interface CallerContexts {
  lookUp(query: { readonly number: string; readonly callId: string; readonly location?: Point; readonly place?: string; readonly category?: CategoryCode }): Promise<CallerContext>
}
