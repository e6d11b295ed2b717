import { Type, type Static } from 'typebox'
import { CLOCKS } from './life-cycle.js'
import { Bilingual, CategoryCode, EpochMs, Uuid } from './primitives.js'
import { DutyCode, UnitId } from './work.js'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const strict = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, { additionalProperties: false })

/** What a notice is about. */
export const NOTICE_KINDS = ['dispatch', 'urge', 'supervise', 'undelivered', 'ruling-wanted', 'incident', 'warn', 'notice', 'reassigned', 'stood-down', 'merged', 'void', 'redo', 'raised', 'changed', 'filed', 'ungathered', 'returned', 'reported', 'referred', 'extension-asked', 'extension-answered', 'disputed', 'dispute-answered', 'closed', 'told', 'conflict', 'decided'] as const
export const NoticeKind = Type.Enum(NOTICE_KINDS)
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** Whoever confirms one of these has the ticket as it is now: that is the delivery. */
export const DELIVERS: ReadonlySet<string> = new Set<NoticeKind>(['dispatch', 'redo', 'raised', 'changed'])

/** What the hall must hear of before all other news, wherever it looks. */
export const ALARMS: ReadonlySet<string> = new Set<NoticeKind>(['undelivered', 'ruling-wanted', 'incident', 'conflict'])

/** A unit is pressed for what it has. To the hall the same is news: it is told of every ticket that comes so far. */
export const PRESSES: ReadonlySet<string> = new Set<NoticeKind>(['urge', 'supervise'])

/** So many that nobody confirmed are told at a time to one reader, a unit or the hall: what is urgent first, then the newest. */
export const MOST_NOTICES = 200

/** What somebody on the road goes by: where it is, in words and as a position, and what it is about. */
export const ROAD_FIELDS = ['place', 'point', 'description'] as const
export type RoadField = (typeof ROAD_FIELDS)[number]

/** One thing that a terminal must hear of. Kept until it is confirmed; of `DELIVERS` that is the delivery that starts the clocks. */
export const Notice = strict({
  id: Uuid,
  kind: NoticeKind,
  /** Null: for the hall (supervisors, operators). */
  unitId: nullable(UnitId),
  /** The time limit that it is about, and whose. */
  clock: Type.Optional(Type.Enum(CLOCKS)),
  about: Type.Optional(UnitId),
  /** To the hall: nobody has said yet of what kind the call is, and `clock` waits for that. */
  unsorted: Type.Optional(Type.Boolean()),
  /** Of `changed`: what reads otherwise since the unit was told last. */
  changed: Type.Optional(Type.Array(Type.Enum(ROAD_FIELDS))),
  /** Of `extension-answered`: the new limit; null: the old ones stay. */
  until: Type.Optional(nullable(EpochMs)),
  ticketId: Uuid,
  number: Type.String(),
  text: Bilingual,
  category: nullable(CategoryCode),
  place: Type.String(),
  priority: Type.String(),
  /** A danger that nobody guards yet. */
  hazard: Type.Boolean(),
  dueAt: nullable(EpochMs),
  at: EpochMs,
})
export type Notice = Static<typeof Notice>

/** Is heard, and comes before all news: work, a unit that is pressed for it, an alarm, a danger that nobody guards, or one of which a unit says that it is not its own. */
export const isUrgent = ({ kind, clock, unitId, hazard }: Pick<Notice, 'kind' | 'clock' | 'unitId'> & Partial<Pick<Notice, 'hazard'>>): boolean => DELIVERS.has(kind) || ALARMS.has(kind) || clock === 'safe' || (hazard === true && kind === 'disputed') || (unitId !== null && PRESSES.has(kind))

/** One rule of duty: which unit answers for a category in an area and at an hour, by what document, from when to when. */
export const DutyRule = strict({
  code: DutyCode,
  category: nullable(CategoryCode),
  /** A district's id; null: the whole city. */
  area: nullable(Type.String()),
  hours: Type.Union([Type.Literal('any'), Type.Literal('office'), Type.Literal('night')]),
  unitId: UnitId,
  /** `lead` handles it; `assist` helps; `safe` makes it safe at once, whoever owns it. */
  role: Type.Union([Type.Literal('lead'), Type.Literal('assist'), Type.Literal('safe')]),
  /** The document that says so. */
  basis: Type.String(),
  /** Days, `YYYY-MM-DD`, both included; null: open. */
  validFrom: nullable(Type.String()),
  validTo: nullable(Type.String()),
})
export type DutyRule = Static<typeof DutyRule>

export const Candidate = strict({
  unitId: UnitId,
  /** The rules that speak for it. */
  duties: Type.Array(DutyCode),
  why: Bilingual,
})
export type Candidate = Static<typeof Candidate>

/** Whom to give a ticket to, and why. */
export const Proposal = strict({
  lead: nullable(Candidate),
  assist: Type.Array(Candidate),
  /** Who guards the hazard now, when the lead cannot at this hour or the owner is unknown. */
  safe: nullable(Candidate),
  /** Considered and not proposed, with the reason. */
  others: Type.Array(Candidate),
  hazard: Type.Boolean(),
  area: nullable(Type.String()),
  /** What each clock would give, from delivery. */
  clocks: Type.Array(strict({ clock: Type.Enum(CLOCKS), minutes: Type.Integer(), hours: Type.Union([Type.Literal('always'), Type.Literal('office')]) })),
})
export type Proposal = Static<typeof Proposal>

/** A ticket that may be about the same thing. */
export const Duplicate = strict({ id: Uuid, number: Type.String(), state: Type.String(), place: Type.String(), description: Type.String(), openedAt: EpochMs, distanceMetres: nullable(Type.Number()), members: Type.Integer() })
export type Duplicate = Static<typeof Duplicate>

/** Counts for the board: `late` is past a due moment. */
export const BoardCell = strict({ state: Type.String(), unitId: nullable(UnitId), total: Type.Integer(), late: Type.Integer(), soon: Type.Integer() })
export type BoardCell = Static<typeof BoardCell>

/** Of one district; `id` null: outside all of them, or nobody knows where. */
export const BoardArea = strict({ id: nullable(Type.String()), name: Type.String(), nameEn: Type.String(), total: Type.Integer(), late: Type.Integer() })
export type BoardArea = Static<typeof BoardArea>

/** One message on its way out, for the page of undelivered ones. */
export const OutboxLine = strict({
  id: Uuid, kind: NoticeKind, channel: Type.String(), unitId: nullable(UnitId), to: Type.String(), ticketId: nullable(Uuid), createdAt: EpochMs, tries: Type.Integer(),
  sentAt: nullable(EpochMs), receiptAt: nullable(EpochMs), deadAt: nullable(EpochMs), error: Type.String(),
})
export type OutboxLine = Static<typeof OutboxLine>
