import { Type, type Static } from 'typebox'
import { CallCard, PartyMode, QueueClass, Target } from './call.js'
import { EpochMs, Uuid } from './primitives.js'
import { Notice } from './dispatch.js'
import { Ticket } from './ticket.js'

/**
 * The websocket, `/ws`. One typed union each way; a new message is a new member.
 * Server messages that belong to one operator carry `seq`, counted from 1 for each operator and `epoch`.
 * A desk that lost its socket says `hello` with the last seq it applied; it gets what it missed, or a fresh `snapshot`.
 */

/**
 * `missed`: his phone rang in vain, and a hand is needed; `unreachable`: the PBX knows of no phone of his, and he is ready again when it registers,
 * or by hand; `paused`: his phone was busy or could not be rung just now, and he is ready again by himself.
 */
export const PRESENCES = ['offline', 'break', 'ready', 'ringing', 'talking', 'wrap-up', 'missed', 'paused', 'unreachable'] as const
export const Presence = Type.Enum(PRESENCES)
export type Presence = (typeof PRESENCES)[number]

export const OperatorView = Type.Object({
  operatorId: Uuid,
  presence: Presence,
  since: EpochMs,
  /** End of wrap-up, when it runs out by itself. */
  wrapUpUntil: Type.Optional(EpochMs),
  /** End of the pause after an offer that failed. */
  pausedUntil: Type.Optional(EpochMs),
  callId: Type.Optional(Uuid),
  /** He calls this ticket's citizen back; `reached`: the citizen has answered. */
  redial: Type.Optional(Type.Object({ ticketId: Uuid, reached: Type.Boolean() }, { additionalProperties: false })),
  /** Where he goes when the call and its wrap-up are over: ready (true) or break. */
  wantsReady: Type.Optional(Type.Boolean()),
}, { additionalProperties: false })
export type OperatorView = Static<typeof OperatorView>

/** The queue strip. Sent to everyone on change, at most twice a second. */
export const QueueView = Type.Object({
  waiting: Type.Integer(),
  waitingEmergency: Type.Integer(),
  /** Age of the oldest waiting call. */
  longestWaitSeconds: Type.Integer(),
  ready: Type.Integer(),
  /** Phones that ring for a caller. */
  ringing: Type.Integer(),
  talking: Type.Integer(),
  wrapUp: Type.Integer(),
  onBreak: Type.Integer(),
  /** Today, by the server's day: answered, answered within 15 s, those whom that is measured against (answered, given up after more than 15 s, waiting for longer), abandoned. */
  answeredToday: Type.Integer(),
  answeredInTimeToday: Type.Integer(),
  promisedToday: Type.Integer(),
  abandonedToday: Type.Integer(),
}, { additionalProperties: false })
export type QueueView = Static<typeof QueueView>

/** How many people waited from `at` on. */
export const TrendPoint = Type.Object({ at: EpochMs, waiting: Type.Integer() }, { additionalProperties: false })
export type TrendPoint = Static<typeof TrendPoint>

/** Something about the flows that administrators have to know. */
export const FlowNotice = Type.Object({
  what: Type.Enum(['refused', 'tapes', 'returned', 'broken', 'kept', 'waiting']),
  edition: Type.Optional(Type.Integer()),
  count: Type.Optional(Type.Integer()),
  /** An edition waits for approval besides. */
  waits: Type.Optional(Type.Integer()),
}, { additionalProperties: false })
export type FlowNotice = Static<typeof FlowNotice>

/** The disk is full, the directory cannot be written, or the PBX does not record. */
export const RECORDING_TROUBLES = ['full', 'unwritable', 'pbx'] as const

/** What of the machinery is away. The desk shows a banner. */
export const HealthView = Type.Object({
  database: Type.Union([Type.Literal('up'), Type.Literal('down')]),
  /** `refuses`: it rings nobody for us. */
  pbx: Type.Union([Type.Literal('up'), Type.Literal('down'), Type.Literal('refuses')]),
  /** Records in the journal that wait for PostgreSQL. */
  journal: Type.Integer(),
  /** Records that PostgreSQL refused for good; a person has to look at them. */
  rejected: Type.Optional(Type.Integer()),
  flows: Type.Optional(FlowNotice),
  /** Talks are not recorded now, and why; absent: they are, or nobody wants them to be. */
  recording: Type.Optional(Type.Enum(RECORDING_TROUBLES)),
  /** The calendar of this year is not loaded: office hours are counted Monday to Friday. */
  calendar: Type.Optional(Type.Integer()),
  /** At a county: its line to the city, what waits for it, and which units of the city it is. */
  line: Type.Optional(Type.Object({ up: Type.Boolean(), since: EpochMs, waiting: Type.Integer(), units: Type.Array(Type.String()) }, { additionalProperties: false })),
}, { additionalProperties: false })
export type HealthView = Static<typeof HealthView>

/** Lists that no `ticket.changed` speaks of: lines to counties with their conflicts, messages that were given up, people to call back. */
export const LISTS = ['counties', 'dead-letters', 'call-backs'] as const
export type ListName = (typeof LISTS)[number]

const message = <N extends string, P extends Parameters<typeof Type.Object>[0]>(type: N, rest: P) =>
  Type.Object({ type: Type.Literal(type), ...rest }, { additionalProperties: false })

/** Everything a desk needs to draw itself; sent at first and whenever a gap cannot be replayed. */
export const Snapshot = Type.Object({
  me: OperatorView,
  /** The call that rings or talks or is in wrap-up, if any. */
  call: Type.Union([CallCard, Type.Null()]),
  ticket: Type.Union([Ticket, Type.Null()]),
}, { additionalProperties: false })
export type Snapshot = Static<typeof Snapshot>

