import { Type } from 'typebox'
import { EpochMs } from '../primitives.js'
import { strict, type Route } from '../route.js'

/** For those who watch over the process. */
export const OPERATION_ROUTES = {
  health: { method: 'GET', path: '/health', roles: 'public', summary: { zh: '进程存活', en: 'The process lives' }, response: strict({ ok: Type.Boolean(), version: Type.String(), uptimeSeconds: Type.Integer(), /** `none`: nobody wants talks to be recorded. */ recording: Type.Enum(['on', 'off', 'none']) }) },
  ready: { method: 'GET', path: '/ready', roles: 'public', summary: { zh: '可否接警、登录', en: 'May calls and desks come here' }, response: strict({ ready: Type.Boolean(), database: Type.String(), pbx: Type.String(), journal: Type.Integer(), rejected: Type.Integer(), flows: Type.Optional(Type.String()), since: EpochMs }) },
  metrics: { method: 'GET', path: '/metrics', roles: 'public', summary: { zh: 'Prometheus 指标', en: 'Prometheus metrics' }, response: Type.String() },
} as const satisfies Record<string, Route>
