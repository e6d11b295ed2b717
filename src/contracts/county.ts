import { Type, type Static } from 'typebox'
import { TicketAct } from './acts.js'
import { Notice } from './dispatch.js'
import { Bilingual, EpochMs, Uuid } from './primitives.js'
import { CLOCKS } from './life-cycle.js'
import { MOST_PICTURE_BYTES, MOST_THUMBNAIL_BYTES } from './routes/units.js'
import { Ticket, Unit } from './ticket.js'
import { Priority, UnitId } from './work.js'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const strict = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, { additionalProperties: false })

/** A line joins the city and one county; both sides call it by the same name. */
export const LineName = Type.String({ pattern: '^[a-z0-9-]{2,16}$' })

/** Who did something in a county. He has no log-in at the city. */
export const CountyPerson = strict({ id: Uuid, name: Type.String({ minLength: 1, maxLength: 64 }) })
export type CountyPerson = Static<typeof CountyPerson>

const base64 = (bytes: number) => Type.String({ minLength: 1, maxLength: Math.ceil(bytes / 3) * 4, pattern: '^[A-Za-z0-9+/]+={0,2}$' })

/** What goes over a line. The city tells of tickets, a county of what its people did. */
export const LineBody = Type.Union([
  /** A ticket as the county's units may see it. `upTo`: the last of the county's messages that is in it; what came after is still under way. */
  strict({
    kind: Type.Literal('ticket'), ticket: Ticket, upTo: Type.Integer({ minimum: 0 }), units: Type.Array(Unit),
    /** The act that made this version, for the county's own history. */
    act: strict({ act: Type.String({ maxLength: 40 }), note: Type.String({ maxLength: 2000 }), by: Type.String({ maxLength: 64 }), at: EpochMs }),
    notices: Type.Array(Notice),
  }),
  /** It is no longer the county's. Where it is now is told, and no more of it. */
  strict({ kind: Type.Literal('gone'), ticketId: Uuid, version: Type.Integer({ minimum: 1 }), unitId: nullable(UnitId), upTo: Type.Integer({ minimum: 0 }), at: EpochMs, notices: Type.Array(Notice) }),
  /** `base`: the city's version that the writer had before him. */
  strict({ kind: Type.Literal('act'), ticketId: Uuid, act: TicketAct, by: CountyPerson, unitId: UnitId, base: Type.Integer({ minimum: 0 }), at: EpochMs }),
  /** A terminal of the county has shown a dispatch. */
  strict({ kind: Type.Literal('receipt'), ticketId: Uuid, noticeId: Uuid, unitId: UnitId, at: EpochMs }),
  /** Somebody in the county looked at a complainant's number. */
  strict({ kind: Type.Literal('reveal'), ticketId: Uuid, by: CountyPerson, unitId: UnitId, reason: Type.String({ maxLength: 200 }), at: EpochMs }),
  /** A photo of a ticket that both have. Its bytes are fetched beside the messages, piece by piece, and count when they are what is said of them here. `by.id` null: somebody of the city. */
  strict({
    kind: Type.Literal('photo'), ticketId: Uuid, id: Uuid, unitId: nullable(UnitId), by: strict({ id: nullable(Uuid), name: Type.String({ minLength: 1, maxLength: 64 }) }), at: EpochMs,
    type: Type.Enum(['image/jpeg', 'image/png', 'image/webp']), width: Type.Integer({ minimum: 1 }), height: Type.Integer({ minimum: 1 }), bytes: Type.Integer({ minimum: 1, maximum: MOST_PICTURE_BYTES }), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    thumbnail: nullable(base64(MOST_THUMBNAIL_BYTES)),
  }),
  /** By what the city's clocks count: a county that is cut off counts by the same. */
  strict({
    kind: Type.Literal('rules'), ticketId: Type.Null(), units: Type.Array(Unit),
    clocks: Type.Array(strict({ clock: Type.Enum(CLOCKS), category: nullable(Type.String({ maxLength: 32 })), priority: nullable(Priority), minutes: Type.Integer({ minimum: 1 }), hours: Type.Enum(['always', 'office']), basis: Type.String({ maxLength: 200 }) })),
    days: Type.Array(strict({ day: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), kind: Type.Enum(['holiday', 'workday']), name: Type.String({ maxLength: 40 }) })),
    years: Type.Array(strict({ year: Type.Integer(), source: Type.String({ maxLength: 60 }) })),
  }),
])
export type LineBody = Static<typeof LineBody>
export type LineKind = LineBody['kind']
export type BodyOfKind<K extends LineKind> = Extract<LineBody, { kind: K }>

