import { chmodSync, cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'pg'
import type { Test } from 'tap'
import { migrateJobs } from '../../src/store/jobs.js'
import { migrate, migrationFiles } from '../../src/store/migrate.js'
import { startLocalServer } from '../../src/store/server.js'
import { openStore, type Store, type StoreOptions } from '../../src/store/store.js'
import { temporaryDirectory } from './directory.js'
import type { Ticket } from '../../src/contracts/ticket.js'

export const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))

/** Inside the checkout: PostgreSQL's own user must be able to reach it. */
export function temporaryHome(): { readonly path: string; remove(): void } {
  const path = temporaryDirectory()
  chmodSync(path, 0o711)
  return { path, remove() { rmSync(path, { recursive: true, force: true }) } }
}

export const silent = { info() { /* quiet */ }, warn() { /* quiet */ }, error() { /* quiet */ } }

/** A store on a PostgreSQL of its own. */
export async function openTestStore(home: string, more: Partial<StoreOptions> = {}): Promise<Store & { readonly told: Ticket[] }> {
  const told: Ticket[] = []
  const store = await openStore({
    databaseUrl: '', home, node: 'test', migrations, timeZone: 'Asia/Shanghai', contextDeadline: 2_000, clock: Date.now, logger: silent,
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
  const server = await startLocalServer({ directory: join(home.path, 'postgres'), unsafe: true })
  const pool = new Pool({ connectionString: server.ownerUrl, max: 2 })
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
