import { Type, type Static } from 'typebox'
import { EarlierCall } from '../call.js'
import { CategoryCode, Uuid } from '../primitives.js'
import { EVERYONE, INTAKE, Page, strict, type Route } from '../route.js'
import { HealthView, QueueView } from '../ws.js'

export const CallLine = Type.Object({
  ...EarlierCall.properties,
  number: Type.String(),
  waitedSeconds: Type.Integer(),
  operatorId: Type.Optional(Uuid),
}, { additionalProperties: false })
export type CallLine = Static<typeof CallLine>

/** What one person did since the city's midnight; a ticket counts once for each thing. */
export const MyDay = strict({
  /** Calls that he picked up. */
  answered: Type.Integer(),
  /** Tickets of these that are the hall's to go on with. */
  open: Type.Integer(),
  /** Tickets that he gave to a unit, and that he closed, whoever took the call. */
  dispatched: Type.Integer(), closed: Type.Integer(),
  /** What the calls were about, as their tickets say now; the most frequent first. */
  matters: Type.Array(strict({ category: Type.Union([CategoryCode, Type.Null()]), kind: Type.Union([Type.String(), Type.Null()]), count: Type.Integer() })),
})
export type MyDay = Static<typeof MyDay>

/** Calls and the queue. */
export const INTAKE_ROUTES = {
  calls: {
    method: 'GET', path: '/api/calls', roles: INTAKE, summary: { zh: '来电记录', en: 'Calls' },
    query: strict({ number: Type.Optional(Type.String({ pattern: '^\\+?[0-9*#]{1,20}$' })), mine: Type.Optional(Type.Boolean()), ...Page }),
    response: strict({ calls: Type.Array(CallLine), total: Type.Integer() }),
  },
  myDay: { method: 'GET', path: '/api/my-day', roles: INTAKE, summary: { zh: '本人今日接听、派单、办结', en: 'What one answered, dispatched and closed today' }, response: MyDay },
  queue: { method: 'GET', path: '/api/queue', roles: EVERYONE, summary: { zh: '队列', en: 'The queue' }, response: strict({ queue: QueueView, health: HealthView }) },
} as const satisfies Record<string, Route>
