import { OWN_ENDS, type CallerContext, type CallState, type FlowTag, type PartyMode, type PartyRole, type QueueClass } from '../../contracts/call.js'
import type { CategoryCode, Language } from '../../contracts/primitives.js'
import type { Presence } from '../../contracts/ws.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { ArrivingCall, CallRecord, OperatorProfile } from '../ports.js'
import { emptyTable, type Table } from './table.js'

/**
 * The room: all calls and operators of this node, as plain data.
 * `step(room, event, env) → {room, commands}` is the whole of its behaviour (`step.ts`): no clock, socket or promise.
 */
export interface Room {
  /** All calls, those that ended within `keepEnded` included. */
  readonly calls: Table<Call>
  /** Those of them that still need something: nothing but a sweep looks through the others. */
  readonly live: Table<Call>
  /** Those of them whose caller waits for an operator. */
  readonly waiting: Table<Call>
  /** Those of them that nobody is being offered. */
  readonly queued: Table<Call>
  readonly operators: Table<Operator>
  /** Those of them who can be offered a call now. */
  readonly ready: Table<Operator>
  /** How many of them take calls or will by themselves (`takesCalls`). */
  readonly able: number
  /** Extensions whose telephone was said to be gone and did not come back: their operators are not ready. */
  readonly gone: ReadonlySet<string>
  /** Calls back that are under way, by the operator's leg. */
  readonly redials: Table<Redial>
  /** No offers while the link to FreeSWITCH is down. */
  readonly linkUp: boolean
  /** Our loop stood still until then, monotonic: no offers until FreeSWITCH has said how things stand. Null: no doubt. */
  readonly doubt: number | null
  /** When ended calls were last swept out, monotonic. */
  readonly sweptAt: number
  /** Whom the last offers were for, newest last, that FreeSWITCH itself refused: none has made a telephone ring since. */
  readonly balks: readonly string[]
  /** When it last did, monotonic. */
  readonly balkedAt: number
}

export const emptyRoom: Room = { calls: emptyTable(), live: emptyTable(), waiting: emptyTable(), queued: emptyTable(), operators: emptyTable(), ready: emptyTable(), able: 0, gone: new Set(), redials: emptyTable(), linkUp: false, doubt: null, sweptAt: -Infinity, balks: [], balkedAt: -Infinity }

export interface Call {
  readonly callId: string
  readonly arriving: ArrivingCall
  readonly state: CallState
  readonly class: QueueClass
  readonly category: CategoryCode | null
  readonly language: Language
  readonly tags: readonly FlowTag[]
  readonly path: readonly string[]
  /** His way through the flow before he came to us, where that was read later than he came: `path` begins with it. */
  readonly former: readonly string[]
  readonly flow: { readonly name: string; readonly version: string } | null
  /** Category whose skill the flow asked for, instead of the call's own. */
  readonly skill: CategoryCode | null
  /** Within its class; the higher goes first. */
  readonly priority: number
  /** He is being transferred to another line: nobody may be offered the call meanwhile. */
  readonly away: boolean
  /** When he joined the queue, FreeSWITCH's time; survives restarts by the mirror. A fact, like `answer.at`: the time between the two is by one clock. */
  readonly queuedAt: number
  /** His seniority: the same moment by the monotonic clock. */
  readonly queuedSince: number
  /** When we last learnt from an event that he is there, monotonic: an older snapshot cannot know him. */
  readonly seenAt: number
  /**
   * Since when (monotonic) nothing of this call is known but its key: an operator's leg was answered for it and we never saw it come (another
   * node's, or we restarted). FreeSWITCH was asked; its ticket opens with the reply, or without it after `STRANGER`.
   */
  readonly strangeSince: number | null
  /** We hold the outbound socket: only then may we offer the call, and must we renew its dead-man's switch. */
  readonly held: boolean
  /** Ours was the last socket that held him, as far as we know: of all nodes that see his end, this one counts what became of him. */
  readonly ours: boolean
  /** When we lost the socket without knowing why, monotonic. */
  readonly releasedAt: number | null
  readonly offer: Offer | null
  /** Offers on end of which not one made a telephone ring. */
  readonly futile: number
  /** He is offered to nobody before this, monotonic. */
  readonly notBefore: number
  readonly answer: Answer | null
  /**
   * For whom his ticket was opened: whoever lifted first. `vain`: FreeSWITCH has told the end of that leg, and it never had him; then the ticket is
   * `heir`'s, the first other one who had.
   */
  readonly credited: { readonly legId: string; readonly operatorId: string | null; readonly vain: boolean; readonly heir: Pick<Answer, 'legId' | 'operatorId'> | null } | null
  /** FreeSWITCH reported the bridge with the answering leg. */
  readonly bridged: boolean
  /** `at`: FreeSWITCH's time; `seenAt`: when we learnt of it, monotonic. */
  readonly ended: { readonly at: number; readonly cause: string; readonly seenAt: number } | null
  /** Legs known to be over, newest last, at most eight: an answer that arrives after its own end is recognised. */
  readonly endedLegs: readonly string[]
  /** The last of them whose end nobody told: FreeSWITCH died, or had it no more. It may recover it. `at`: when we gave it up, monotonic. */
  readonly lostLeg: { readonly legId: string; readonly at: number } | null
  readonly context: CallerContext
  readonly ticket: Ticket | null
  /** The citizen hears music and is not heard; the bridge beneath it stays. */
  readonly onHold: boolean
  /** The operator is not heard. */
  readonly muted: boolean
  readonly parties: readonly PartyLeg[]
  /** Keys pressed in the talk, the last ten. */
  readonly keys: readonly { readonly key: string; readonly at: number }[]
  /** On his way back into the queue: the end of the operator's leg is not the end of the call. */
  readonly returning: boolean
}

