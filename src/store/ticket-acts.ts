import type { Pool, PoolClient } from 'pg'
import type { TicketAct } from '../contracts/acts.js'
import type { Notice } from '../contracts/dispatch.js'
import { LiandongError } from '../contracts/errors.js'
import type { Clock, Stage } from '../contracts/life-cycle.js'
import type { Self } from '../contracts/people.js'
import type { Ticket } from '../contracts/ticket.js'
import { dueOf } from '../contracts/work.js'
import { applyAct, difference, mindsOthers, metBy, type Changes } from '../dispatch/core/acts.js'
import { deliver, dueStages } from '../dispatch/core/clocks.js'
import { fire, follow, join } from '../dispatch/core/escalation.js'
import { citizenText, noticeText, type NoticeDraft } from '../dispatch/core/notices.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import { inTransaction } from './pool.js'
import { ticketOf, type TicketRow } from './rows.js'
import * as sql from './sql/dispatch.js'
import { CHANGED_BY_OTHERS, LOCK_TICKET } from './sql/ticket.js'

interface Written { readonly before: Ticket; readonly after: Ticket; readonly actId: string; readonly act: string; readonly at: number; readonly by: string | null; readonly changes: Changes; readonly note: string; readonly met: readonly Clock[]; readonly notices: readonly NoticeDraft[] }

/** `id` null: nobody of this installation (practice: the people of units that have no log-in). */
export type Doer = Pick<Self, 'role' | 'unitId'> & { readonly id: string | null }

export interface TicketActs {
  /** @param kept the act was acknowledged already (journal): a field that others changed meanwhile takes the kept value, both stand in the history. */
  act(ticketId: string, act: TicketAct, who: Doer, at: number, kept: boolean): Promise<{ readonly ticket: Ticket; readonly also: readonly Ticket[] }>
  /** A unit has a ticket: its clocks run. Once; later receipts change nothing. */
  delivered(ticketId: string, unitId: string, receipt: string): Promise<Ticket | null>
  /** Tickets that nobody works on yet follow a main ticket. What moved on meanwhile stays where it is. */
  gather(mainId: string, memberIds: readonly string[], raised: boolean): Promise<readonly Ticket[]>
  /** Takes every stage that has come by the database's time. → tickets that changed, and ms until the next one (null: none runs). */
  fireDue(): Promise<{ readonly fired: readonly Ticket[]; readonly late: readonly number[]; readonly next: number | null }>
}

/**
 * Acts on tickets, each one transaction: the ticket, its history, its clocks and what must go out.
 * @throws LiandongError when the life cycle or the rules refuse.
 */
