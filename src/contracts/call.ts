import { Type, type Static } from 'typebox'
import { CategoryCode, EpochMs, Language, Point, Uuid } from './primitives.js'

/**
 * Queue class, most urgent first. `emergency`: what he called about, by his keys or his flow, is one in the code book;
 * `standard`: everything else; `demoted`: the SIP edge saw its source call too often, until a key says what it is about.
 * Offers go by the number that he dialled (`ArrivingCall.yields`), by class, then by seniority.
 */
export const QUEUE_CLASSES = ['emergency', 'standard', 'demoted'] as const
export const QueueClass = Type.Enum(QUEUE_CLASSES)
export type QueueClass = (typeof QUEUE_CLASSES)[number]

/** design.md "The call". `offered`: an operator's phone rings for it. */
export const CALL_STATES = ['connected', 'queued', 'offered', 'answered', 'talking', 'ended', 'abandoned', 'refused', 'fallback'] as const
export const CallState = Type.Enum(CALL_STATES)
export type CallState = (typeof CALL_STATES)[number]

/** Seen nowhere any more: how FreeSWITCH ended it is not known. */
export const LOST = 'LOST'
/** The flow was done with him: it hung up, or a line outside took him. For the intake the call is over. */
export const FLOW_ENDS = ['SETTLED', 'TRANSFERRED'] as const
export type FlowEnd = (typeof FLOW_ENDS)[number]
/** Ends of a call that are ours, where every other is a hang-up cause of FreeSWITCH: it may have him still. */
export const OWN_ENDS = [LOST, ...FLOW_ENDS] as const

/**
 * The tag by which a flow says: he called about what is known (an outage), it is noted, and he was told that he may hang up. Who then does has been served;
 * who goes on waiting for longer than `NOTED_FOR` wants an operator all the same, and has given up when he goes.
 */
export const NOTED = { key: 'known-outage', value: 'yes' } as const
/** ms; the tape that says it is over by then. */
export const NOTED_FOR = 60_000

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
  /** The number that was read out while PostgreSQL was away. */
  provisionalNumber: Type.Optional(Type.String()),
  attention: Type.Optional(Type.Boolean()),
  /** Earliest moment at which something is due, to a unit of its own; null or absent: no clock runs. */
  dueAt: Type.Optional(Type.Union([EpochMs, Type.Null()])),
  /** Which clock that is. */
  dueClock: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  priority: Type.Optional(Type.String()),
  hazard: Type.Optional(Type.Boolean()),
  /** When the danger was made safe; null or absent: not yet, or there is none. */
  safeAt: Type.Optional(Type.Union([EpochMs, Type.Null()])),
  /** When the hall last urged who has it; null or absent: not since it was given. */
  urgedAt: Type.Optional(Type.Union([EpochMs, Type.Null()])),
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
  /** Tickets in hand of the same category and place, by the metres of its rule: what may be the same thing (by the rule's minutes) first, of that incidents, then the nearest. */
  nearby: Type.Array(TicketSummary),
}, { additionalProperties: false })
export type CallerContext = Static<typeof CallerContext>

/** `transfer`: takes the call as soon as it answers. `guest`: asked in by the operator. `supervisor`: joined by himself. */
export const PARTY_ROLES = ['transfer', 'guest', 'supervisor'] as const
export const PartyRole = Type.Enum(PARTY_ROLES)
export type PartyRole = (typeof PARTY_ROLES)[number]
/** Who hears him: nobody, the operator alone (the citizen never does), everybody. */
export const PARTY_MODES = ['listen', 'whisper', 'all'] as const
export const PartyMode = Type.Enum(PARTY_MODES)
export type PartyMode = (typeof PARTY_MODES)[number]

/** Somebody else in the talk, or being rung for it: an operator, a supervisor, or a line of the short list. */
export const Party = Type.Object({
  legId: Uuid,
  role: PartyRole,
  mode: PartyMode,
  operatorId: Type.Optional(Uuid),
  /** Code in the short list of lines. */
  line: Type.Optional(Type.String()),
  /** His name and extension, or the line's number. */
  label: Type.String(),
  since: EpochMs,
  joinedAt: Type.Optional(EpochMs),
}, { additionalProperties: false })
export type Party = Static<typeof Party>

/** Where a call can be passed to. Never a free number: lines are a reviewed list. */
export const Target = Type.Union([
  Type.Object({ type: Type.Literal('queue') }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('operator'), operatorId: Uuid }, { additionalProperties: false }),
  Type.Object({ type: Type.Literal('line'), code: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }) }, { additionalProperties: false }),
])
export type Target = Static<typeof Target>

/** Of a message: less is a cough, ms. */
export const SHORTEST_MESSAGE = 1_000

/** A line that rings in vain is given up so long after its time-out at the latest, ms: FreeSWITCH reports its end within this, or is asked. */
export const LINE_SLACK = 5_000

/** What happened in a call, in order: the append-only record of who was in it and when. */
export const CALL_ACTS = ['answered', 'hold', 'resume', 'mute', 'unmute', 'rung', 'joined', 'mode', 'left', 'not-reached', 'taken-over', 'queued', 'hung-up', 'dialled', 'reached', 'ended', 'recording', 'not-recorded', 'key'] as const
export const CallAct = Type.Enum(CALL_ACTS)
export type CallAct = (typeof CALL_ACTS)[number]
export const CallEvent = Type.Object({
  callId: Uuid,
  at: EpochMs,
  act: CallAct,
  legId: Type.Optional(Uuid),
  /** Who did it, or whom it concerns. */
  operatorId: Type.Optional(Uuid),
  line: Type.Optional(Type.String()),
  /** Role, mode or cause, as the act has it. */
  detail: Type.String({ maxLength: 64 }),
}, { additionalProperties: false })
export type CallEvent = Static<typeof CallEvent>

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
  /** When he joined the queue, was answered, was gone: by the server's clock, from which the desk counts. */
  queuedAt: EpochMs,
  answeredAt: Type.Optional(EpochMs),
  endedAt: Type.Optional(EpochMs),
  /** Whole seconds between joining the queue and now or the answer. */
  waitedSeconds: Type.Integer({ minimum: 0 }),
  context: CallerContext,
  /** The operator who talks with the citizen; absent while nobody does, and when a line of the short list does. */
  holder: Type.Optional(Uuid),
  /** The citizen hears music and is not heard. */
  onHold: Type.Boolean(),
  /** The operator is not heard. */
  muted: Type.Boolean(),
  parties: Type.Array(Party),
  /** Keys pressed in the talk, the last ten: who cannot speak answers by them. */
  keys: Type.Array(Type.Object({ key: Type.String({ maxLength: 1 }), at: EpochMs }, { additionalProperties: false })),
  /** Set at the answer. The ticket's id is the call's id. */
  ticket: Type.Optional(Type.Object({
    id: Uuid,
    number: Type.String(),
    /** True while PostgreSQL is away and the number is not the final one. */
    provisional: Type.Boolean(),
  }, { additionalProperties: false })),
}, { additionalProperties: false })
export type CallCard = Static<typeof CallCard>
