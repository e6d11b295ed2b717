import { Type, type Static, type TSchema } from 'typebox'
import { CallState, EarlierCall } from './call.js'
import { ROLES, Self, type Role } from './people.js'
import { Bilingual, CategoryCode, EpochMs, Uuid } from './primitives.js'
import { ActResult, HistoryRow, Ticket, TicketAct, TicketList, TicketState, Unit } from './ticket.js'
import { HealthView, QueueView } from './ws.js'

/**
 * Every HTTP route, in one table: path, who may call it, what goes in and out. The server registers from it, OpenAPI is made from it,
 * the desk's client is typed by it. A route without roles or response cannot be written.
 */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** `public`: nobody needs to be signed in. */
  readonly roles: readonly Role[] | 'public'
  readonly summary: Bilingual
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  readonly response: TSchema
}

/** Every refusal has this shape; `code` is from `contracts/errors.ts`, `text` in the language of the request. */
export const Failure = Type.Object({
  code: Type.String(),
  text: Type.String(),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
}, { additionalProperties: false })
export type Failure = Static<typeof Failure>

const strict = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, { additionalProperties: false })
const Nothing = strict({})
const Page = { limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }), offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }) }
const EVERYONE = ROLES
const INTAKE = ['operator', 'supervisor', 'admin'] as const

export const Category = strict({ code: CategoryCode, name: Bilingual, class: Type.Enum(['emergency', 'standard']) })
export type Category = Static<typeof Category>

export const CallLine = Type.Object({
  ...EarlierCall.properties,
  number: Type.String(),
  waitedSeconds: Type.Integer(),
  operatorId: Type.Optional(Uuid),
}, { additionalProperties: false })
export type CallLine = Static<typeof CallLine>

export const PracticeLogin = strict({ loginName: Type.String(), password: Type.String(), displayName: Type.String(), role: Type.Enum(ROLES) })
export type PracticeLogin = Static<typeof PracticeLogin>

/** One more practice call. `keys`: what he presses, `w` waits a second: `w1`. */
export const PracticeCall = strict({
  number: Type.String({ pattern: '^[0-9*#+]{0,20}$', default: '13900000001' }),
  name: Type.Optional(Type.String({ maxLength: 64 })),
  keys: Type.Optional(Type.String({ pattern: '^[0-9*#w]{0,64}$' })),
  /** Hangs up after so many seconds, whatever happens. */
  wait: Type.Integer({ minimum: 1, maximum: 3600, default: 60 }),
  lat: Type.Optional(Type.Number()),
  lon: Type.Optional(Type.Number()),
})
export type PracticeCall = Static<typeof PracticeCall>

export const ROUTES = {
  logIn: {
    method: 'POST', path: '/api/login', roles: 'public', summary: { zh: '登录', en: 'Sign in' },
    body: strict({ loginName: Type.String({ minLength: 1, maxLength: 32 }), password: Type.String({ minLength: 1, maxLength: 200 }) }), response: Self,
  },
  logOut: { method: 'POST', path: '/api/logout', roles: EVERYONE, summary: { zh: '退出', en: 'Sign out' }, body: Nothing, response: Nothing },
  me: { method: 'GET', path: '/api/me', roles: EVERYONE, summary: { zh: '我是谁', en: 'Who am I' }, response: Self },
  tickets: {
    method: 'GET', path: '/api/tickets', roles: EVERYONE, summary: { zh: '工单列表', en: 'Tickets' },
    query: strict({ mine: Type.Optional(Type.Boolean()), state: Type.Optional(TicketState), text: Type.Optional(Type.String({ maxLength: 100 })), callBack: Type.Optional(Type.Boolean()), ...Page }),
    response: TicketList,
  },
  ticket: { method: 'GET', path: '/api/tickets/:id', roles: EVERYONE, summary: { zh: '一张工单', en: 'One ticket' }, params: strict({ id: Uuid }), response: Ticket },
  history: { method: 'GET', path: '/api/tickets/:id/history', roles: EVERYONE, summary: { zh: '工单历史', en: 'A ticket’s history' }, params: strict({ id: Uuid }), response: strict({ history: Type.Array(HistoryRow) }) },
  act: {
    method: 'POST', path: '/api/tickets/:id/acts', roles: INTAKE, summary: { zh: '处理工单（编辑、派单、办结、重开）', en: 'Edit, dispatch, settle or reopen' },
    params: strict({ id: Uuid }), body: TicketAct, response: ActResult,
  },
  units: { method: 'GET', path: '/api/units', roles: EVERYONE, summary: { zh: '联动单位', en: 'Linked units' }, response: strict({ units: Type.Array(Unit) }) },
  categories: { method: 'GET', path: '/api/categories', roles: EVERYONE, summary: { zh: '类别表', en: 'Code book' }, response: strict({ categories: Type.Array(Category) }) },
  calls: {
    method: 'GET', path: '/api/calls', roles: INTAKE, summary: { zh: '来电记录', en: 'Calls' },
    query: strict({ number: Type.Optional(Type.String({ pattern: '^\\+?[0-9*#]{1,20}$' })), mine: Type.Optional(Type.Boolean()), ...Page }),
    response: strict({ calls: Type.Array(CallLine), total: Type.Integer() }),
  },
  queue: { method: 'GET', path: '/api/queue', roles: EVERYONE, summary: { zh: '队列', en: 'The queue' }, response: strict({ queue: QueueView, health: HealthView }) },
  practiceLogins: { method: 'GET', path: '/api/practice/logins', roles: 'public', summary: { zh: '练习账号（仅练习交换机运行时）', en: 'Practice log-ins (only while the practice exchange runs)' }, response: strict({ logins: Type.Array(PracticeLogin) }) },
  practiceCall: {
    method: 'POST', path: '/api/practice/calls', roles: 'public', summary: { zh: '打一个练习电话；逐行返回 JSON', en: 'Place a practice call; answers in lines of JSON' },
    body: PracticeCall, response: Type.String(),
  },
  health: { method: 'GET', path: '/health', roles: 'public', summary: { zh: '进程存活', en: 'The process lives' }, response: strict({ ok: Type.Boolean(), version: Type.String(), uptimeSeconds: Type.Integer() }) },
  ready: { method: 'GET', path: '/ready', roles: 'public', summary: { zh: '可否接警', en: 'May calls come here' }, response: strict({ ready: Type.Boolean(), database: Type.String(), pbx: Type.String(), journal: Type.Integer(), since: EpochMs }) },
  metrics: { method: 'GET', path: '/metrics', roles: 'public', summary: { zh: 'Prometheus 指标', en: 'Prometheus metrics' }, response: Type.String() },
} as const satisfies Record<string, Route>

export type RouteName = keyof typeof ROUTES
type Of<R, K extends string> = R extends Record<K, infer S extends TSchema> ? Static<S> : undefined
export type ResponseOf<N extends RouteName> = Static<(typeof ROUTES)[N]['response']>
export type BodyOf<N extends RouteName> = Of<(typeof ROUTES)[N], 'body'>
export type QueryOf<N extends RouteName> = Of<(typeof ROUTES)[N], 'query'>
export type ParamsOf<N extends RouteName> = Of<(typeof ROUTES)[N], 'params'>
export { CallState }