export function makeTicketActs(pool: Pool, rules: () => Rules): TicketActs {
  async function lock(client: PoolClient, ticketId: string): Promise<Ticket> {
    const { rows: [row] } = await client.query<TicketRow>({ name: 'lock-ticket', text: LOCK_TICKET, values: [ticketId] })
    if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
    return ticketOf(row)
  }

  async function status(client: PoolClient, actId: string): Promise<{ done: boolean; now: number }> {
    const { rows: [row] } = await client.query<{ done: boolean; now: Date }>({ name: 'act-status', text: sql.ACT_STATUS, values: [actId] })
    return { done: row?.done ?? false, now: row?.now.getTime() ?? 0 }
  }

  async function write(client: PoolClient, { before, after, actId, act, at, by, changes, note, met, notices }: Written): Promise<Ticket> {
    const { fields, work } = after
    const clocks = JSON.stringify(before.work.clocks) === JSON.stringify(work.clocks) ? null
      : JSON.stringify(work.clocks.map(({ clock, unitId, startedAt, at: when, next }) => ({ clock, unit: unitId, started: startedAt, due: when.urge, stage: next, next: next === null ? null : when[next] })))
    const due = dueOf(work)
    const words = fields.place !== before.fields.place || fields.description !== before.fields.description || fields.callerName !== before.fields.callerName
    const { rows: [row] } = await client.query<TicketRow>({ ...(words ? { name: 'write-edit', text: sql.WRITE_EDIT } : { name: 'write-act', text: sql.WRITE_ACT }), values: [
      after.id, after.state, after.version, fields.kind, fields.category, fields.place, fields.point?.lat ?? null, fields.point?.lon ?? null, fields.description, fields.callerName, fields.callBack,
      after.outcome, after.unitId, date(after.dispatchedAt), date(after.closedAt), fields.point?.uncertaintyMetres ?? null,
      JSON.stringify(work), work.assist, work.priority, date(due), work.mergedInto, work.members,
      actId, act, new Date(at), by, JSON.stringify(changes), note, clocks, met, JSON.stringify(notices.map((notice) => draftOf(notice, after, due, at))),
    ] })
    return row === undefined ? after : ticketOf(row)
  }

  /** Who follows closes with the main ticket; each caller is told. */
  async function closeFollowers(client: PoolClient, main: Ticket, actId: string, at: number): Promise<Ticket[]> {
    const { rows } = await client.query<TicketRow>(sql.FOLLOWERS, [main.id])
    const closed: Ticket[] = []
    for (const row of rows) {
      const before = ticketOf(row)
      const { ticket, notices } = follow(before, main, at)
      closed.push(await write(client, { before, after: ticket, actId: idFrom(`follow ${actId} ${before.id}`), act: 'follow', at, by: null, changes: difference(before, ticket), note: main.number, met: [], notices }))
    }
    return closed
  }

  /** The ticket that another one follows from now on. */
  async function absorb(client: PoolClient, main: Ticket, member: Ticket, actId: string, at: number): Promise<Ticket> {
    if (main.state === 'merged' || main.state === 'closed' || main.state === 'void') throw new LiandongError('ticket.illegal', { state: main.state, act: 'merge', reason: `主单 ${main.number} 不在办理中 / the main ticket ${main.number} is not being worked on` })
    const after = { ...main, version: main.version + 1, work: { ...main.work, members: main.work.members + 1 } }
    return write(client, { before: main, after, actId: idFrom(`absorb ${actId}`), act: 'absorb', at, by: null, changes: difference(main, after), note: member.number, met: [], notices: [] })
  }

  return {
    act: (ticketId, one, who, at, kept) => inTransaction(pool, async (client) => {
      // Two tickets are locked in one order, whoever merges which into which.
      const pair = one.act === 'merge' && one.into < ticketId ? await lock(client, one.into) : null
      const before = await lock(client, ticketId)
      const { done, now } = await status(client, one.actId)
      if (done) return { ticket: before, also: [] }
      const others = new Set<string>()
      if (!kept && one.baseVersion < before.version && mindsOthers(one, who.role)) {
        const { rows } = await client.query<{ field: string }>(CHANGED_BY_OTHERS, [ticketId, one.baseVersion, who.id])
        for (const { field } of rows) others.add(field)
      }
      if (one.act === 'assign' && one.personId !== null) {
        const { rowCount } = await client.query(sql.PERSON_OF_UNIT, [one.personId, who.unitId ?? ''])
        if (rowCount === 0) throw new LiandongError('ticket.person-unknown')
      }
      // What was kept while the database was away counts from when it was done.
      const when = kept ? at : now
      const { ticket, changes, note, notices } = applyAct(before, one, { role: who.role, ...(who.id !== null && { id: who.id }), unitId: who.unitId }, { now: when, rules: rules(), changedByOthers: others })
      const also: Ticket[] = []
      if (one.act === 'merge' && ticket.state === 'merged') also.push(await absorb(client, pair ?? await lock(client, one.into), before, one.actId, when))
      const after = await write(client, { before, after: ticket, actId: one.actId, act: one.act, at: when, by: who.id, changes, note, met: metBy(one), notices })
      if (after.state === 'closed' && after.work.members > 0) also.push(...await closeFollowers(client, after, one.actId, when))
      return { ticket: after, also }
    }),

    delivered: (ticketId, unitId, receipt) => inTransaction(pool, async (client) => {
      const before = await lock(client, ticketId)
      const actId = idFrom(`delivered ${receipt}`)
      const { done, now } = await status(client, actId)
      const concerned = before.unitId === unitId || before.work.assist.includes(unitId)
      if (done || !concerned || (before.unitId === unitId && (before.work.deliveredAt !== null || before.state !== 'dispatched'))) return null
      const moved = deliver(before, unitId, rules(), now)
      const after = { ...moved, version: before.version + 1 }
      return write(client, { before, after, actId, act: 'delivered', at: now, by: null, changes: difference(before, after), note: unitId, met: ['delivery'], notices: [] })
    }),

    gather: (mainId, memberIds, raised) => inTransaction(pool, async (client) => {
      const { rows } = await client.query<TicketRow & { now: Date }>('select *, clock_timestamp() as now from ticket where id = any($1) order by id for update', [[mainId, ...memberIds]])
      const main = rows.find(({ id }) => id === mainId)
      if (main === undefined || ['merged', 'closed', 'void'].includes(main.state)) return []
      const at = main.now.getTime()
      const joined: Ticket[] = []
      for (const row of rows) {
        if (row.id === mainId || row.state !== 'open' || row.members > 0) continue
        const before = ticketOf(row)
        const after = join(before, mainId)
        joined.push(await write(client, { before, after, actId: idFrom(`gather ${mainId} ${before.id} ${before.version}`), act: 'merge', at, by: null, changes: difference(before, after), note: main.number, met: [], notices: [] }))
      }
      if (joined.length === 0) return []
      const before = ticketOf(main)
      const after = { ...before, version: before.version + 1, work: { ...before.work, members: before.work.members + joined.length } }
      const note = joined.length === 1 ? joined[0]?.number ?? '' : `${joined.length}`
      return [...joined, await write(client, { before, after, actId: idFrom(`absorb ${mainId} ${before.version}`), act: 'absorb', at, by: null, changes: difference(before, after), note, met: [], notices: raised ? [{ kind: 'incident', to: 'hall' }] : [] })]
    }),

    async fireDue() {
      const fired: Ticket[] = []
      const late: number[] = []
      let more = true
      while (more) {
        const found = await inTransaction(pool, async (client) => {
          const { rows } = await client.query<TicketRow & { now: Date }>({ name: 'due-tickets', text: sql.DUE_TICKETS })
          for (const row of rows) {
            let ticket = ticketOf(row)
            const now = row.now.getTime()
            for (let stages = dueStages(ticket.work, now); stages.length > 0; stages = dueStages(ticket.work, now)) {
              for (const { clock, stage, at } of stages) {
                ticket = await fireStage(client, ticket, clock, stage, at, now)
                late.push(now - at)
              }
            }
            fired.push(ticket)
          }
          return rows.length
        })
        more = found === sql.DUE_AT_ONCE
      }
      const { rows: [row] } = await pool.query<{ ms: string | null }>({ name: 'next-clock', text: sql.NEXT_CLOCK })
      return { fired, late, next: row?.ms == null ? null : Number(row.ms) }
    },
  }

  async function fireStage(client: PoolClient, before: Ticket, clock: Clock, stage: Stage, at: number, now: number): Promise<Ticket> {
    const started = before.work.clocks.find((one) => one.clock === clock)?.startedAt ?? 0
    const { ticket, act, notices } = fire(before, clock, stage)
    // Its id comes from what it is about: by whatever way it is done twice, the second finds the first.
    const actId = idFrom(`${stage} ${before.id} ${clock} ${started} ${at}`)
    return write(client, { before, after: ticket, actId, act, at: now, by: null, changes: { clock: [null, clock], ...difference(before, ticket) }, note: '', met: [], notices })
  }
}

/** For the terminal, the outbox and the citizen alike; who may not see the number never finds it here. */
function draftOf({ kind, to, again }: NoticeDraft, ticket: Ticket, dueAt: number | null, at: number): object {
  const { fields: { category, place }, work: { priority, hazard } } = ticket
  const body = (unitId: string | null): Omit<Notice, 'id'> => ({ kind, unitId, ticketId: ticket.id, number: ticket.number, text: noticeText(kind, ticket), category, place, priority, hazard, dueAt, at })
  if (to === 'hall') return { kind, audience: 'hall', body: body(null) }
  if (to === 'caller') return { kind, audience: 'citizen', address: ticket.caller.number, body: { text: citizenText(kind, ticket), number: ticket.number } }
  if ('stage' in to) return { kind, audience: 'person', stage: to.stage, unit: to.unitId, body: body(to.unitId) }
  return { kind, audience: 'unit', unit: to.unitId, body: body(to.unitId), again }
}

const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
