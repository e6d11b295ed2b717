import { Type, type Static } from 'typebox'
import { CategoryCode, EpochMs, Point, Uuid } from './primitives.js'
import { CallerIdentity, FlowTag, TicketSummary } from './call.js'
import { SETTLE_OUTCOMES, TICKET_STATES, type TicketState as State } from './life-cycle.js'
import { NO_WORK, TicketWork } from './work.js'

/** What the operator settles the request to be (design.md "One number, many outcomes"). */
export const TICKET_KINDS = ['police', 'fire', 'medical', 'joint-service', 'consultation', 'invalid'] as const
export const TicketKind = Type.Enum(TICKET_KINDS)
export type TicketKind = (typeof TICKET_KINDS)[number]

/** What they mean and how they follow one another: `life-cycle.ts`. */
export const TicketState = Type.Enum(TICKET_STATES)
export type TicketState = State
export { NO_WORK, TICKET_STATES }
export type { TicketAct } from './acts.js'

export const SettleOutcome = Type.Enum(SETTLE_OUTCOMES)
/** `done`: a unit reported, the hall accepted. `not-done`: it reported that it cannot, with the reason; never counted as done. */
export const TICKET_OUTCOMES = [...SETTLE_OUTCOMES, 'done', 'not-done'] as const
export const TicketOutcome = Type.Enum(TICKET_OUTCOMES)
export type TicketOutcome = (typeof TICKET_OUTCOMES)[number]
/** Who may sit beside the one he fears, who called by mistake, and whom police, fire service or ambulance have before them: they get no text message. */
export const UNTOLD_OUTCOMES: ReadonlySet<TicketOutcome | null> = new Set<TicketOutcome | null>(['silent', 'nuisance', 'misdial', 'handed-over'])

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])

/** Characters of a description, as the database counts them (`migrations/0150_description_length.sql`). */
export const MOST_WORDS = 4_000

/** The fields an operator types. Autosaved one by one. */
export const TicketFields = Type.Object({
  kind: nullable(TicketKind),
  category: nullable(CategoryCode),
  place: Type.String({ maxLength: 256 }),
  point: nullable(Point),
  description: Type.String({ maxLength: MOST_WORDS }),
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
  /** What the units and the hall make of it. */
  work: TicketWork,
}, { additionalProperties: false })
export type Ticket = Static<typeof Ticket>

/** A row of the append-only history. `by` is null for the system. */
export const HistoryRow = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  actId: Uuid,
  act: Type.String(),
  /** When it was done. */
  at: EpochMs,
  /** When this database learnt of it, where that was noticeably later: entered from paper, kept in a journal, brought by a county. */
  recordedAt: Type.Optional(EpochMs),
  by: nullable(Type.Object({ id: Uuid, displayName: Type.String() }, { additionalProperties: false })),
  /** Field → [before, after]. An array of two: Fastify's serializer refuses every value of a tuple of unknowns. */
  changes: Type.Record(Type.String(), Type.Unsafe<[unknown, unknown]>(Type.Array(Type.Unknown(), { minItems: 2, maxItems: 2 }))),
  /** People whom `changes` have by their ids, such as whom a unit gave it to. */
  names: Type.Optional(Type.Record(Uuid, Type.String())),
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
  /** When its people work, in the city's time: `09:00-12:00,13:30-17:30`. A standby unit always does. */
  officeHours: Type.String(),
}, { additionalProperties: false })
export type Unit = Static<typeof Unit>

/** `total` is counted up to 10,000: beyond it `more` is true and nobody turns the pages. */
export const TicketList = Type.Object({ tickets: Type.Array(TicketSummary), total: Type.Integer(), more: Type.Optional(Type.Boolean()) }, { additionalProperties: false })
export type TicketList = Static<typeof TicketList>