/** One message, as it is signed. `from`: who says it, so that nobody can be fed what he said himself. */
export const LineMessage = strict({ line: LineName, from: Type.Enum(['city', 'county']), seq: Type.Integer({ minimum: 1 }), id: Uuid, at: EpochMs, body: Type.Unknown() })
export type LineMessage = Static<typeof LineMessage>

/** What each side says of itself at an exchange. `held`: what it holds beyond `have`, so that only the gaps are sent again. */
export const LineState = strict({
  line: LineName, from: Type.Enum(['city', 'county']), turn: Type.Integer({ minimum: 1 }), now: EpochMs,
  have: Type.Integer({ minimum: 0 }), held: Type.Array(Type.Integer({ minimum: 1 }), { maxItems: 1_000 }),
  /** The id of the other side's message `have`: after a restored backup it is another one there. */
  tip: nullable(Uuid),
  /** The number of its own last message. */
  last: Type.Optional(Type.Integer({ minimum: 0 })),
  /** The next piece of a photo that it would have: from this byte on. */
  wants: Type.Optional(strict({ id: Uuid, from: Type.Integer({ minimum: 0 }) })),
})
export type LineState = Static<typeof LineState>

/** A piece of a photo, as it is signed; empty: the other side has no more of it. */
export const LinePart = strict({ line: LineName, from: Type.Enum(['city', 'county']), id: Uuid, at: Type.Integer({ minimum: 0 }), data: Type.String({ maxLength: 300_000, pattern: '^[A-Za-z0-9+/]*={0,2}$' }) })
export type LinePart = Static<typeof LinePart>

/** A text, the key that signed it, and the signature (Ed25519, base64). */
export const Sealed = strict({ text: Type.String({ maxLength: 400_000 }), key: Type.String({ pattern: '^[a-z0-9]{8}$' }), signature: Type.String({ pattern: '^[A-Za-z0-9+/]{86}==$' }) })
export type Sealed = Static<typeof Sealed>

/** One exchange, either way. */
export const Exchange = strict({ state: Sealed, messages: Type.Array(Sealed, { maxItems: 200 }), part: Type.Optional(Sealed) })
export type Exchange = Static<typeof Exchange>

/** A line as people see it. */
export const LineView = strict({
  name: LineName, peer: Type.Enum(['city', 'county']), units: Type.Array(UnitId), heardAt: nullable(EpochMs), up: Type.Boolean(),
  /** Messages of ours that the other side does not have yet. */
  waiting: Type.Integer(),
  /** The other side's clock less ours, ms. `skewed`: more than may be. */
  skew: Type.Integer(), skewed: Type.Boolean(), trouble: Type.String(), conflicts: Type.Integer(),
})
export type LineView = Static<typeof LineView>

/** An act of a county's person that did not go with what the city had done. `unitId`: whose he is, for one county may have several; `base`: the city's version that he had before him. */
export const ConflictAct = strict({ act: TicketAct, by: Type.String(), byId: Uuid, unitId: UnitId, base: Type.Integer({ minimum: 0 }), at: EpochMs, why: Bilingual })
export type ConflictAct = Static<typeof ConflictAct>

/** Two sides of one ticket that a named person has to decide on. `unitId`: whose act was the first; `city`: what was done at the city since the county last heard of it. */
export const Conflict = strict({
  id: Uuid, line: LineName, ticketId: Uuid, number: Type.String(), unitId: UnitId, openedAt: EpochMs, acts: Type.Array(ConflictAct),
  city: Type.Array(strict({ act: Type.String(), at: EpochMs, by: nullable(Type.String()), note: Type.String() })),
  decision: nullable(Type.Enum(['city', 'county'])), decidedAt: nullable(EpochMs), decidedBy: nullable(Type.String()), note: Type.String(),
})
export type Conflict = Static<typeof Conflict>

/** How the city's side and the county's side of a conflict may be settled. `city`: what the city did stands; `county`: the ticket goes back and the county's acts count. */
export const CONFLICT_SIDES = ['city', 'county'] as const
export type ConflictSide = (typeof CONFLICT_SIDES)[number]
