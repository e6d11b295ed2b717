import { join } from 'node:path'
import { Pool } from 'pg'
import { makeAccountStore } from './accounts.js'
import { migrateJobs } from './jobs.js'
import { migrate } from './migrate.js'
import { runningServer, startLocalServer } from './server.js'
import type { AccountStore } from '../people/accounts.js'

export interface BesideOptions {
  /** Empty: PostgreSQL below `home`, the running Liandong's own or one started for this command. */
  readonly databaseUrl: string
  readonly home: string
  readonly migrations: string
  readonly onProgress: (zh: string, en: string) => void
}

const quiet = { info() { /* a command's own output is enough */ }, warn() { /* see info */ }, error() { /* see info */ } }

/** The database for one command beside the server, whether that runs or not; the schema is brought up to date first. */
export async function withDatabase<T>(options: BesideOptions, work: (pool: Pool) => Promise<T>): Promise<T> {
  const directory = join(options.home, 'postgres')
  const running = options.databaseUrl !== '' ? options.databaseUrl : runningServer(directory)
  const server = running === null ? await startLocalServer({ directory, onProgress: options.onProgress }) : null
  const pool = new Pool({ connectionString: running ?? server?.url, max: 2, connectionTimeoutMillis: 5_000, application_name: 'liandong command' })
  // A connection was cut; the query on it tells.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => { client.on('error', () => undefined) })
  try {
    await migrateJobs(pool, quiet)
    await migrate(pool, options.migrations)
    return await work(pool)
  } finally {
    await pool.end()
    await server?.stop()
  }
}

export const withAccounts = <T>(options: BesideOptions, work: (accounts: AccountStore) => Promise<T>): Promise<T> => withDatabase(options, (pool) => work(makeAccountStore(pool)))