/** A leg beside the two that are bridged: somebody who is rung for, listens to, or takes part in a talk. */
export interface PartyLeg {
  readonly legId: string
  readonly role: PartyRole
  readonly mode: PartyMode
  readonly operatorId: string | null
  /** Code of a line in the short list. */
  readonly line: string | null
  readonly label: string
  readonly since: number
  /** When we asked for it or found it, monotonic. */
  readonly seenAt: number
  readonly joinedAt: number | null
}

/** A citizen being called back: the operator's telephone first, then his. */
export interface Redial {
  readonly ticketId: string
  readonly legId: string
  readonly farLegId: string
  readonly operatorId: string
  readonly reachedAt: number | null
  /** FreeSWITCH has shown its leg: a snapshot without it is its end. Before that, its order may be on its way. */
  readonly seen: boolean
}

export interface Offer {
  readonly legId: string
  readonly operatorId: string
  /** Monotonic, as are the times of `cancelling`. */
  readonly since: number
  readonly ringing: boolean
  /** FreeSWITCH was asked about it, because it does not say that it rings. */
  readonly asked: boolean
  /**
   * The leg is to end, since `since`; FreeSWITCH was told so at `sent`, and we wait for its `leg.ended`. Not yet (null) while they may be talking and only
   * the news of it has not come: it is asked first. `mark`: what the operator is afterwards.
   */
  readonly cancelling: { readonly since: number; readonly sent: number | null; readonly mark: LegEnd } | null
}

export interface Answer {
  readonly legId: string
  readonly operatorId: string | null
  /** FreeSWITCH's time, ms. */
  readonly at: number
}

/** Why an offered leg came to nothing. `failed`: his telephone was busy, or FreeSWITCH could not ring it now; neither says anything of him. */
export type LegEnd = 'not-answered' | 'rejected' | 'unreachable' | 'failed' | 'cancelled'

/** A while that ends by itself: ms since epoch for a screen, monotonic for us. */
export interface Spell { readonly until: number; readonly ends: number }

export interface Operator {
  readonly operatorId: string
  readonly profile: OperatorProfile
  /** A desk of his is connected. */
  readonly attached: boolean
  readonly presence: Presence
  /** ms since epoch, for his screen. */
  readonly since: number
  /** What he asked for: decides where wrap-up leads. */
  readonly wantsReady: boolean
  /** End of his last talk, or when he became ready if later, monotonic: longest idle is offered first. */
  readonly idleSince: number
  /** His paper work. */
  readonly wrapUp: Spell | null
  /** No offers for a while, because one has just failed. */
  readonly pause: Spell | null
  /** How often that happened since his telephone last rang: the next pause is the longer for it. */
  readonly failures: number
  /** The call at his seat: ringing, talking, or still on the screen in wrap-up. */
  readonly callId: string | null
  /** A call that FreeSWITCH says he has as well, while another talk has his seat. */
  readonly also: string | null
}

