import { Type, type Static } from 'typebox'
import { QueueClass } from '../call.js'
import { CategoryCode, EpochMs, Uuid } from '../primitives.js'
import { INTAKE, Nothing, Page, strict, type Route } from '../route.js'

export const CALL_BACK_REASONS = ['abandoned', 'silent', 'asked', 'message', 'untold'] as const
export const CALL_BACK_OUTCOMES = ['reached', 'called-again', 'not-reached', 'not-needed', 'no-number'] as const
/** What a person may say; the others the records say themselves. */
export const CALL_BACK_ENDS = ['reached', 'not-reached', 'not-needed', 'no-number'] as const

/** Somebody who must be called back. The id is his call's, and will be his ticket's. */
export const CallBack = strict({
  callId: Uuid,
  number: Type.String(),
  /** Whom the number is known as; empty where nobody knows, or where he wants to stay unnamed. */
  name: Type.String(),
  reason: Type.Enum(CALL_BACK_REASONS),
  since: EpochMs,
  /** How often this person called since, in vain. */
  calls: Type.Integer(),
  state: Type.Enum(['open', 'claimed', 'done']),
  attempts: Type.Integer(),
  lastAttemptAt: Type.Optional(EpochMs),
  /** Who has taken it within the last ten minutes; after that it is `open` to everybody again. */
  claimedBy: Type.Optional(strict({ id: Uuid, displayName: Type.String() })),
  outcome: Type.Optional(Type.Enum(CALL_BACK_OUTCOMES)),
  doneBy: Type.Optional(Type.String()),
  doneAt: Type.Optional(EpochMs),
  note: Type.String(),
  ticketNumber: Type.Optional(Type.String()),
  category: Type.Optional(CategoryCode),
  place: Type.String(),
})
export type CallBack = Static<typeof CallBack>

const Refusal = strict({ cause: Type.String({ pattern: '^[a-z-]{1,32}$' }), class: QueueClass, status: Type.Integer({ minimum: 300, maximum: 699 }), count: Type.Integer({ minimum: 1, maximum: 10_000_000 }) })

const Amount = Type.Integer({ minimum: 0, maximum: 10_000_000 })

/** Of one INVITE: the moment at which it came by the edge's clock, µs since 1970, no two alike. FreeSWITCH is told it, so a call is known by it again. */
const Mark = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** What an edge saw, a minute a row. `cancelled`: the caller hung up before anybody answered, FreeSWITCH included. `unseen`: what became of it the edge does not know; the intake may. */
export const EdgeCounts = strict({
  edge: Type.String({ pattern: '^[a-z0-9-]{1,32}$' }),
  rows: Type.Array(strict({ id: Uuid, minute: EpochMs, invites: Amount, cancelled: Type.Optional(Amount), unseen: Type.Optional(Amount), refused: Type.Array(Refusal, { maxItems: 100 }) }), { maxItems: 500 }),
  /** All INVITEs up to this mark are in these rows and those of before. Absent: an edge that marks none. */
  until: Type.Optional(Mark),
  /** Those of them that were under way still. Absent: more rows follow. */
  pending: Type.Optional(Type.Array(Mark, { maxItems: 10_000 })),
})
export type EdgeCounts = Static<typeof EdgeCounts>

/** One edge's day as far as it has told: invites = refused + cancelled + pending + calls + unaccounted. */
const EdgeAccount = strict({
  edge: Type.String(),
  invites: Type.Integer(),
  refused: Type.Integer(),
  cancelled: Type.Integer(),
  /** Under way when it told. */
  pending: Type.Integer(),
  /** Calls with its marks, up to the last that it told of. */
  calls: Type.Integer(),
  /** Less than none: more calls than INVITEs. Null: it has told nothing yet. */
  unaccounted: Type.Union([Type.Integer(), Type.Null()]),
  /** When it told last. */
  toldAt: Type.Optional(EpochMs),
  /** It ought to have told by now: what is unaccounted is as of then. */
  silent: Type.Boolean(),
})

/** A day's account: calls = answered + abandoned + refused + settled by the flow + waiting, and each edge's INVITEs are calls or have an outcome there. */
export const DayAccount = strict({
  day: Type.String(),
  /** As the edges counted so far; null while none reports. */
  invites: Type.Union([Type.Integer(), Type.Null()]),
  edgeRefused: Type.Array(Refusal),
  /** Callers who hung up before anything answered: nobody heard them, and the intake never knew of them. */
  edgeCancelled: Type.Integer(),
  /** Calls whose outcome the edges did not see (a broken link, a restart): so many of those that are unaccounted may be explained by it. */
  edgeUnseen: Type.Integer(),
  calls: Type.Integer(),
  /** Of these: calls that came past the edges. */
  straight: Type.Integer(),
  edges: Type.Array(EdgeAccount),
  answered: Type.Integer(),
  abandoned: Type.Integer(),
  refused: Type.Integer(),
  /** The flow came to an end with them: another line took the call, a message was left, a call back promised. */
  settled: Type.Integer(),
  waiting: Type.Integer(),
  /** Over all edges, each up to its last word; what one has too many never makes up for what another has too few. Null: an edge that ought to tell is silent, so nobody knows. */
  unaccounted: Type.Union([Type.Integer(), Type.Null()]),
  /** Abandoned ones by what became of them: an outcome, or `open`, `claimed`. */
  callBacks: Type.Record(Type.String(), Type.Integer()),
  /** Abandoned ones that have no task: must be none. */
  withoutCallBack: Type.Integer(),
})
export type DayAccount = Static<typeof DayAccount>

/** Zero unaccounted calls: tasks to call back, the day's identity, the edge's counts. */
export const ACCOUNT_ROUTES = {
  callBacks: {
    method: 'GET', path: '/api/call-backs', roles: INTAKE, summary: { zh: '回拨任务', en: 'Whom to call back' },
    query: strict({ state: Type.Enum(['open', 'done'], { default: 'open' }), ...Page }), response: strict({ callBacks: Type.Array(CallBack), total: Type.Integer() }),
  },
  claimCallBack: { method: 'POST', path: '/api/call-backs/:id/claim', roles: ['operator', 'supervisor'], summary: { zh: '领取回拨任务（开单）', en: 'Take a call back (opens its ticket)' }, params: strict({ id: Uuid }), body: Nothing, response: strict({ ticketId: Uuid }) },
  settleCallBack: {
    method: 'POST', path: '/api/call-backs/:id/settle', roles: ['operator', 'supervisor'], summary: { zh: '了结回拨任务', en: 'Settle a call back' },
    params: strict({ id: Uuid }), body: strict({ outcome: Type.Enum(CALL_BACK_ENDS), note: Type.String({ maxLength: 500 }) }), response: Nothing,
  },
  dayAccount: { method: 'GET', path: '/api/account', roles: ['supervisor', 'admin'], summary: { zh: '话务核对（日）', en: 'A day’s account of calls' }, query: strict({ day: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })) }), response: DayAccount },
  edgeCounts: { method: 'POST', path: '/api/edge/counts', roles: 'public', summary: { zh: '接入层上报呼叫计数（令牌 edge.token）', en: 'Counts from an edge (bearer edge.token)' }, body: EdgeCounts, response: Nothing },
} as const satisfies Record<string, Route>
