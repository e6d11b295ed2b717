import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { CitizenStore } from '../dispatch/citizen.js'
import { difference } from '../dispatch/core/changes.js'
import { filed } from '../dispatch/core/filed.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import { ticketOf, type TicketRow } from './rows.js'
import * as sql from './sql/citizen.js'
import { OPEN_TICKET, READ_TICKET } from './sql/ticket.js'
import { withPen } from './with-pen.js'
import { openValues } from './ticket-writes.js'

const plain = (number: string): string => number.replaceAll('-', '')

/** What a citizen may ask of his ticket, by its number or by Open311. */
export function makeCitizenStore(pool: Pool, rules: () => Rules): CitizenStore {
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
    file: (opening, description, channel) => withPen(pool, rules, async (pen) => {
      const { record, answeredAt } = opening
      const tags = [{ key: 'channel', value: channel, node: channel, at: answeredAt }]
      const { rows: [row] } = await pen.client.query<TicketRow>(OPEN_TICKET, openValues({ ...opening, record: { ...record, tags } }, '', null))
      if (row === undefined) throw new LiandongError('ticket.not-found', { id: record.callId })
      const before = ticketOf(row)
      const actId = idFrom(`describe ${record.callId}`)
      const { now } = await pen.status(actId)
      const { ticket, notices } = filed(before, description, pen.rules, now)
      return pen.write({ before, after: ticket, actId, act: 'edit', at: now, by: null, changes: difference(before, ticket), note: channel, met: [], notices })
    }),
    async ofChannel(channel, { numbers, categories, from, to, closed, limit, offset }) {
      const { rows } = await pool.query<TicketRow>(sql.OF_CHANNEL, [channel, numbers?.map(plain) ?? null, categories ?? null, from === undefined ? null : new Date(from), to === undefined ? null : new Date(to), closed ?? null, limit, offset])
      return rows.map(ticketOf)
    },
  }
}
