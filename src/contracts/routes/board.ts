import { Type, type Static } from 'typebox'
import { Language, Uuid } from '../primitives.js'
import { INTAKE, Nothing, strict, type Route } from '../route.js'
import { TicketFilter } from './dispatch.js'

export const SavedView = strict({ id: Uuid, name: Type.String({ minLength: 1, maxLength: 40, pattern: '\\S' }), filter: Type.String({ maxLength: 2_000 }), shared: Type.Boolean() })
export type SavedView = Static<typeof SavedView>

/** What the dispatcher's board has beside its lists. */
export const BOARD_ROUTES = {
  views: { method: 'GET', path: '/api/views', roles: INTAKE, summary: { zh: '保存的筛选', en: 'Saved filters' }, response: strict({ views: Type.Array(SavedView) }) },
  saveView: { method: 'POST', path: '/api/views', roles: INTAKE, summary: { zh: '保存筛选（共享的仅值班长、管理员）', en: 'Save a filter (shared ones: supervisors and administrators)' }, body: SavedView, response: Nothing },
  removeView: { method: 'POST', path: '/api/views/:id/remove', roles: INTAKE, summary: { zh: '删除筛选', en: 'Remove a filter' }, params: strict({ id: Uuid }), body: Nothing, response: Nothing },
  /** UTF-8 with a byte order mark; no cell of it is a formula, whatever a caller wrote. */
  exportTickets: { method: 'GET', path: '/api/tickets.csv', roles: INTAKE, summary: { zh: '导出工单（CSV）', en: 'Tickets as CSV' }, query: strict({ ...TicketFilter, /** Of the desk that asks; without it the person’s own. */ language: Type.Optional(Language) }), response: Type.String() },
} as const satisfies Record<string, Route>
