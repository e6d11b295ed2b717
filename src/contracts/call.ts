import { Type, type Static } from 'typebox'
import { CategoryCode, EpochMs, Language, Point, Uuid } from './primitives.js'

/**
 * Queue class, most urgent first. `emergency`: a police, fire or medical tag or number;
 * `standard`: everything else. Offers go emergency first, then by seniority.
 */
export const QUEUE_CLASSES = ['emergency', 'standard'] as const
export const QueueClass = Type.Enum(QUEUE_CLASSES)
export type QueueClass = (typeof QUEUE_CLASSES)[number]

/** design.md "The call". `offered`: an operator's phone rings for it. */
export const CALL_STATES = ['connected', 'queued', 'offered', 'answered', 'talking', 'ended', 'abandoned', 'refused', 'fallback'] as const
export const CallState = Type.Enum(CALL_STATES)
export type CallState = (typeof CALL_STATES)[number]

/** What the caller's keys said. `key` is `category`, `language`, … as the flow names it; `node` is where. */
export const FlowTag = Type.Object({
  key: Type.String({ maxLength: 32 }),
  value: Type.String({ maxLength: 64 }),
  node: Type.String({ maxLength: 64 }),
  at: EpochMs,
}, { additionalProperties: false })
export type FlowTag = Static<typeof FlowTag>

/** The citizen's telephone as far as we may believe it. All text is sanitised once at ingest (`pbx/caller.ts`). */
export const CallerIdentity = Type.Object({
  /** Digits, `*`, `#`, leading `+`; empty when withheld. */
  number: Type.String({ maxLength: 24 }),
  /** Display name, control characters removed, at most 64 characters. */
  name: Type.String({ maxLength: 64 }),
  /** True only when a trusted trunk vouches for the number. */
  verified: Type.Boolean(),
}, { additionalProperties: false })
export type CallerIdentity = Static<typeof CallerIdentity>

export const HINT_KINDS = ['deaf', 'foreign-language', 'nuisance', 'note'] as const
/** A warning beside the caller's name. Hints warn and never block. */
export const Hint = Type.Object({
  kind: Type.Enum(HINT_KINDS),
  text: Type.String(),
  /** 0–100, for `nuisance`. */
  score: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
}, { additionalProperties: false })
export type Hint = Static<typeof Hint>

export const EarlierCall = Type.Object({
  callId: Uuid,
  at: EpochMs,
  state: CallState,
  category: Type.Optional(CategoryCode),
}, { additionalProperties: false })
export type EarlierCall = Static<typeof EarlierCall>

/** One line about a ticket, as lists show it. */
export const TicketSummary = Type.Object({
  id: Uuid,
  number: Type.String(),
  state: Type.String(),
  kind: Type.Union([Type.String(), Type.Null()]),
  category: Type.Union([CategoryCode, Type.Null()]),
  place: Type.String(),
  description: Type.String(),
  unitId: Type.Union([Type.String(), Type.Null()]),
  openedAt: EpochMs,
  callBack: Type.Boolean(),
  /** Earliest moment at which something is due; null or absent: no clock runs. */
  dueAt: Type.Optional(Type.Union([EpochMs, Type.Null()])),
  priority: Type.Optional(Type.String()),
  hazard: Type.Optional(Type.Boolean()),
  assist: Type.Optional(Type.Array(Type.String())),
  /** Tickets that follow this one: so many more callers. */
  members: Type.Optional(Type.Integer()),
  mergedInto: Type.Optional(Type.Union([Uuid, Type.Null()])),
  /** Only in `nearby`. */
  distanceMetres: Type.Optional(Type.Number()),
}, { additionalProperties: false })
export type TicketSummary = Static<typeof TicketSummary>

/** What PostgreSQL knows of a caller. `complete` is false when the look-up failed or passed its deadline. */
export const CallerContext = Type.Object({
  complete: Type.Boolean(),
  knownName: Type.Optional(Type.String()),
  knownAddress: Type.Optional(Type.String()),
  hints: Type.Array(Hint),
  earlierCalls: Type.Array(EarlierCall),
  /** Open ones first, then newest first. */
  earlierTickets: Type.Array(TicketSummary),
  /** Open tickets of the same category near the caller's location. */
  nearby: Type.Array(TicketSummary),
}, { additionalProperties: false })
export type CallerContext = Static<typeof CallerContext>

/** The screen-pop: everything the operator sees of one call. Sent whole, again after each change. */
export const CallCard = Type.Object({
  callId: Uuid,
  state: CallState,
  class: QueueClass,
  caller: CallerIdentity,
  calledNumber: Type.String({ maxLength: 24 }),
  location: Type.Optional(Point),
  /** Address text that came with the location. */
  locationText: Type.Optional(Type.String({ maxLength: 256 })),
  language: Language,
  category: Type.Optional(CategoryCode),
  tags: Type.Array(FlowTag),
  /** Flow nodes the caller went through, in order, at most the last 100. */
  path: Type.Array(Type.String()),
  flow: Type.Optional(Type.Object({ name: Type.String(), version: Type.String() }, { additionalProperties: false })),
  queuedAt: EpochMs,
  /** FreeSWITCH's time of the operator's answer. */
  answeredAt: Type.Optional(EpochMs),
  endedAt: Type.Optional(EpochMs),
  /** Whole seconds between joining the queue and now or the answer. */
  waitedSeconds: Type.Integer({ minimum: 0 }),
  context: CallerContext,
  /** Set at the answer. The ticket's id is the call's id. */
  ticket: Type.Optional(Type.Object({
    id: Uuid,
    number: Type.String(),
    /** True while PostgreSQL is away and the number is not the final one. */
    provisional: Type.Boolean(),
  }, { additionalProperties: false })),
}, { additionalProperties: false })
export type CallCard = Static<typeof CallCard>
