import { createHash, randomUUID } from 'node:crypto'
import { LiandongError } from '../contracts/errors.js'
import { classOf } from '../contracts/life-cycle.js'
import type { Self } from '../contracts/people.js'
import type { Attachment } from '../contracts/routes/units.js'
import { concerns } from './core/acts.js'
import { readPicture } from './core/image.js'
import type { Tickets } from './ports.js'

export interface NewAttachment { readonly id: string; readonly ticketId: string; readonly unitId: string | null; readonly byId: string | null; /** Who took it, where nobody here has his id. */ readonly byName?: string; /** When it was added, elsewhere; ms. */ readonly at?: number; readonly type: string; readonly width: number; readonly height: number; readonly bytes: Uint8Array; readonly sha256: Uint8Array; readonly thumbnail: Uint8Array | null }

/** What attachments need of disk and database. */
export interface AttachmentStore {
  /** Durable when it resolves: the file first, then the row that makes it one. The same picture on the same ticket is the one that is there. */
  add(one: NewAttachment): Promise<Attachment>
  list(ticketId: string): Promise<readonly Attachment[]>
  find(id: string): Promise<Attachment | null>
  read(id: string, size: 'full' | 'thumbnail'): Promise<{ readonly type: string; readonly bytes: Uint8Array } | null>
}

export interface Attachments {
  add(who: Self, ticketId: string, picture: string, thumbnail?: string): Promise<Attachment>
  list(who: Self, ticketId: string): Promise<readonly Attachment[]>
  read(who: Self, id: string, size: 'full' | 'thumbnail'): Promise<{ readonly type: string; readonly bytes: Uint8Array }>
}

/** Of each unit on a ticket, and of the hall: who helps takes no room from who leads. */
const MOST = 60
/** Longest side of a thumbnail, pixels. */
const SMALL = 480

/** Photos of tickets: checked by content, cleaned of what a camera writes, given only to who may see the ticket. */
export function makeAttachments({ store, tickets }: { readonly store: AttachmentStore; readonly tickets: Pick<Tickets, 'get'> }): Attachments {
  return {
    async add(who, ticketId, picture, thumbnail) {
      const ticket = await tickets.get(who, ticketId)
      if (classOf(ticket.state) === 'closed') throw new LiandongError('ticket.illegal', { state: ticket.state, act: 'progress', zh: '已办结，请先重新打开', en: 'it is closed; reopen it first' })
      const read = readPicture(Buffer.from(picture, 'base64'))
      const small = thumbnail === undefined ? null : readPicture(Buffer.from(thumbnail, 'base64'))
      if (read === null || (thumbnail !== undefined && (small?.type !== 'image/jpeg' || Math.max(small.width, small.height) > SMALL))) throw new LiandongError('attachment.not-a-picture')
      const unitId = who.role === 'unit' && concerns(ticket, who.unitId) ? who.unitId ?? null : null
      if ((await store.list(ticketId)).filter((one) => one.unitId === unitId).length >= MOST) throw new LiandongError('attachment.too-many', { most: MOST })
      return store.add({
        id: randomUUID(), ticketId, unitId, byId: who.id,
        type: read.type, width: read.width, height: read.height, bytes: read.clean, sha256: createHash('sha256').update(read.clean).digest(), thumbnail: small?.clean ?? null,
      })
    },
    async list(who, ticketId) {
      await tickets.get(who, ticketId)
      return store.list(ticketId)
    },
    async read(who, id, size) {
      const attachment = await store.find(id)
      // Whoever may not see the ticket does not learn that there is such a photo.
      await (attachment === null ? null : tickets.get(who, attachment.ticketId).catch((error: unknown) => { throw error instanceof LiandongError && error.code === 'ticket.not-found' ? new LiandongError('attachment.not-found') : error }))
      const found = attachment === null ? null : await store.read(id, size)
      if (found === null) throw new LiandongError('attachment.not-found')
      return found
    },
  }
}
