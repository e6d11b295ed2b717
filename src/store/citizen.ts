import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { CitizenStore } from '../dispatch/citizen.js'
import { idFrom } from '../dispatch/ids.js'
import { ticketOf, type TicketRow } from './rows.js'
import * as sql from './sql/citizen.js'

const plain = (number: string): string => number.replaceAll('-', '')

/** What a citizen may ask of his ticket, by its number or by Open311. */
export function makeCitizenStore(pool: Pool): Omit<CitizenStore, 'openTicket'> {
  return {
    async byNumber(number) {
      const { rows: [row] } = await pool.query<TicketRow>(sql.BY_NUMBER, [plain(number)])
      return row === undefined ? null : ticketOf(row)
    },
    async describe(ticketId, description, channel) {
      const { rows: [row] } = await pool.query<TicketRow>(sql.DESCRIBE, [ticketId, idFrom(`describe ${ticketId}`), description, channel])
      if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
      return ticketOf(row)
    },
    async ofChannel(channel, { numbers, categories, from, to, closed, limit, offset }) {
      const { rows } = await pool.query<TicketRow>(sql.OF_CHANNEL, [channel, numbers?.map(plain) ?? null, categories ?? null, from === undefined ? null : new Date(from), to === undefined ? null : new Date(to), closed ?? null, limit, offset])
      return rows.map(ticketOf)
    },
  }
}
