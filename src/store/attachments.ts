import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientBase, Pool } from 'pg'
import type { Attachment } from '../contracts/routes/units.js'
import { replaceFile } from '../disk/whole-file.js'
import type { AttachmentStore, NewAttachment } from '../dispatch/attachments.js'
import type { TicketSide } from '../dispatch/tickets.js'
import * as sql from './sql/attachment.js'

interface Row { id: string; ticket_id: string; unit_id: string | null; by: string; at: Date; type: string; bytes: number; width: number; height: number }
const attachmentOf = ({ ticket_id, unit_id, at, ...row }: Row): Attachment => ({ ...row, ticketId: ticket_id, unitId: unit_id, at: at.getTime() })

/** Photos: the file below `home`, what it is in PostgreSQL. A file without a row is nobody's: it was never acknowledged. */
export function makeAttachmentStore(pool: Pool, home: string): Omit<AttachmentStore, 'add'> & TicketSide & { /** @param db in whose transaction the row is written. */ add(one: NewAttachment, db?: Pick<ClientBase, 'query'>): Promise<Attachment> } {
  // The id is ours and a UUID: nothing of a caller's is in the path.
  const folder = (id: string): string => join(home, 'attachments', id.slice(0, 2))
  const one = async (id: string, db: Pick<ClientBase, 'query'> = pool): Promise<Attachment | null> => {
    const { rows: [row] } = await db.query<Row>(sql.READ_ATTACHMENT, [id])
    return row === undefined ? null : attachmentOf(row)
  }
  return {
    async add({ id, ticketId, unitId, byId, byName = '', at, type, width, height, bytes, sha256, thumbnail }, db = pool) {
      await mkdir(folder(id), { recursive: true, mode: 0o750 })
      const path = join(folder(id), id)
      await replaceFile(path, bytes, { mode: 0o640 })
      const { rows: [row] } = await db.query<{ id: string }>(sql.ADD_ATTACHMENT, [id, ticketId, unitId, byId, type, bytes.length, width, height, sha256, thumbnail, byName, at === undefined ? null : new Date(at)])
      if (row?.id !== id) await rm(path, { force: true })
      const added = await one(row?.id ?? id, db)
      if (added === null) throw new Error('an attachment was not written')
      return added
    },
    async list(ticketId) { return (await pool.query<Row>(sql.LIST_ATTACHMENTS, [ticketId])).rows.map(attachmentOf) },
    find: (id) => one(id),
    async photosOf(ticketId, ids) { return (await pool.query<{ id: string }>(sql.ATTACHMENTS_OF, [ticketId, ids])).rows.map(({ id }) => id) },
    async noteReveal({ id, unitId = '' }, ticketId, reason) { await pool.query(sql.NOTE_REVEAL, [id, ticketId, reason, unitId]) },
    async read(id, size) {
      const { rows: [row] } = await pool.query<{ type: string; thumbnail: Buffer | null }>(sql.READ_PICTURE, [id, size === 'thumbnail'])
      if (row === undefined) return null
      if (row.thumbnail !== null) return { type: 'image/jpeg', bytes: row.thumbnail }
      return readFile(join(folder(id), id)).then((bytes) => ({ type: row.type, bytes }), (error: unknown) => { if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null; throw error })
    },
  }
}
