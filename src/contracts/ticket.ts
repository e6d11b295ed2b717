import { Type, type Static } from 'typebox'
import { CategoryCode, EpochMs, Point, Uuid } from './primitives.js'
import { CallerIdentity, FlowTag, TicketSummary } from './call.js'

/** What the operator settles the request to be (design.md "One number, many outcomes"). */
export const TICKET_KINDS = ['police', 'fire', 'medical', 'joint-service', 'consultation', 'invalid'] as const
export const TicketKind = Type.Enum(TICKET_KINDS)
export type TicketKind = (typeof TICKET_KINDS)[number]

/** First cut of the life cycle; `state class` is what lists sort by. */
export const TICKET_STATES = ['open', 'dispatched', 'closed'] as const
export const TicketState = Type.Enum(TICKET_STATES)
export type TicketState = (typeof TICKET_STATES)[number]

/** How a ticket ended without, or before, a unit's report. */
export const TICKET_OUTCOMES = ['settled-on-the-spot', 'handed-over', 'answered', 'referred', 'nuisance', 'silent', 'misdial', 'other'] as const
export const TicketOutcome = Type.Enum(TICKET_OUTCOMES)
export type TicketOutcome = (typeof TICKET_OUTCOMES)[number]

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

/** The fields an operator types. Autosaved one by one. */
export const TicketFields = Type.Object({
  kind: nullable(TicketKind),
  category: nullable(CategoryCode),
  place: Type.String({ maxLength: 256 }),
  point: nullable(Point),
  description: Type.String({ maxLength: 4000 }),
  callerName: Type.String({ maxLength: 64 }),
  callBack: Type.Boolean(),
}, { additionalProperties: false })
export type TicketFields = Static<typeof TicketFields>

export const TicketChanges = Type.Partial(TicketFields, { additionalProperties: false, minProperties: 1 })
export type TicketChanges = Static<typeof TicketChanges>

export const Ticket = Type.Object({
  /** The citizen's channel UUID: one call, one ticket. */
  id: Uuid,
  number: Type.String(),
  provisional: Type.Boolean(),
  /** The number that was read out while PostgreSQL was away. */
  provisionalNumber: Type.Optional(Type.String()),
  /** Nobody settled the kind in time, or something arrived too late: the supervisors look at it. */
  attention: Type.Optional(Type.Boolean()),
  state: TicketState,
  /** Counts history rows; grows by one with each act. */
  version: Type.Integer({ minimum: 1 }),
  fields: TicketFields,
  outcome: nullable(TicketOutcome),
  unitId: nullable(Type.String()),
  operatorId: nullable(Uuid),
  caller: CallerIdentity,
  tags: Type.Array(FlowTag),
  openedAt: EpochMs,
  /** FreeSWITCH's time of the answer; never rewritten by a replay (V4). */
  answeredAt: EpochMs,
  dispatchedAt: nullable(EpochMs),
  closedAt: nullable(EpochMs),
}, { additionalProperties: false })
export type Ticket = Static<typeof Ticket>

/**
 * What people do to a ticket. `actId` is made by the desk, so that a repeated request is the same act.
 * `baseVersion` is the version the writer saw: a field somebody else changed since then is a conflict.
 */
const act = <N extends string, P extends Parameters<typeof Type.Object>[0]>(name: N, rest: P) =>
  Type.Object({ actId: Uuid, act: Type.Literal(name), baseVersion: Type.Integer({ minimum: 0 }), ...rest }, { additionalProperties: false })

export const EditAct = act('edit', { changes: TicketChanges })
export const DispatchAct = act('dispatch', { unitId: Type.String({ pattern: '^[a-z0-9-]{2,32}$' }), note: Type.String({ maxLength: 1000 }) })
export const SettleAct = act('settle', { outcome: TicketOutcome, note: Type.String({ maxLength: 1000 }) })
export const ReopenAct = act('reopen', { note: Type.String({ minLength: 1, maxLength: 1000 }) })
export const TicketAct = Type.Union([EditAct, DispatchAct, SettleAct, ReopenAct])
export type TicketAct = Static<typeof TicketAct>

/** A row of the append-only history. `by` is null for the system. */
export const HistoryRow = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  actId: Uuid,
  act: Type.String(),
  at: EpochMs,
  by: nullable(Type.Object({ id: Uuid, displayName: Type.String() }, { additionalProperties: false })),
  /** Field → [before, after]. An array of two: Fastify's serializer refuses every value of a tuple of unknowns. */
  changes: Type.Record(Type.String(), Type.Unsafe<[unknown, unknown]>(Type.Array(Type.Unknown(), { minItems: 2, maxItems: 2 }))),
  note: Type.String(),
}, { additionalProperties: false })
export type HistoryRow = Static<typeof HistoryRow>

/** Answer to an act. `stored: 'journal'`: PostgreSQL is away, the act is fsynced and will drain. */
export const ActResult = Type.Object({
  ticket: Ticket,
  stored: Type.Union([Type.Literal('database'), Type.Literal('journal')]),
}, { additionalProperties: false })
export type ActResult = Static<typeof ActResult>

export const Unit = Type.Object({
  id: Type.String(),
  name: Type.String(),
  nameEn: Type.String(),
  phone: Type.String(),
  /** 24-hour. */
  standby: Type.Boolean(),
  categories: Type.Array(CategoryCode),
}, { additionalProperties: false })
export type Unit = Static<typeof Unit>

export const TicketList = Type.Object({ tickets: Type.Array(TicketSummary), total: Type.Integer() }, { additionalProperties: false })
export type TicketList = Static<typeof TicketList>
