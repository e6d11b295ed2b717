import { setImmediate as breathe } from 'node:timers/promises'
import type { Pool } from 'pg'
import { blame } from './blame.js'
import type { TicketRow } from './rows.js'
import { TICKET } from './sql/ticket.js'

/** Tickets read at once. */
const BATCH = 500

/** One ticket of which nothing could be made. */
export type OnFailed = (ticketId: string, error: unknown) => void

/** Goes through many tickets beside the calls; one that fails stops none behind it. → of how many `work` says that it changed them. @throws when PostgreSQL is away */
export async function eachTicket(pool: Pool, ids: readonly string[], onFailed: OnFailed, work: (row: TicketRow) => Promise<boolean>): Promise<number> {
  let changed = 0
  for (let from = 0; from < ids.length; from += BATCH) {
    const { rows } = await pool.query<TicketRow>(`select ${TICKET} from ticket where id = any($1)`, [ids.slice(from, from + BATCH)])
    for (const row of rows) {
      // A ticket takes milliseconds, and callers wait for the next turn of this loop.
      await breathe()
      try {
        if (await work(row)) changed += 1
      } catch (error) {
        if (blame(error) === 'server') throw error
        onFailed(row.id, error)
      }
    }
  }
  return changed
}
