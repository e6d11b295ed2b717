import type { Pool } from 'pg'
import type { SavedView } from '../contracts/routes/board.js'
import type { BoardStore } from '../dispatch/board.js'
import { summaryOf, type TicketRow } from './rows.js'
import { listTickets } from './sql/list.js'
import * as sql from './sql/board.js'

/** Rows of an export that are in memory at a time. */
const AT_ONCE = 1_000

/** Saved views in PostgreSQL, one's own and those that everybody shares; and exports, on connections of their own. */
export function makeBoardStore(pool: Pool, exports: Pool): BoardStore {
  return {
    async views(personId) { return (await pool.query<SavedView>(sql.LIST_VIEWS, [personId])).rows },
    async saveView({ id, name, filter, shared }, personId) { return (await pool.query(sql.SAVE_VIEW, [id, shared ? null : personId, name.trim(), filter, personId])).rowCount === 1 },
    async removeView(id, personId, sharedToo) { return (await pool.query(sql.REMOVE_VIEW, [id, personId, sharedToo])).rowCount === 1 },
    async noteExport(personId, filter) { await pool.query(sql.NOTE_EXPORT, [personId, JSON.stringify({ filter })]) },
    async noteExported(personId, filter, rows, whole) { await pool.query(sql.NOTE_EXPORTED, [personId, JSON.stringify({ filter, rows, whole })]) },
    async *stream(query) {
      const { all, values } = listTickets(query)
      const client = await exports.connect()
      let fit = false
      try {
        // One moment for all of it: what moves meanwhile is neither twice in it nor missing.
        await client.query('begin transaction isolation level repeatable read read only')
        await client.query(`declare exported no scroll cursor for ${all}`, [...values])
        for (let more = true; more;) {
          const { rows } = await client.query<TicketRow>(`fetch ${AT_ONCE} from exported`)
          more = rows.length === AT_ONCE
          if (rows.length > 0) yield rows.map((row) => summaryOf(row))
        }
        await client.query('commit')
        fit = true
      } finally {
        fit ||= await client.query('rollback').then(() => true, () => false)
        client.release(!fit)
      }
    },
  }
}