export const ServerMessage = Type.Union([
  /** First message. `seat`: `active` takes calls; `standby` watches because another tab of the same operator is active. */
  message('welcome', { epoch: Uuid, seat: Type.Union([Type.Literal('active'), Type.Literal('standby')]), practice: Type.Boolean(), /** Units that nobody is signed in for are played. */ playsUnits: Type.Optional(Type.Boolean()), serverTime: EpochMs,
    /** The city's clock: all desks show times by it, wherever the browser thinks it is. */
    timeZone: Type.Optional(Type.String()),
    /** Who waited over the last half hour, oldest first; each holds until the next. */
    trend: Type.Optional(Type.Array(TrendPoint)) }),
  message('seat', { seat: Type.Union([Type.Literal('active'), Type.Literal('standby')]) }),
  message('snapshot', { seq: Type.Integer(), snapshot: Snapshot }),
  message('me', { seq: Type.Integer(), me: OperatorView }),
  /** A call rings at this operator's phone, or its card changed. */
  message('call', { seq: Type.Integer(), call: CallCard }),
  /** The call left this operator: cancelled before the answer, or ended after it. */
  message('call.gone', { seq: Type.Integer(), callId: Uuid, reason: Type.Union([Type.Literal('caller-hung-up'), Type.Literal('not-answered'), Type.Literal('rejected'), Type.Literal('unreachable'), Type.Literal('failed'), Type.Literal('ended')]) }),
  message('ticket', { seq: Type.Integer(), ticket: Ticket }),
  message('queue', { queue: QueueView }),
  message('health', { health: HealthView }),
  /** A ticket changed that is not this operator's: lists refresh it. */
  message('ticket.changed', { ticketId: Uuid, version: Type.Integer() }),
  /** A ticket has a photo more: who shows them reads them anew. To those who may see the ticket. */
  message('photo.added', { ticketId: Uuid }),
  /** A list that is about no one ticket is another than it was: who shows it reads it anew. */
  message('list.changed', { list: Type.Enum(LISTS) }),
  /** To every terminal of a unit, or of the hall. Sent again until one of them confirms it (`POST /api/notices/:id/receipt`): show each id once. */
  message('notice', { notice: Notice }),
  /** Answer to a client message with `id` that could not be done. Code from `contracts/errors.ts`. */
  message('refused', { id: Type.String(), code: Type.String(), text: Type.String() }),
  message('done', { id: Type.String() }),
])
export type ServerMessage = Static<typeof ServerMessage>

/** Client messages with `id` are answered by `done` or `refused`. */
const request = <N extends string, P extends Parameters<typeof Type.Object>[0]>(type: N, rest: P) =>
  Type.Object({ type: Type.Literal(type), id: Type.String({ minLength: 1, maxLength: 64 }), ...rest }, { additionalProperties: false })

export const ClientMessage = Type.Union([
  /**
   * First message of a desk. `tabId` is kept in the tab's sessionStorage, so that a reload is the same seat.
   * `ready`: `wantsReady` as this desk last saw it; `callId`: the call whose talk or paper work it had then. They count where the server knows
   * nothing of him: after a restart, or a long gap.
   */
  message('hello', { tabId: Uuid, epoch: Type.Optional(Uuid), since: Type.Integer({ minimum: 0 }), ready: Type.Optional(Type.Boolean()), callId: Type.Optional(Uuid) }),
  /** Highest seq applied; lets the server forget. */
  message('seen', { seq: Type.Integer({ minimum: 0 }) }),
  request('seat.take', {}),
  request('presence', { ready: Type.Boolean() }),
  /** End wrap-up now. */
  request('wrap-up.end', {}),
  /** Practice phone: pick up. On a real PBX the operator uses his phone, which he may also decline by here. */
  request('phone.answer', { callId: Uuid }),
  request('phone.reject', { callId: Uuid }),
  /** The telephone in this desk's browser is not registered, or has no microphone: no calls for now. Registering ends it. */
  request('phone.gone', {}),
  /** The telephone in this desk's browser had this talk, and died (the page was closed or loaded anew): the citizen goes back to his place in the queue. */
  request('phone.lost', { callId: Uuid }),
  /** Ends the call; who is a guest or a supervisor in it leaves it. */
  request('call.hang-up', { callId: Uuid }),
  request('call.hold', { callId: Uuid, on: Type.Boolean() }),
  request('call.mute', { callId: Uuid, on: Type.Boolean() }),
  /** Passes the call on. The citizen stays with his operator until the other side answers; to the queue he goes at once. */
  request('call.transfer', { callId: Uuid, target: Target }),
  /** Asks somebody in. The citizen is on hold meanwhile. */
  request('call.consult', { callId: Uuid, target: Target }),
  /** All three talk. */
  request('call.conference', { callId: Uuid }),
  /** The guest keeps the citizen, the operator leaves. */
  request('call.complete', { callId: Uuid }),
  /** The guest leaves, or is not rung any longer. */
  request('call.drop', { callId: Uuid, legId: Uuid }),
  /** A supervisor joins a talk, or changes who hears him. */
  request('call.listen', { callId: Uuid, mode: PartyMode }),
  /** A supervisor takes the citizen from the operator. */
  request('call.take', { callId: Uuid }),
  /** Dials the citizen of a ticket: the own telephone rings first. */
  request('call.redial', { ticketId: Uuid }),
])
export type ClientMessage = Static<typeof ClientMessage>

export type ServerMessageOf<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>
export type ClientMessageOf<T extends ClientMessage['type']> = Extract<ClientMessage, { type: T }>
export { QueueClass }
