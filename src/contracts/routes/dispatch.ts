import { Type, type Static } from 'typebox'
import { Bilingual, CategoryCode, Uuid } from '../primitives.js'
import { EVERYONE, INTAKE, Page, strict, type Route } from '../route.js'
import { ActResult, HistoryRow, Ticket, TicketAct, TicketList, TicketState, Unit } from '../ticket.js'

export const Category = strict({ code: CategoryCode, name: Bilingual, class: Type.Enum(['emergency', 'standard']) })
export type Category = Static<typeof Category>

/** Tickets, units, code book. */
export const DISPATCH_ROUTES = {
  tickets: {
    method: 'GET', path: '/api/tickets', roles: EVERYONE, summary: { zh: '工单列表', en: 'Tickets' },
    query: strict({ mine: Type.Optional(Type.Boolean()), state: Type.Optional(TicketState), text: Type.Optional(Type.String({ maxLength: 100 })), callBack: Type.Optional(Type.Boolean()), attention: Type.Optional(Type.Boolean()), ...Page }),
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
} as const satisfies Record<string, Route>
