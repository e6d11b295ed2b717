import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import type { Ticket, TicketAct } from '../contracts/ticket.js'
import { applyAct } from '../dispatch/core/acts.js'
import type { TicketOpening } from '../intake/ports.js'
import { blame } from './blame.js'
import { ticketOf, type TicketRow } from './rows.js'
import * as sql from './sql/ticket.js'

/** An id that is the same for the same facts: a replay makes the same history row. (RFC 9562 version 8.) */
export function idFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))

export type TicketWrites = ReturnType<typeof makeTicketWrites>

/** What is written to tickets, in PostgreSQL. Each is idempotent: by the call, or by the act's id. */
export function makeTicketWrites(pool: Pool, onTrouble: (fields: object, text: string) => void) {
  async function read(ticketId: string): Promise<Ticket> {
    const { rows: [row] } = await pool.query<TicketRow>(sql.READ_TICKET, [ticketId])
    if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
    return ticketOf(row)
  }

  async function openAs({ record, operatorId, answeredAt, callBack, place, callerName }: TicketOpening, number: string): Promise<Ticket> {
    const { callId, location, caller } = record
    const operator = operatorId === '' ? null : operatorId
    const { rows: [opened] } = await pool.query<TicketRow>({ name: 'open-ticket', text: sql.OPEN_TICKET, values: [
      callId, record.category ?? null, place, location?.lat ?? null, location?.lon ?? null, callerName, callBack,
      operator, caller.number, caller.verified, JSON.stringify(record.tags), new Date(answeredAt), idFrom(`open ${callId}`), location?.uncertaintyMetres ?? null, number,
    ] })
    if (opened !== undefined) return ticketOf(opened)
    const facts = [
      callId, record.category ?? null, place, location?.lat ?? null, location?.lon ?? null, callerName,
      operator, caller.number, caller.verified, JSON.stringify(record.tags), location?.uncertaintyMetres ?? null, number,
    ]
    const { rows: [filled] } = await pool.query<TicketRow>(sql.FILL_TICKET, [...facts, idFrom(`fill ${JSON.stringify(facts)}`)])
    return filled === undefined ? read(callId) : ticketOf(filled)
  }

  return {
    read,

    /** @param number the provisional number under which it was shown so far, or ''. */
    async open(opening: TicketOpening, number: string): Promise<Ticket> {
      try {
        return await openAs(opening, number)
      } catch (error) {
        if (blame(error) !== 'facts' || error instanceof LiandongError) throw error
        // Every answered call has its ticket, also one whose text the database will not have: then without the text.
        onTrouble({ err: error, callId: opening.record.callId }, 'the database refuses what is known of a call; its ticket is opened without it')
        const { record } = opening
        const bare = { ...record, category: undefined, location: undefined, tags: [], caller: { number: record.caller.number.replace(/[^0-9*#+]/g, ''), name: '', verified: record.caller.verified } }
        return openAs({ ...opening, record: bare as unknown as TicketOpening['record'], place: '', callerName: '' }, number)
      }
    },

    async markCallBack(ticketId: string, at: number): Promise<Ticket | null> {
      await pool.query(sql.MARK_CALL_BACK, [ticketId, idFrom(`call-back ${ticketId}`), new Date(at)])
      return read(ticketId).catch((error: unknown) => { if (error instanceof LiandongError) return null; throw error })
    },

    /** @param kept the act was acknowledged already (journal): a field that others changed meanwhile takes the kept value, both stand in the history. */
    async act(ticketId: string, one: TicketAct, who: Self, at: number, kept: boolean): Promise<Ticket> {
      const client = await pool.connect()
      let fit = false
      try {
        await client.query('begin')
        const { rows: [row] } = await client.query<TicketRow>(sql.LOCK_TICKET, [ticketId])
        if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
        const { rowCount } = await client.query(sql.ACT_DONE, [one.actId])
        const before = ticketOf(row)
        if ((rowCount ?? 0) > 0) {
          await client.query('rollback')
          fit = true
          return before
        }
        const others = new Set<string>()
        if (!kept && one.baseVersion < before.version) {
          const { rows } = await client.query<{ field: string }>(sql.CHANGED_BY_OTHERS, [ticketId, one.baseVersion, who.id])
          for (const { field } of rows) others.add(field)
        }
        const { ticket, changes, note } = applyAct(before, one, who, at, others)
        const { fields } = ticket
        const { rows: [after] } = await client.query<TicketRow>(sql.UPDATE_TICKET, [
          ticketId, ticket.state, ticket.version, fields.kind, fields.category, fields.place, fields.point?.lat ?? null, fields.point?.lon ?? null,
          fields.description, fields.callerName, fields.callBack, ticket.outcome, ticket.unitId, date(ticket.dispatchedAt), date(ticket.closedAt), fields.point?.uncertaintyMetres ?? null,
        ])
        await client.query(sql.ADD_HISTORY, [ticketId, ticket.version, one.actId, one.act, new Date(at), who.id, JSON.stringify(changes), note])
        await client.query('commit')
        fit = true
        return after === undefined ? ticket : ticketOf(after)
      } catch (error) {
        if (blame(error) === 'facts') fit = await client.query('rollback').then(() => true, () => false)
        throw error
      } finally {
        // A connection that did not answer may never do so again: another one is made when it is needed.
        client.release(!fit)
      }
    },

    /** An acknowledged act that cannot be done any more. @param withText false: the database will not have its text. */
    async addLate(ticketId: string, one: TicketAct, who: Self, at: number, withText: boolean): Promise<Ticket> {
      const wanted: Record<string, unknown> = one.act === 'edit' ? one.changes : one.act === 'dispatch' ? { unitId: one.unitId } : one.act === 'settle' ? { outcome: one.outcome } : {}
      const changes = withText ? Object.fromEntries(Object.entries(wanted).map(([field, value]) => [field, [null, value]])) : {}
      await pool.query(sql.ADD_LATE, [ticketId, one.actId, new Date(at), who.id, JSON.stringify(changes), withText && 'note' in one ? one.note : ''])
      return read(ticketId)
    },
  }
}
