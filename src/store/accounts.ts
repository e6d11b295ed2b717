import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { Role } from '../contracts/people.js'
import type { AccountStore } from '../people/accounts.js'
import { inTransaction } from './pool.js'

interface AccountRow { login_name: string; display_name: string; role: Role; extension: string | null; unit_id: string | null; practice: boolean; disabled: boolean }

const ADD = `
with added as (
  insert into person (id, login_name, display_name, role, password_hash, extension, unit_id, skills) values ($1, $2, $3, $4, $5, $6, $7, $8) returning id, login_name, role
)
insert into audit (act, subject, details) select 'person.add', login_name, jsonb_build_object('role', role) from added`

/** A practice person gives way to a real one: where real people are, practice does not start any more. */
const MAKE_ROOM = `
with gone as (
  update person set login_name = left(login_name, 20) || '.practice', extension = null, disabled_at = coalesce(disabled_at, now()) where practice and (login_name = $1 or extension = $2) returning id
)
update session set revoked_at = now() where revoked_at is null and person_id in (select id from gone)`

/** Whoever was signed in with the old password, or before he was disabled, is so no more. */
const changing = (set: string, act: string): string => `
with changed as (
  update person set ${set} where login_name = $1 and not practice returning id, login_name
), ended as (
  update session set revoked_at = now() where revoked_at is null and person_id in (select id from changed)
)
insert into audit (act, subject) select '${act}', login_name from changed`

const SET_PASSWORD = changing('password_hash = $2', 'person.password')
const DISABLE = changing('disabled_at = coalesce(disabled_at, now())', 'person.disable')
const ENABLE = changing('disabled_at = null', 'person.enable')

const EXTENSION = 'select extension from person where login_name = $1 and not practice and extension is not null'
const SET_PHONE = `
with changed as (
  insert into phone (extension, a1_hash) values ($2, $3) on conflict (extension) do update set a1_hash = excluded.a1_hash, set_at = now() returning extension
)
insert into audit (act, subject, details) select 'person.phone', $1, jsonb_build_object('extension', extension) from changed`

/** Accounts in PostgreSQL, for the commands of the system administrator. */
export function makeAccountStore(pool: Pool): AccountStore {
  async function holderOf(extension: string): Promise<string> {
    const { rows: [row] } = await pool.query<{ login_name: string }>('select login_name from person where extension = $1', [extension])
    return row?.login_name ?? ''
  }
  return {
    async all() {
      const { rows } = await pool.query<AccountRow>('select login_name, display_name, role, extension, unit_id, practice, disabled_at is not null as disabled from person order by practice, disabled_at is not null, role, login_name')
      return rows.map((row) => ({
        loginName: row.login_name, displayName: row.display_name, role: row.role, practice: row.practice, disabled: row.disabled,
        ...(row.extension === null ? {} : { extension: row.extension }),
        ...(row.unit_id === null ? {} : { unitId: row.unit_id }),
      }))
    },
    async add(person) {
      const { loginName, displayName, role, passwordHash, extension, unitId, skills } = person
      try {
        await inTransaction(pool, async (client) => {
          await client.query(MAKE_ROOM, [loginName, extension ?? null])
          await client.query(ADD, [randomUUID(), loginName, displayName, role, passwordHash, extension ?? null, unitId ?? null, skills ?? []])
        })
      } catch (error) {
        switch ((error as { constraint?: unknown }).constraint) {
          case 'person_login_name_key': throw new LiandongError('person.exists', { loginName }, { cause: error })
          case 'person_extension_key': throw new LiandongError('person.extension-taken', { extension: extension ?? '', holder: await holderOf(extension ?? '') }, { cause: error })
          case 'person_unit_id_fkey': throw new LiandongError('ticket.unit-unknown', { unitId: unitId ?? '' }, { cause: error })
          default: throw error
        }
      }
    },
    async setPhone(loginName, make) {
      const { rows: [row] } = await pool.query<{ extension: string }>(EXTENSION, [loginName])
      if (row === undefined) return null
      await pool.query(SET_PHONE, [loginName, row.extension, make(row.extension)])
      return row.extension
    },
    setPassword: async (loginName, passwordHash) => (await pool.query(SET_PASSWORD, [loginName, passwordHash])).rowCount === 1,
    setDisabled: async (loginName, disabled) => (await pool.query(disabled ? DISABLE : ENABLE, [loginName])).rowCount === 1,
  }
}
