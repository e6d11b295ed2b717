import type { Pool, PoolClient } from 'pg'
import type { TicketAct } from '../contracts/acts.js'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import type { Ticket } from '../contracts/ticket.js'
import { difference, same } from '../dispatch/core/changes.js'
import { beginnings } from '../dispatch/core/opened.js'
import { regrade } from '../dispatch/core/regrade.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import type { TicketOpening } from '../intake/ports.js'
import { blame, isRefusal } from './blame.js'
import { ticketOf, type TicketRow } from './rows.js'
import type { Pen } from './ticket-pen.js'
import * as sql from './sql/ticket.js'
import { withPen } from './with-pen.js'

/** The values of `OPEN_TICKET`. @param number provisional, or empty @param rules by which the hall's clocks run from the beginning; null: that comes with what else is written of it in the same transaction @param ahead the database's clock less this machine's, by which it was answered, ms */
export function openValues({ record, operatorId, answeredAt, callBack, place, callerName }: TicketOpening, number: string, rules: Rules | null, ahead = 0): unknown[] {
  const { callId, location, caller } = record
  return [
    callId, record.category ?? null, place, location?.lat ?? null, location?.lon ?? null, callerName, callBack,
    operatorId === '' ? null : operatorId, caller.number, caller.verified, JSON.stringify(record.tags), new Date(answeredAt), idFrom(`open ${callId}`), location?.uncertaintyMetres ?? null, number,
    JSON.stringify(rules === null ? {} : beginnings(rules, record.category)), ahead,
  ]
}

type Filled = TicketRow & { readonly new_category: string | null }

/** Whoever opened it knew less, perhaps not that it is dangerous: what is known now counts from now on, wherever the ticket is. @param category it was empty before; null: it was not, or is */
async function graded(pen: Pen, known: Ticket, category: string | null): Promise<Ticket> {
  // At a county clocks are the city's word.
  if (category === null || pen.rules.home !== undefined) return known
  const actId = idFrom(`graded ${known.id} ${known.version}`)
  const { now } = await pen.status(actId)
  const { ticket, notices } = regrade({ ...known, fields: { ...known.fields, category: null } }, known, pen.rules, now)
  if (same(ticket.work, known.work)) return known
  return pen.write({ before: known, after: { ...ticket, version: known.version + 1 }, actId, act: 'graded', at: now, by: null, changes: difference(known, ticket), note: '', met: [], notices })
}

export type TicketWrites = ReturnType<typeof makeTicketWrites>

/** What is written to tickets beside people's acts (`ticket-acts.ts`), in PostgreSQL. Each is idempotent: by the call, or by the act's id. */
export function makeTicketWrites(pool: Pool, rules: () => Rules, onTrouble: (fields: object, text: string) => void) {
  async function read(ticketId: string): Promise<Ticket> {
    const { rows: [row] } = await pool.query<TicketRow>(sql.READ_TICKET, [ticketId])
    if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
    return ticketOf(row)
  }

  async function openAs(opening: TicketOpening, number: string, ahead: number): Promise<Ticket> {
    const { rows: [opened] } = await pool.query<TicketRow>({ name: 'open-ticket', text: sql.OPEN_TICKET, values: openValues(opening, number, rules(), ahead) })
    if (opened !== undefined) return ticketOf(opened)
    const { record, operatorId, place, callerName, here = false, insteadOf = null } = opening
    const { callId, location, caller } = record
    const operator = operatorId === '' ? null : operatorId
    const facts = [
      callId, record.category ?? null, place, location?.lat ?? null, location?.lon ?? null, callerName,
      operator, caller.number, caller.verified, JSON.stringify(record.tags), location?.uncertaintyMetres ?? null, number,
    ]
    const values = [...facts, idFrom(`fill ${JSON.stringify(insteadOf === null ? facts : [...facts, insteadOf])}`), here, insteadOf]
    const fill = async (from: Pool | PoolClient): Promise<Filled | undefined> => (await from.query<Filled>(sql.FILL_TICKET, values)).rows[0]
    try {
      return await withPen(pool, rules, async (pen) => {
        const filled = await fill(pen.client)
        return filled === undefined ? null : graded(pen, ticketOf(filled), filled.new_category)
      }) ?? await read(callId)
    } catch (error) {
      // It is open, and nothing keeps it from whoever answers.
      if (blame(error) !== 'facts') throw error
      onTrouble({ err: error, callId }, 'the limits of a ticket do not follow what its call is about')
      const filled = await fill(pool)
      return filled === undefined ? await read(callId) : ticketOf(filled)
    }
  }

  return {
    read,

    /** @param number the provisional number under which it was shown so far, or ''. @param ahead see `openValues` */
    async open(opening: TicketOpening, number: string, ahead = 0): Promise<Ticket> {
      try {
        return await openAs(opening, number, ahead)
      } catch (error) {
        if (blame(error) !== 'facts' || isRefusal(error)) throw error
        // Every answered call has its ticket, also one whose text the database will not have: then without the text.
        onTrouble({ err: error, callId: opening.record.callId }, 'the database refuses what is known of a call; its ticket is opened without it')
        const { record } = opening
        const bare = { ...record, category: undefined, location: undefined, tags: [], caller: { number: record.caller.number.replace(/[^0-9*#+]/g, ''), name: '', verified: record.caller.verified } }
        return openAs({ ...opening, record: bare as unknown as TicketOpening['record'], place: '', callerName: '' }, number, ahead)
      }
    },

    async markCallBack(ticketId: string, at: number): Promise<Ticket | null> {
      await pool.query(sql.MARK_CALL_BACK, [ticketId, idFrom(`call-back ${ticketId}`), new Date(at)])
      return read(ticketId).catch((error: unknown) => { if (error instanceof LiandongError) return null; throw error })
    },

    /** An acknowledged act that cannot be done any more. @param withText false: the database will not have its text. */
    async addLate(ticketId: string, one: TicketAct, who: Self, at: number, withText: boolean): Promise<Ticket> {
      const { note = '', ...wanted }: Record<string, unknown> & { readonly note?: string } = one.act === 'edit' ? one.changes : { ...one, actId: undefined, act: undefined, baseVersion: undefined, window: undefined }
      const changes = withText ? Object.fromEntries(Object.entries(wanted).flatMap(([field, value]) => (value === undefined ? [] : [[field, [null, value]]]))) : {}
      await pool.query(sql.ADD_LATE, [ticketId, one.actId, new Date(at), who.id, JSON.stringify(changes), withText ? note : ''])
      return read(ticketId)
    },
  }
}
