import type { Pool } from 'pg'
import type { BrowserPhoneStore } from '../people/browser-phones.js'
import type { Phone } from '../people/phones.js'

/** A telephone in the browser stands in for the one on the table while its session lives: one extension is one telephone. */
const ALL = `
select extension, coalesce(browser.a1_hash, phone.a1_hash) as a1_hash
from person
left join phone using (extension)
left join (
  select person_id, a1_hash from browser_phone join session using (person_id, token_hash) where revoked_at is null and expires_at > now()
) browser on browser.person_id = person.id
where extension is not null and disabled_at is null and not practice and coalesce(browser.a1_hash, phone.a1_hash) is not null
order by extension`

const CHOOSE = `
with chosen as (insert into browser_phone (person_id) values ($1) on conflict do nothing returning person_id)
insert into audit (person_id, act, subject) select person_id, 'phone.browser', login_name from chosen join person on person.id = person_id`

const GIVE_UP = `
with given_up as (delete from browser_phone where person_id = $1 returning person_id)
insert into audit (person_id, act, subject) select person_id, 'phone.desk', login_name from given_up join person on person.id = person_id`

/** Telephones of people who may sign in, and who uses one in the browser. */
export const makePhoneStore = (pool: Pool): BrowserPhoneStore & { all(): Promise<Phone[]> } => ({
  async all() {
    const { rows } = await pool.query<{ extension: string; a1_hash: string }>(ALL)
    return rows.map(({ extension, a1_hash: a1Hash }) => ({ extension, a1Hash }))
  },
  inBrowser: async (personId) => (await pool.query('select from browser_phone where person_id = $1', [personId])).rowCount === 1,
  async choose(personId, inBrowser) { await pool.query(inBrowser ? CHOOSE : GIVE_UP, [personId]) },
  draw: async (personId, tokenHash, a1Hash) => (await pool.query('update browser_phone set a1_hash = $3, token_hash = $2 where person_id = $1', [personId, tokenHash, a1Hash])).rowCount === 1,
})
