import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { Role, Self } from '../contracts/people.js'
import type { PeopleStore } from '../people/people.js'
import { END_SESSION } from './sql/people.js'
import type { OperatorDirectory } from '../intake/ports.js'

interface PersonRow { id: string; login_name: string; display_name: string; role: Role; extension: string | null; unit_id: string | null; skills: string[]; language: Self['language']; password_hash: string | null }

const selfOf = (row: PersonRow): Self => ({
  id: row.id, loginName: row.login_name, displayName: row.display_name, role: row.role, language: row.language, skills: row.skills,
  ...(row.extension === null ? {} : { extension: row.extension }),
  ...(row.unit_id === null ? {} : { unitId: row.unit_id }),
})

/**
 * People, sessions and their audit in PostgreSQL. Practice people exist only after `enablePractice(true)` in this process, or for a command in the
 * terminal of a practice city (`practising`), as long as its server has them enabled.
 */
export function makePeopleStore(pool: Pool, practising = false): PeopleStore & OperatorDirectory {
  return {
    async byLogin(loginName) {
      const { rows: [row] } = await pool.query<PersonRow>('select * from person where login_name = $1 and disabled_at is null and (not practice or $2)', [loginName, practising])
      return row === undefined ? null : { self: selfOf(row), passwordHash: row.password_hash }
    },
    async addSession(session) {
      await pool.query('insert into session (token_hash, person_id, expires_at, address, user_agent) values ($1, $2, $3, $4, $5)', [session.tokenHash, session.personId, new Date(session.expiresAt), session.address, session.userAgent])
    },
    async bySession(tokenHash) {
      const { rows: [row] } = await pool.query<PersonRow & { expires_at: Date }>(
        'select p.*, s.expires_at from session s join person p on p.id = s.person_id where s.token_hash = $1 and s.revoked_at is null and s.expires_at > now() and p.disabled_at is null and (not p.practice or $2)', [tokenHash, practising])
      return row === undefined ? null : { self: selfOf(row), expiresAt: row.expires_at.getTime() }
    },
    async renew(tokenHash, expiresAt) { await pool.query('update session set expires_at = $2 where token_hash = $1 and revoked_at is null', [tokenHash, new Date(expiresAt)]) },
    async revoke(tokenHash) { await pool.query(END_SESSION, [tokenHash.toString('hex')]) },
    async list(role) {
      const { rows } = await pool.query<PersonRow>('select * from person where disabled_at is null and ($1::text is null or role = $1) order by login_name', [role ?? null])
      return rows.map(selfOf)
    },
    async put(person) {
      await pool.query(
        `insert into person (id, login_name, display_name, role, password_hash, extension, unit_id, skills, practice) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (login_name) do update set display_name = excluded.display_name, role = excluded.role, password_hash = excluded.password_hash, extension = excluded.extension,
           unit_id = excluded.unit_id, skills = excluded.skills, disabled_at = null where person.practice = excluded.practice`,
        [randomUUID(), person.loginName, person.displayName, person.role, person.passwordHash, person.extension ?? null, person.unitId ?? null, person.skills ?? [], person.practice ?? false])
    },
    // A county's people, whose acts the city has taken over, sign in nowhere here.
    async refusePractice() {
      const { rows: [real] } = await pool.query<{ login_name: string }>('select login_name from person where not practice and password_hash is not null order by login_name limit 1')
      if (real !== undefined) throw new LiandongError('practice.real-people', { loginName: real.login_name })
    },
    async enablePractice(enabled) {
      practising = enabled
      await pool.query('update person set disabled_at = case when $1 then null else coalesce(disabled_at, now()) end where practice', [enabled])
      if (!enabled) await pool.query('update session set revoked_at = now() where revoked_at is null and person_id in (select id from person where practice)')
    },
    async audit({ personId, act, subject, details }) {
      await pool.query('insert into audit (person_id, act, subject, details) values ($1, $2, $3, $4)', [personId, act, subject, details])
    },
    async extensions() {
      const { rows } = await pool.query<{ extension: string }>(`select extension from person where extension is not null and role = 'operator' and disabled_at is null order by extension`)
      return rows.map(({ extension }) => extension)
    },
    async byExtension(extension) {
      const { rows: [row] } = await pool.query<{ id: string }>('select id from person where extension = $1 and disabled_at is null', [extension])
      return row?.id ?? null
    },
  }
}
