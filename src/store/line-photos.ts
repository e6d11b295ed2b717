import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import type { BodyOfKind } from '../contracts/county.js'
import type { NewAttachment } from '../dispatch/attachments.js'
import { readPicture } from '../dispatch/core/image.js'
import type { LineStore } from '../dispatch/county/ports.js'
import * as sql from './sql/line.js'

export interface LinePhotoDeps {
  readonly pool: Pool
  readonly attachments: {
    add(one: NewAttachment): Promise<{ readonly id: string }>
    read(id: string, size: 'full'): Promise<{ readonly bytes: Uint8Array } | null>
  }
  readonly onTrouble: (fields: object, text: string) => void
}

/** Of a photo in one exchange, bytes: seconds on the thinnest line, so that an exchange never comes to its deadline. */
const PIECE = 48 << 10
/** What the disk would not have is tried again after this, ms. */
const AGAIN = 30_000

/** Photos over a line: pieces are kept in the order in which they come, and the whole counts when it is what was signed, and a picture. */
export function makeLinePhotos({ pool, attachments, onTrouble }: LinePhotoDeps): Pick<LineStore, 'piece' | 'takePiece' | 'develop'> {
  /** Photo → not before, by `performance.now()`. */
  const aside = new Map<string, number>()
  const end = (name: string, id: string, result: string): Promise<unknown> => pool.query(sql.END_PHOTO, [name, id, result])

  async function developOne(name: string, id: string): Promise<void> {
    const { rows: [row] } = await pool.query<{ told: Omit<BodyOfKind<'photo'>, 'by'> & { readonly by: { readonly id: string | null; readonly name: string } }; content: Buffer }>(sql.READ_PIECES, [name, id])
    if (row === undefined) return
    const { told: { ticketId, unitId, by, at, sha256, type, thumbnail }, content } = row
    if (createHash('sha256').update(content).digest('hex') !== sha256) {
      onTrouble({ line: name, photo: id }, 'a photo that came over a line is not the one that was told of')
      await end(name, id, 'refused: another content')
      return
    }
    const read = readPicture(content)
    const small = thumbnail === null ? null : readPicture(Buffer.from(thumbnail, 'base64'))
    if (read?.type !== type || (thumbnail !== null && small?.type !== 'image/jpeg')) {
      onTrouble({ line: name, photo: id }, 'what came over a line as a photo is no picture')
      await end(name, id, 'refused: no picture')
      return
    }
    const added = await attachments.add({
      id, ticketId, unitId, byId: by.id, byName: by.name, at, type: read.type, width: read.width, height: read.height, bytes: read.clean,
      sha256: createHash('sha256').update(read.clean).digest(), thumbnail: small?.clean ?? null,
    })
    await end(name, id, added.id === id ? 'added' : 'known')
  }

  return {
    async piece(name, id, from) {
      if ((await pool.query(sql.MAY_HAVE, [name, id])).rowCount === 0) return new Uint8Array()
      return (await attachments.read(id, 'full'))?.bytes.subarray(from, from + PIECE) ?? new Uint8Array()
    },
    async takePiece(name, id, at, data) {
      if (data.length === 0) await end(name, id, 'refused: the other side has it no more')
      else await pool.query(sql.TAKE_PIECE, [name, id, at, data])
    },
    async develop(name) {
      for (const { id } of (await pool.query<{ id: string }>(sql.WHOLE_PHOTOS, [name])).rows) {
        if ((aside.get(id) ?? 0) > performance.now()) continue
        try {
          await developOne(name, id)
          aside.delete(id)
        } catch (error) {
          // Neither a full disk nor a picture that nobody can read holds up what is told over the line.
          aside.set(id, performance.now() + AGAIN)
          onTrouble({ err: error, line: name, photo: id }, 'a photo that came over a line could not be kept; trying again')
        }
      }
    },
  }
}
