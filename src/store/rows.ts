import type { CallerIdentity, EarlierCall, TicketSummary } from '../contracts/call.js'
import type { Notice } from '../contracts/dispatch.js'
import { NO_WORK, type Ticket } from '../contracts/ticket.js'
import { nextClockOf } from '../contracts/work.js'
import type { CallRecord } from '../intake/ports.js'

/** A notice in the outbox. `letter`: what an e-mail says instead. */
export interface NoticeRow { readonly id: string; readonly body: Omit<Notice, 'id'> & { letter?: unknown }; readonly created_at: Date }
/** → as a terminal is told it, here and at a county; times in ms. */
export function noticeOf(row: NoticeRow): Notice {
  const body = { ...row.body }
  delete body.letter
  return { ...body, id: row.id, at: row.created_at.getTime() }
}

/** Rows as `pg` returns them, and what they mean. */
export interface TicketRow {
  id: string; number: string; state: Ticket['state']; version: number; kind: Ticket['fields']['kind']; category: string | null
  place: string; lat: number | null; lon: number | null; uncertainty: number | null; description: string; caller_name: string; call_back: boolean; attention: boolean
  outcome: Ticket['outcome']; unit_id: string | null; operator_id: string | null; number_called_from: string; number_verified: boolean
  tags: Ticket['tags']; provisional_number: string; opened_at: Date; answered_at: Date; dispatched_at: Date | null; closed_at: Date | null
  work: Partial<Ticket['work']>; assist: string[]; priority: string; due_at: Date | null; merged_into: string | null; members: number
}

/** A row of `ticket` → the ticket; times in ms since epoch. */
export const ticketOf = (row: TicketRow): Ticket => ({
  id: row.id,
  number: row.number,
  provisional: false,
  ...(row.provisional_number === '' ? {} : { provisionalNumber: row.provisional_number }),
  ...(row.attention ? { attention: true } : {}),
  state: row.state,
  version: row.version,
  fields: {
    kind: row.kind, category: row.category, place: row.place,
    point: row.lat === null || row.lon === null ? null : { lat: row.lat, lon: row.lon, ...(row.uncertainty === null ? {} : { uncertaintyMetres: row.uncertainty }) },
    description: row.description, callerName: row.caller_name, callBack: row.call_back,
  },
  outcome: row.outcome,
  unitId: row.unit_id,
  operatorId: row.operator_id,
  caller: { number: row.number_called_from, name: row.caller_name, verified: row.number_verified },
  tags: row.tags,
  openedAt: row.opened_at.getTime(),
  answeredAt: row.answered_at.getTime(),
  dispatchedAt: row.dispatched_at?.getTime() ?? null,
  closedAt: row.closed_at?.getTime() ?? null,
  work: { ...NO_WORK, ...row.work },
})

/** A row of `ticket` → a line of a list; `distance` in metres where the query had a place. @param unitId whose clocks count; left out: the hall reads it, and all do */
export function summaryOf(row: TicketRow & { distance?: number | null }, unitId?: string): TicketSummary {
  const due = nextClockOf({ clocks: row.work.clocks ?? [] }, unitId)
  return {
    id: row.id, number: row.number, state: row.state, kind: row.kind, category: row.category, place: row.place, description: row.description,
    unitId: row.unit_id, openedAt: row.opened_at.getTime(), callBack: row.call_back,
    ...(row.provisional_number === '' ? {} : { provisionalNumber: row.provisional_number }),
    ...(row.attention ? { attention: true } : {}),
    dueAt: unitId === undefined ? row.due_at?.getTime() ?? null : due?.at.urge ?? null, dueClock: due?.clock ?? null, priority: row.priority, hazard: row.work.hazard ?? false, safeAt: row.work.safeAt ?? null, urgedAt: row.work.urgedAt ?? null, assist: row.assist, members: row.members, mergedInto: row.merged_into,
    ...(row.distance == null ? {} : { distanceMetres: Math.round(row.distance) }),
  }
}

export interface CallRow {
  id: string; number: string; caller_name: string; verified: boolean; called_number: string; lat: number | null; lon: number | null; uncertainty: number | null
  place: string; state: CallRecord['state']; class: CallRecord['class']; category: string | null; language: CallRecord['language']; tags: CallRecord['tags']; path: string[]
  flow_name: string | null; flow_version: string | null; created_at: Date; queued_at: Date; answered_at: Date | null; ended_at: Date | null
  operator_id: string | null; hangup_cause: string | null; pbx_host: string | null
}

/** A row of `call` → what the intake had recorded. */
export function callOf(row: CallRow): CallRecord {
  const caller: CallerIdentity = { number: row.number, name: row.caller_name, verified: row.verified }
  return {
    callId: row.id, caller, calledNumber: row.called_number,
    ...(row.lat === null || row.lon === null ? {} : { location: { lat: row.lat, lon: row.lon, ...(row.uncertainty === null ? {} : { uncertaintyMetres: row.uncertainty }) } }),
    ...(row.place === '' ? {} : { locationText: row.place }),
    state: row.state, class: row.class, ...(row.category === null ? {} : { category: row.category }), language: row.language, tags: row.tags, path: row.path,
    ...(row.flow_name === null || row.flow_version === null ? {} : { flow: { name: row.flow_name, version: row.flow_version } }),
    createdAt: row.created_at.getTime(), queuedAt: row.queued_at.getTime(),
    ...(row.answered_at === null ? {} : { answeredAt: row.answered_at.getTime() }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.getTime() }),
    ...(row.operator_id === null ? {} : { operatorId: row.operator_id }),
    ...(row.hangup_cause === null ? {} : { hangupCause: row.hangup_cause }),
    ...(row.pbx_host === null ? {} : { host: row.pbx_host }),
  }
}

/** A row of `call` → a line of the caller's history. */
export const earlierCallOf = (row: CallRow): EarlierCall => ({ callId: row.id, at: row.created_at.getTime(), state: row.state, ...(row.category === null ? {} : { category: row.category }) })
