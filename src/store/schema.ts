import { LiandongError } from '../contracts/errors.js'
import { migrateJobs, type JobsDeps } from './jobs.js'
import { migrate } from './migrate.js'
import { respell } from './places.js'
import { makePool } from './pool.js'
import { grantServer, roleOf, type Access } from './roles.js'

/** PostgreSQL's insufficient_privilege. */
const NOT_ALLOWED = '42501'

/**
 * Brings tables and jobs up to date with the owner's role, and gives the server's role what it needs of them. A role that owns nothing may look whether all is
 * up to date. → the migrations applied now @throws LiandongError `database.owner-needed` when something is to be done that the role may not.
 */
export async function bringUpToDate({ url, ownerUrl }: Access, migrations: string, logger: JobsDeps['logger']): Promise<readonly number[]> {
  // Without a time limit for statements: migrations may take as long as they need.
  const owner = makePool({ connectionString: ownerUrl, connectionTimeoutMillis: 5_000, max: 2, application_name: 'liandong schema' })
  try {
    await migrateJobs(owner, logger)
    const applied = await migrate(owner, migrations)
    await respell(owner)
    if (url !== ownerUrl) await grantServer(owner, await roleOf(url))
    return applied
  } catch (error) {
    const reason = refusal(error)
    throw reason === null ? error : new LiandongError('database.owner-needed', { reason }, { cause: error })
  } finally {
    await owner.end()
  }
}

/** What PostgreSQL said when a role was not allowed to; null: it was something else. */
function refusal(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) if ((at as { code?: unknown }).code === NOT_ALLOWED) return at.message
  return null
}
