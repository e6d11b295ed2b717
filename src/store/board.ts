import type { Pool } from 'pg'
import type { SavedView } from '../contracts/routes/board.js'
import type { BoardStore } from '../dispatch/board.js'
import * as sql from './sql/board.js'

/** Saved views in PostgreSQL: one's own and those that everybody shares. */
export function makeBoardStore(pool: Pool): BoardStore {
  return {
    async views(personId) { return (await pool.query<SavedView>(sql.LIST_VIEWS, [personId])).rows },
    async saveView({ id, name, filter, shared }, personId) { return (await pool.query(sql.SAVE_VIEW, [id, shared ? null : personId, name.trim(), filter, personId])).rowCount === 1 },
    async removeView(id, personId, sharedToo) { return (await pool.query(sql.REMOVE_VIEW, [id, personId, sharedToo])).rowCount === 1 },
    async noteExport(personId, filter, rows) { await pool.query(sql.NOTE_EXPORT, [personId, JSON.stringify({ filter, rows })]) },
  }
}
