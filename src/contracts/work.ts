import { Type, type Static } from 'typebox'
import { CLOCKS, STAGES, type Clock } from './life-cycle.js'
import { EpochMs, Uuid, type Bilingual } from './primitives.js'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const strict = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, { additionalProperties: false })

export const UnitId = Type.String({ pattern: '^[a-z0-9-]{2,32}$' })
export const Note = Type.String({ maxLength: 1000 })
/** A rule of duty, as `duty_rule.code` names it. */
export const DutyCode = Type.String({ pattern: '^[A-Za-z0-9.-]{1,32}$' })

export const PRIORITIES = ['emergency', 'urgent', 'normal'] as const
export const Priority = Type.Enum(PRIORITIES)
export type Priority = (typeof PRIORITIES)[number]
/** As the desk and exports name them. */
export const PRIORITY_NAMES: Readonly<Record<Priority, Bilingual>> = { emergency: { zh: '特急', en: 'Emergency' }, urgent: { zh: '紧急', en: 'Urgent' }, normal: { zh: '一般', en: 'Normal' } }

/** The complainant's wish: all may be known; units do not get his number; nor his name; nobody gets either. */
export const PRIVACIES = ['open', 'number-hidden', 'identity-hidden', 'anonymous'] as const
export const Privacy = Type.Enum(PRIVACIES)
export type Privacy = (typeof PRIVACIES)[number]
/** More is shown than before. */
export const loosens = (from: Privacy, to: Privacy): boolean => PRIVACIES.indexOf(to) < PRIVACIES.indexOf(from)

/** One clock that runs. Its next stage comes at the time of that stage; a stage that is over is in the history. */
export const RunningClock = strict({
  clock: Type.Enum(CLOCKS),
  /** Whose clock it is; null: the hall's. */
  unitId: nullable(UnitId),
  startedAt: EpochMs,
  /** When each stage comes; `urge` is the moment when it is due. */
  at: strict({ warn: EpochMs, urge: EpochMs, supervise: EpochMs, notice: EpochMs }),
  /** Null: the ladder is used up. */
  next: nullable(Type.Enum(STAGES)),
  /** Of `delivery`: what the unit has not confirmed yet; left out: the dispatch itself. */
  tells: Type.Optional(Type.Union([Type.Literal('redo'), Type.Literal('raised'), Type.Literal('changed')])),
})
export type RunningClock = Static<typeof RunningClock>

export const REPORT_RESULTS = ['done', 'settled-on-the-spot', 'not-done'] as const
export const VISIT_RESULTS = ['satisfied', 'partly', 'not-satisfied', 'unreachable'] as const
export const REFERRAL_BODIES = ['arbitration', 'court', 'other'] as const

export const Extension = strict({
  unitId: UnitId, until: EpochMs, note: Note, askedAt: EpochMs,
  state: Type.Union([Type.Literal('asked'), Type.Literal('granted'), Type.Literal('refused')]),
})
export type Extension = Static<typeof Extension>

export const Referral = strict({
  body: Type.Enum(REFERRAL_BODIES), name: Type.String({ minLength: 1, maxLength: 100 }),
  /** Day of the next step there (a hearing, an appointment). */
  nextAt: EpochMs,
  referredAt: EpochMs,
  /** The receiver's own reference; set when it said that it took the case. */
  reference: nullable(Type.String({ maxLength: 64 })), receivedAt: nullable(EpochMs),
  /** The unit that referred it; left out: the hall. */
  by: Type.Optional(UnitId),
})
export type Referral = Static<typeof Referral>

/** `to`: the unit that the rule names, as it was in force then; left out: by a program that did not say. */
export const Dispute = strict({ unitId: UnitId, duty: DutyCode, to: Type.Optional(UnitId), note: Note, at: EpochMs })
export type Dispute = Static<typeof Dispute>

/** A unit put a ticket down. `duty` null: it referred it, and the hall took it back. `to`: as in `Dispute`. */
export const Return = strict({ unitId: UnitId, duty: nullable(DutyCode), to: Type.Optional(UnitId), note: Note, at: EpochMs })
export type Return = Static<typeof Return>

