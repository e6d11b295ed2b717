import { LiandongError } from '../../contracts/errors.js'
import type { Role } from '../../contracts/people.js'
import type { Ticket, TicketAct, TicketFields, TicketState } from '../../contracts/ticket.js'

/** Every state × act: the state it leads to, or why not. `same`: the act does not move the ticket. Issue by issue this table grows. */
export const TRANSITIONS: Readonly<Record<TicketState, Readonly<Record<TicketAct['act'], TicketState | { readonly zh: string; readonly en: string }>>>> = {
  open: { edit: 'open', dispatch: 'dispatched', settle: 'closed', reopen: { zh: '工单尚未办结', en: 'it is not closed' } },
  dispatched: { edit: 'dispatched', dispatch: 'dispatched', settle: 'closed', reopen: { zh: '工单尚未办结', en: 'it is not closed' } },
  closed: {
    edit: { zh: '已办结，请先重新打开', en: 'it is closed; reopen it first' },
    dispatch: { zh: '已办结，请先重新打开', en: 'it is closed; reopen it first' },
    settle: { zh: '已办结', en: 'it is closed already' },
    reopen: 'open',
  },
}

const ACTORS: Readonly<Record<TicketAct['act'], readonly Role[]>> = {
  edit: ['operator', 'supervisor', 'admin'],
  dispatch: ['operator', 'supervisor', 'admin'],
  settle: ['operator', 'supervisor', 'admin'],
  reopen: ['supervisor', 'admin', 'operator'],
}

export interface Actor { readonly role: Role }
export type Changes = Record<string, [unknown, unknown]>

/**
 * What an act makes of a ticket. Pure.
 * @param changedByOthers fields that somebody else changed after `act.baseVersion`.
 * @throws LiandongError `auth.forbidden`, `ticket.conflict`, `ticket.illegal`.
 */
export function applyAct(ticket: Ticket, act: TicketAct, who: Actor, now: number, changedByOthers: ReadonlySet<string>): { readonly ticket: Ticket; readonly changes: Changes; readonly note: string } {
  if (!ACTORS[act.act].includes(who.role)) throw new LiandongError('auth.forbidden', { role: who.role })
  const to = TRANSITIONS[ticket.state][act.act]
  if (typeof to !== 'string') throw new LiandongError('ticket.illegal', { state: ticket.state, act: act.act, reason: `${to.zh} / ${to.en}` })
  const next = { ...ticket, state: to, version: ticket.version + 1 }
  // Who moves a ticket on must have seen where it stands.
  const conflicts = act.act === 'edit'
    ? Object.keys(act.changes).filter((field) => changedByOthers.has(field) && !same(ticket.fields[field as keyof TicketFields], act.changes[field as keyof TicketFields]))
    : TRACKED.filter((field) => changedByOthers.has(field))
  if (conflicts.length > 0) throw new LiandongError('ticket.conflict', { fields: conflicts.join(', ') })
  const illegal = (reason: string): LiandongError => new LiandongError('ticket.illegal', { state: ticket.state, act: act.act, reason })
  switch (act.act) {
    case 'edit':
      next.fields = { ...ticket.fields, ...act.changes }
      break
    case 'dispatch':
      if (ticket.unitId === act.unitId) throw illegal('已派给该单位 / it is with this unit already')
      // A unit handles joint service; who already said otherwise is not corrected.
      if (ticket.fields.kind === null) next.fields = { ...ticket.fields, kind: 'joint-service' }
      next.unitId = act.unitId
      next.dispatchedAt = now
      break
    case 'settle':
      if (ticket.fields.kind === null) throw illegal('请先选定类型 / settle its kind first')
      next.outcome = act.outcome
      next.closedAt = now
      break
    case 'reopen':
      next.outcome = null
      next.closedAt = null
      next.state = ticket.unitId === null ? 'open' : 'dispatched'
  }
  return { ticket: next, changes: difference(ticket, next), note: 'note' in act ? act.note : '' }
}

const TRACKED = ['state', 'unitId', 'outcome'] as const
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Field → [before, after] of everything a reader of the history cares about. */
function difference(before: Ticket, after: Ticket): Changes {
  const changes: Changes = {}
  for (const field of TRACKED) if (before[field] !== after[field]) changes[field] = [before[field], after[field]]
  for (const field of Object.keys(after.fields) as (keyof TicketFields)[]) {
    if (!same(before.fields[field], after.fields[field])) changes[field] = [before.fields[field], after.fields[field]]
  }
  return changes
}
