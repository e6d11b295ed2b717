import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { CitizenStore } from '../dispatch/citizen.js'
import { idFrom } from '../dispatch/ids.js'
import { inTransaction } from './pool.js'
import { ticketOf, type TicketRow } from './rows.js'
import * as sql from './sql/citizen.js'
import { OPEN_TICKET, READ_TICKET } from './sql/ticket.js'
import { openValues } from './ticket-writes.js'

const plain = (number: string): string => number.replaceAll('-', '')

/** What a citizen may ask of his ticket, by its number or by Open311. */
export function makeCitizenStore(pool: Pool): CitizenStore {
  return {
    async byNumber(number) {
      const said = plain(number).toUpperCase()
      const { rows: [row] } = await pool.query<TicketRow>(sql.BY_NUMBER, [said, said.startsWith('P')])
      return row === undefined ? null : ticketOf(row)
    },
    async byId(id) {
      const { rows: [row] } = await pool.query<TicketRow>(READ_TICKET, [id])
      return row === undefined ? null : ticketOf(row)
    },
    file: (opening, description, channel) => inTransaction(pool, async (client) => {
      const { callId } = opening.record
      await client.query(OPEN_TICKET, openValues(opening, ''))
      const { rows: [row] } = await client.query<TicketRow>(sql.DESCRIBE, [callId, idFrom(`describe ${callId}`), description, channel])
      if (row === undefined) throw new LiandongError('ticket.not-found', { id: callId })
      return ticketOf(row)
    }),
    async ofChannel(channel, { numbers, categories, from, to, closed, limit, offset }) {
      const { rows } = await pool.query<TicketRow>(sql.OF_CHANNEL, [channel, numbers?.map(plain) ?? null, categories ?? null, from === undefined ? null : new Date(from), to === undefined ? null : new Date(to), closed ?? null, limit, offset])
      return rows.map(ticketOf)
    },
  }
}
