import { join } from 'node:path'
import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import { makeAccountStore } from './accounts.js'
import { makePool } from './pool.js'
import { givenAccess, type Access, type DatabaseSettings } from './roles.js'
import { bringUpToDate } from './schema.js'
import { startLocalServer } from './server.js'
import { runningServer } from './server-holder.js'
import type { AccountStore } from '../people/accounts.js'

/** What a command works on. */
export type Database = Pool

/** Without a URL: PostgreSQL below `home`, the running Liandong's own or one started for this command. */
export interface BesideOptions extends DatabaseSettings {
  readonly home: string
  readonly migrations: string
  readonly onProgress: (zh: string, en: string) => void
}

const quiet = { info() { /* a command's own output is enough */ }, warn() { /* see info */ }, error() { /* see info */ } }

/** Where it was looked for, without the password. */
function unreachable(url: string, failed: unknown): LiandongError {
  const error = failed instanceof LiandongError ? failed.cause : failed
  const { host, pathname } = URL.canParse(url) ? new URL(url) : { host: '', pathname: '' }
  return new LiandongError('database.unreachable', { where: `${host}${pathname}`, reason: (error as NodeJS.ErrnoException).code ?? (error as Error).message }, { cause: error })
}

/** The database for one command beside the server, whether that runs or not; the schema is brought up to date first. */
export async function withDatabase<T>(options: BesideOptions, work: (pool: Pool) => Promise<T>): Promise<T> {
  const directory = join(options.home, 'postgres')
  const running: Access | null = options.databaseUrl !== '' ? givenAccess(options) : runningServer(directory)
  const server = running === null ? await startLocalServer({ directory, onProgress: options.onProgress }) : null
  const access = running ?? server ?? givenAccess(options)
  const pool = makePool({ connectionString: access.url, max: 2, connectionTimeoutMillis: 5_000, application_name: 'liandong command' })
  try {
    await pool.query('select 1').catch((error: unknown) => { throw unreachable(access.url, error) })
    await bringUpToDate(access, options.migrations, quiet)
    return await work(pool)
  } finally {
    await pool.end()
    await server?.stop()
  }
}

/** The accounts for one command. */
export const withAccounts = <T>(options: BesideOptions, work: (accounts: AccountStore) => Promise<T>): Promise<T> => withDatabase(options, (pool) => work(makeAccountStore(pool)))
