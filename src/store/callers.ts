import { isDeepStrictEqual } from 'node:util'
import type { Pool } from 'pg'
import type { Hint } from '../contracts/call.js'
import { LiandongError } from '../contracts/errors.js'
import { nationalNumber } from '../contracts/telephone.js'
import type { CallerChange, CallerFacts } from '../contracts/routes/callers.js'
import * as sql from './sql/caller.js'

interface CallerRow { readonly name: string; readonly address: string; readonly hints: Hint[]; readonly version: number; readonly updated_at: Date; readonly updated_by: string | null }

/** What operators wrote down of callers, by number as it is dialled here; each change is in the audit with what was before. */
export function makeCallerStore(pool: Pool) {
  async function read(written: string): Promise<CallerFacts> {
    const number = nationalNumber(written)
    const { rows: [row] } = await pool.query<CallerRow>(sql.READ_CALLER, [number])
    if (row === undefined) return { number, name: '', address: '', hints: [], version: 0 }
    const { name, address, hints, version } = row
    return { number, name, address, hints, version, updatedAt: row.updated_at.getTime(), ...(row.updated_by === null ? {} : { updatedBy: row.updated_by }) }
  }
  return {
    read,
    /** @throws LiandongError `caller.changed` when somebody else changed it since it was read; the same said twice is done once. */
    async save({ number: written, baseVersion, name, address, hints }: CallerChange, personId: string): Promise<CallerFacts> {
      const number = nationalNumber(written)
      const { rowCount } = await pool.query(sql.SAVE_CALLER, [number, baseVersion, name.trim(), address.trim(), JSON.stringify(hints), personId])
      const now = await read(number)
      if (rowCount === 0 && !isDeepStrictEqual([now.name, now.address, now.hints], [name.trim(), address.trim(), hints])) throw new LiandongError('caller.changed', { by: now.updatedBy ?? '—' })
      return now
    },
  }
}
