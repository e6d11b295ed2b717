import type { Pool } from 'pg'
import type { Outgoing, OutboxStore } from '../delivery/ports.js'
import * as sql from './sql/dispatch.js'

interface Row { id: string; kind: string; audience: Outgoing['audience']; channel: Outgoing['channel']; unit_id: string | null; address: string; ticket_id: string | null; body: Outgoing['body']; tries: number; secret: string | null; english: boolean | null }

/** The outbox as the sender needs it: taken under a lease, so that two nodes never send the same message at a time. */
export function makeOutboxStore(pool: Pool): OutboxStore {
  return {
    async take(channel, most, lease, busy) {
      const { rows } = await pool.query<Row>({ name: 'take-outbox', text: sql.TAKE_OUTBOX, values: [channel, most, lease, busy] })
      return rows.map(({ unit_id, ticket_id, secret, english, ...row }) => ({ ...row, unitId: unit_id, ticketId: ticket_id, secret: secret ?? '', english: english === true }))
    },
    async sent(id, received) { await pool.query(sql.OUTBOX_SENT, [id, received]) },
    async failed(id, why, after) {
      const { rows: [row] } = await pool.query<{ over: boolean }>(sql.OUTBOX_FAILED, [id, why, after])
      return row?.over !== true
    },
  }
}
