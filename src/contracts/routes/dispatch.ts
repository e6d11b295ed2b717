import { Type, type Static } from 'typebox'
import { TicketAct } from '../acts.js'
import { TicketSummary } from '../call.js'
import { BoardArea, BoardCell, Duplicate, DutyRule, Notice, OutboxLine, Proposal } from '../dispatch.js'
import { STATE_CLASSES } from '../life-cycle.js'
import { Bilingual, CategoryCode, EpochMs, Uuid } from '../primitives.js'
import { EVERYONE, INTAKE, Nothing, Page, strict, type Route } from '../route.js'
import { ActResult, HistoryRow, Ticket, TicketList, TicketState, Unit } from '../ticket.js'
import { UnitId } from '../work.js'

export const Category = strict({ code: CategoryCode, name: Bilingual, class: Type.Enum(['emergency', 'standard']) })
export type Category = Static<typeof Category>

export const TICKET_SORTS = ['newest', 'due'] as const
const Id = strict({ id: Uuid })

/** What a list of tickets is narrowed by. */
export const TicketFilter = {
  mine: Type.Optional(Type.Boolean()), state: Type.Optional(TicketState), class: Type.Optional(Type.Enum(STATE_CLASSES)), unitId: Type.Optional(UnitId), category: Type.Optional(CategoryCode),
  /** Somebody has it to do: neither over nor following another. */
  inHand: Type.Optional(Type.Boolean()),
  /** Of `unitId`: those that it leads, not those that it assists. */
  leads: Type.Optional(Type.Boolean()),
  /** Past a due moment. */
  late: Type.Optional(Type.Boolean()),
  /** Due within two hours, as the board counts them. */
  soon: Type.Optional(Type.Boolean()),
  /** The tickets that follow this one; to a unit, of one of its own, what they say and no more. */
  mergedInto: Type.Optional(Uuid),
  from: Type.Optional(EpochMs), to: Type.Optional(EpochMs),
  text: Type.Optional(Type.String({ maxLength: 100 })), callBack: Type.Optional(Type.Boolean()), attention: Type.Optional(Type.Boolean()), sort: Type.Optional(Type.Enum(TICKET_SORTS)),
}

/** Tickets, units, code book. A unit sees its own tickets only, whatever it asks for. */
export const DISPATCH_ROUTES = {
  tickets: {
    method: 'GET', path: '/api/tickets', roles: EVERYONE, summary: { zh: '工单列表', en: 'Tickets' },
    query: strict({ ...TicketFilter, ...Page }),
    response: TicketList,
  },
  board: { method: 'GET', path: '/api/board', roles: EVERYONE, summary: { zh: '按状态、单位、区划、超期计数', en: 'Counts by state, unit, district and lateness' }, response: strict({ cells: Type.Array(BoardCell), areas: Type.Array(BoardArea) }) },
  ticket: { method: 'GET', path: '/api/tickets/:id', roles: EVERYONE, summary: { zh: '一张工单', en: 'One ticket' }, params: Id, response: Ticket },
  history: { method: 'GET', path: '/api/tickets/:id/history', roles: EVERYONE, summary: { zh: '工单历史', en: 'A ticket’s history' }, params: Id, response: strict({ history: Type.Array(HistoryRow) }) },
  act: {
    method: 'POST', path: '/api/tickets/:id/acts', roles: EVERYONE, summary: { zh: '处理工单（见状态表）', en: 'Act on a ticket (see the state table)' },
    params: Id, body: TicketAct, response: ActResult,
  },
  urgeMany: {
    method: 'POST', path: '/api/tickets/urge', roles: INTAKE, summary: { zh: '批量催办', en: 'Urge many' },
    body: strict({ actId: Uuid, ids: Type.Array(Uuid, { minItems: 1, maxItems: 200, uniqueItems: true }), note: Type.String({ maxLength: 1000 }) }),
    response: strict({ urged: Type.Array(Uuid), refused: Type.Array(strict({ id: Uuid, code: Type.String(), text: Type.String() })) }),
  },
  proposal: { method: 'GET', path: '/api/tickets/:id/proposal', roles: INTAKE, summary: { zh: '派单建议及理由', en: 'Whom to give it to, and why' }, params: Id, response: Proposal },
  duplicates: { method: 'GET', path: '/api/tickets/:id/duplicates', roles: INTAKE, summary: { zh: '疑似重复与附近同类', en: 'Possible duplicates, and what else of its category is near' }, params: Id, response: strict({ duplicates: Type.Array(Duplicate), /** They, and whatever else of its category is in hand there, however old; an older node does not say. */ nearby: Type.Optional(Type.Array(TicketSummary)) }) },
  duties: { method: 'GET', path: '/api/duties', roles: EVERYONE, summary: { zh: '职责清单', en: 'Rules of duty' }, response: strict({ duties: Type.Array(DutyRule) }) },
  notices: { method: 'GET', path: '/api/notices', roles: EVERYONE, summary: { zh: '未确认的通知', en: 'Notices not yet confirmed' }, response: strict({ notices: Type.Array(Notice) }) },
  receipt: { method: 'POST', path: '/api/notices/:id/receipt', roles: EVERYONE, summary: { zh: '终端确认收到通知', en: 'A terminal has shown a notice' }, params: Id, body: Nothing, response: Nothing },
  outbox: {
    method: 'GET', path: '/api/outbox', roles: ['supervisor', 'admin'], summary: { zh: '外发消息', en: 'Messages on their way out' },
    query: strict({ dead: Type.Optional(Type.Boolean()), ticketId: Type.Optional(Uuid), ...Page }), response: strict({ messages: Type.Array(OutboxLine), total: Type.Integer() }),
  },
  replay: { method: 'POST', path: '/api/outbox/:id/replay', roles: ['supervisor', 'admin'], summary: { zh: '重发死信', en: 'Send a dead letter again' }, params: Id, body: Nothing, response: Nothing },
  units: { method: 'GET', path: '/api/units', roles: EVERYONE, summary: { zh: '联动单位', en: 'Linked units' }, response: strict({ units: Type.Array(Unit) }) },
  categories: { method: 'GET', path: '/api/categories', roles: EVERYONE, summary: { zh: '类别表', en: 'Code book' }, response: strict({ categories: Type.Array(Category) }) },
} as const satisfies Record<string, Route>