/** What units and hall make of a ticket. Starts as `NO_WORK`. */
export const TicketWork = strict({
  priority: Priority,
  /** Danger to life: carries two clocks, make safe and repair; may not be returned before it is safe. */
  hazard: Type.Boolean(),
  /** That it is one follows from its category and nobody said so: until a unit has it, it goes with the category. */
  hazardBy: Type.Optional(Type.Literal('category')),
  /** What the complainant wants kept back: `dispatch/core/privacy.ts`. */
  privacy: Privacy,
  /** Assisting units; `ticket.unitId` leads. */
  assist: Type.Array(UnitId, { maxItems: 16 }),
  deliveredAt: nullable(EpochMs),
  signedAt: nullable(EpochMs),
  arrivedAt: nullable(EpochMs),
  safeAt: nullable(EpochMs),
  /** The leading unit said that it is repaired; null, or left out: not since it has it. */
  repairedAt: Type.Optional(nullable(EpochMs)),
  /** Person of the leading unit who has it. */
  assignee: nullable(Uuid),
  /** Unit that assists → its person who has it; null, or left out: none has named one. */
  assignees: Type.Optional(nullable(Type.Record(UnitId, Uuid))),
  /** Units that put it down, in order: each with the rule it cited, or by a referral that the hall took back. At most two. */
  returns: Type.Array(Return, { maxItems: 2 }),
  /** Given by a ruling: it cannot be returned any more. */
  binding: Type.Boolean(),
  /** Those that wait for an answer; the history keeps them all. */
  disputes: Type.Array(Dispute, { maxItems: 16 }),
  extension: nullable(Extension),
  referral: nullable(Referral),
  report: nullable(strict({ unitId: UnitId, result: Type.Enum(REPORT_RESULTS), note: Note, photos: Type.Array(Uuid), at: EpochMs })),
  visit: nullable(strict({ result: Type.Enum(VISIT_RESULTS), note: Note, at: EpochMs })),
  /** What the hall tells who called of how it ended; null, or left out: no more than that it did. */
  told: Type.Optional(nullable(Note)),
  urged: Type.Integer({ minimum: 0 }),
  /** When the hall last urged who has it; null, or left out: not since it was given. */
  urgedAt: Type.Optional(nullable(EpochMs)),
  supervised: Type.Boolean(),
  /** The ticket that this one follows (state `merged`). */
  mergedInto: nullable(Uuid),
  /** How many tickets follow this one. */
  members: Type.Integer({ minimum: 0 }),
  clocks: Type.Array(RunningClock),
})
export type TicketWork = Static<typeof TicketWork>

export const NO_WORK: TicketWork = {
  priority: 'normal', hazard: false, privacy: 'open', assist: [], deliveredAt: null, signedAt: null, arrivedAt: null, safeAt: null, assignee: null,
  returns: [], binding: false, disputes: [], extension: null, referral: null, report: null, visit: null, urged: 0, supervised: false, mergedInto: null, members: 0, clocks: [],
}

/** The clock that is due first, warned of or not; null when none runs. @param unitId of this unit's alone; left out: of all, the hall's and others' among them */
export const nextClockOf = ({ clocks }: Pick<TicketWork, 'clocks'>, unitId?: string): RunningClock | null =>
  clocks.reduce<RunningClock | null>((first, clock) => ((unitId === undefined || clock.unitId === unitId) && (first === null || clock.at.urge < first.at.urge) ? clock : first), null)

/** Limits for which a unit may have more time: those of the work itself. How soon somebody signs, is there, or makes it safe, is not put off. */
const PUT_OFF: ReadonlySet<Clock> = new Set<Clock>(['repair', 'report'])
/** Those of them that run, what is due first before the others. More time is counted from the first, so that none moves by more than was asked. */
export const putOffFrom = ({ clocks }: Pick<TicketWork, 'clocks'>): readonly RunningClock[] => clocks.filter(({ clock }) => PUT_OFF.has(clock)).sort((a, b) => a.at.urge - b.at.urge)
/** Which of them move when there is time until then: whatever passes before it, to that moment and no further; what is due later stays. ms */
export const putOffTo = (work: Pick<TicketWork, 'clocks'>, until: number): readonly RunningClock[] => putOffFrom(work).filter(({ at }) => at.urge < until)

/** When a ticket is next due: the earliest clock that runs, warned of or not; null when none runs. */
export const dueOf = (work: Pick<TicketWork, 'clocks'>): number | null => nextClockOf(work)?.at.urge ?? null
