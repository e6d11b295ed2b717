import { chmodSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Pool } from 'pg'
import type { Test } from 'tap'
import { migrateJobs } from '../../src/store/jobs.js'
import { migrate, migrationFiles } from '../../src/store/migrate.js'
import { startLocalServer, type LocalServer } from '../../src/store/server.js'
import { openStore, type Store, type StoreOptions } from '../../src/store/store.js'
import { temporaryDirectory } from './directory.js'
import { leaveDatabases, migrations, placeDatabase } from './prepared.js'
import type { Ticket } from '../../src/contracts/ticket.js'

export { migrations }

export interface TemporaryHome { readonly path: string; remove(): void }

/** Inside the checkout: PostgreSQL's own user must be able to reach it. */
export function temporaryHome(): TemporaryHome {
  const path = temporaryDirectory()
  chmodSync(path, 0o711)
  return { path, remove() { leaveDatabases(path); rmSync(path, { recursive: true, force: true }) } }
}

/** A home in which a Liandong was before: its PostgreSQL is initialised and has the schema. A first start takes `temporaryHome`. */
export async function usedHome(): Promise<TemporaryHome> {
  const home = temporaryHome()
  await placeDatabase(join(home.path, 'postgres'))
  return home
}

/** A PostgreSQL of the test's own in this directory, the schema up to date. The caller stops it. */
export async function startTestServer(directory: string): Promise<LocalServer> {
  await placeDatabase(directory)
  return startLocalServer({ directory, unsafe: true })
}

export const silent = { info() { /* quiet */ }, warn() { /* quiet */ }, error() { /* quiet */ } }

/** Of a statement on the call path, ms: what takes seconds on a busy machine is no outage to a test that is not about one. */
const PATIENT = 20_000

/** A store on a PostgreSQL of its own. */
export async function openTestStore(home: string, more: Partial<StoreOptions> = {}): Promise<Store & { readonly told: Ticket[] }> {
  const told: Ticket[] = []
  const directory = join(home, 'postgres')
  if ((more.databaseUrl ?? '') === '' && !existsSync(directory)) await placeDatabase(directory)
  const store = await openStore({
    databaseUrl: '', home, node: 'test', migrations, timeZone: 'Asia/Shanghai', contextDeadline: 2_000, deadline: PATIENT, clock: Date.now, logger: silent,
    onProgress: () => undefined, onTicket: (ticket) => told.push(ticket), onStatus: () => undefined, ...more,
  })
  return Object.assign(store, { told })
}

/** For what the server's own role may not do: tables and triggers are the owner's. */
export function asOwner(t: Test, { ownerUrl }: Pick<Store, 'ownerUrl'>): Pool {
  const pool = new Pool({ connectionString: ownerUrl, max: 2 })
  pool.on('error', () => undefined)
  t.teardown(() => pool.end())
  return pool
}

/** A database as it was before this migration; `finish` brings it up to date. */
export async function openOldDatabase(t: Test, version: number): Promise<{ readonly pool: Pool; finish(): Promise<readonly number[]> }> {
  const home = temporaryHome()
  const server = await startTestServer(join(home.path, 'postgres'))
  const admin = new Pool({ connectionString: server.ownerUrl, max: 1 })
  await admin.query('create database old')
  await admin.end()
  const url = new URL(server.ownerUrl)
  url.pathname = '/old'
  const pool = new Pool({ connectionString: url.href, max: 2 })
  pool.on('error', () => undefined)
  t.teardown(async () => { await pool.end(); await server.stop(); home.remove() })
  const before = join(home.path, 'migrations')
  mkdirSync(before)
  for (const file of migrationFiles(migrations)) if (file.version < version) cpSync(join(migrations, file.name), join(before, file.name))
  await migrateJobs(pool, silent)
  await migrate(pool, before)
  return { pool, finish: () => migrate(pool, migrations) }
}

/** Waits for a condition; fails loudly after `limit` ms. */
export async function until<T>(what: string, condition: () => T | Promise<T>, limit = 20_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + limit
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== null && value !== false) return value
    if (Date.now() > deadline) throw new Error(`waited ${limit} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** What callers enter has passed the gate, which a first start takes a moment for: until then they wait with music. */
export const flowsRun = ({ editions }: Pick<Store, 'editions'>): Promise<unknown> => until('the flows to be published', () => editions.current(), 60_000)