export interface RoomSettings {
  /** How long an operator's phone rings, ms. */
  readonly offerTimeout: number
  /** An offer without news this long after its timeout is taken for lost, ms. */
  readonly offerGrace: number
  /** Paper work after a call, ms; 0 = none. */
  readonly wrapUp: number
  /** So long a caller waits for somebody who knows what he calls about, though others are ready, ms; 0: he waits for nobody. */
  readonly skillOverflow: number
  /** Operators whom demoted calls, and the callers of other numbers than the emergency numbers, never occupy. */
  readonly reservedOperators: number
  /** Ended calls stay in memory this long for late events, ms. */
  readonly keepEnded: number
  /** A caller who ends within this of the operator's answer, without a bridge, was gone in that instant, ms. */
  readonly goneWindow: number
}

/** Everything `step` needs besides state and event. */
export interface Env {
  /** ms since epoch, ours: for what is shown. It may be set back or forth at any time, so no duration is measured by it. */
  readonly now: number
  /** Monotonic, ms, from any beginning: for every duration. */
  readonly mono: number
  readonly newId: () => string
  readonly settings: RoomSettings
  /** Queue class of a category, from the code book. */
  readonly classOf: (category: CategoryCode) => QueueClass
  /** What the database knew of a call when we started. */
  readonly remembered: (callId: string) => CallRecord | null
}

export const unknownContext: CallerContext = { complete: false, hints: [], earlierCalls: [], earlierTickets: [], nearby: [] }

/** True while this operator takes calls or will by himself: no hand is needed first. */
export const takesCalls = ({ attached, presence, wantsReady }: Operator): boolean =>
  attached && (presence === 'ready' || ((presence === 'paused' || presence === 'ringing' || presence === 'talking' || presence === 'wrap-up') && wantsReady))

/** True while the call itself goes on, or something about it is still to be settled. */
export const isLive = (call: Call): boolean => call.ended === null || call.offer !== null || call.strangeSince !== null

/** True while we have him down as gone by our own reckoning or order alone. */
export const isPresumed = ({ ended }: Call): boolean => OWN_ENDS.some((cause) => cause === ended?.cause)

/** So many offers in a row, of two operators where there are two, which FreeSWITCH itself refused: it is none of their telephones. */
export const BALKS = 3
/** So long after the last of them another caller may show whether that is over, ms. */
const BALK_REST = 30_000

/** True while FreeSWITCH rings nobody for us, whoever it is (its allow-list, a wrong dial string): a caller is better off in its own queue. */
export const isBalking = ({ balks, balkedAt, able }: Pick<Room, 'balks' | 'balkedAt' | 'able'>, mono: number): boolean =>
  balks.length >= BALKS && new Set(balks).size >= Math.min(2, able) && mono - balkedAt < BALK_REST

/** FreeSWITCH's time now, as a call tells it: when he joined the queue, and how long ago that is by the monotonic clock. */
export const switchTime = (call: Pick<Call, 'queuedAt' | 'queuedSince'>, mono: number): number => Math.round(call.queuedAt + mono - call.queuedSince)

/** True while the caller waits for an operator and could still be helped by one. */
export const isWaiting = (call: Call): boolean => call.ended === null && (call.state === 'queued' || call.state === 'offered' || call.state === 'connected')

/** True while it is this operator whom the caller talks with, as far as we know. */
export const isTalkOf = (call: Call, operatorId: string): boolean =>
  call.ended === null && call.answer?.operatorId === operatorId && (call.state === 'answered' || call.state === 'talking') && !call.endedLegs.includes(call.answer.legId)

/** True while the call can be offered to somebody. */
export const isQueued = (call: Call): boolean => call.held && !call.away && call.offer === null && call.ended === null && call.state === 'queued'

/** True while a call can be offered to him. */
export const isReady = (operator: Operator): boolean => operator.attached && operator.presence === 'ready'
