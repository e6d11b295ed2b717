import { Type, type Static } from 'typebox'
import { EarlierCall } from '../call.js'
import { Uuid } from '../primitives.js'
import { EVERYONE, INTAKE, Page, strict, type Route } from '../route.js'
import { HealthView, QueueView } from '../ws.js'

export const CallLine = Type.Object({
  ...EarlierCall.properties,
  number: Type.String(),
  waitedSeconds: Type.Integer(),
  operatorId: Type.Optional(Uuid),
}, { additionalProperties: false })
export type CallLine = Static<typeof CallLine>

/** Calls and the queue. */
export const INTAKE_ROUTES = {
  calls: {
    method: 'GET', path: '/api/calls', roles: INTAKE, summary: { zh: '来电记录', en: 'Calls' },
    query: strict({ number: Type.Optional(Type.String({ pattern: '^\\+?[0-9*#]{1,20}$' })), mine: Type.Optional(Type.Boolean()), ...Page }),
    response: strict({ calls: Type.Array(CallLine), total: Type.Integer() }),
  },
  queue: { method: 'GET', path: '/api/queue', roles: EVERYONE, summary: { zh: '队列', en: 'The queue' }, response: strict({ queue: QueueView, health: HealthView }) },
} as const satisfies Record<string, Route>
