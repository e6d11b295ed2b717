import type { Pool } from 'pg'
import type { Phone } from '../people/phones.js'

/** Telephones of people who may sign in. */
export const makePhoneStore = (pool: Pool): { all(): Promise<Phone[]> } => ({
  async all() {
    const { rows } = await pool.query<{ extension: string; a1_hash: string }>('select extension, a1_hash from phone join person using (extension) where disabled_at is null and not practice order by extension')
    return rows.map(({ extension, a1_hash: a1Hash }) => ({ extension, a1Hash }))
  },
})
