import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as rest } from 'node:timers/promises'
import type { Pool, PoolClient } from 'pg'
import { isDeadlock, isLocked, isOutOfReach } from './blame.js'

export interface MigrationFile { readonly version: number; readonly name: string; readonly text: string; readonly checksum: string }

/**
 * While a statement waits for a table, everybody who comes after it waits behind it, whoever only reads as well: no longer than this, ms: half of what a call waits for PostgreSQL
 * before it writes in the journal instead. Then they go first, and it is tried again: who holds the table may be a backup or a long list.
 */
const WAIT = 1_000
const REST = 1_000
/** Then whoever started us goes on without PostgreSQL, and tries again. */
const TRIES = 20
/** A file of several parts, each committed by itself. */
const PART = /^-- commit\n/m

/** The numbered SQL files of a directory, in their order. */
export function migrationFiles(directory: string): readonly MigrationFile[] {
  return readdirSync(directory).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort().map((name) => {
    const text = readFileSync(join(directory, name), 'utf8')
    return { version: Number(name.slice(0, 4)), name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}

/** Work on the schema that no other starter does at the same time, nodes of one city included. */
export async function underSchemaLock<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('select pg_advisory_lock(110110)')
    return await work(client)
  } finally {
    await client.query('select pg_advisory_unlock(110110)').catch(() => undefined)
    client.release()
  }
}

/**
 * Brings the schema up to date: numbered SQL files, forward only, each in its own transaction whose first statement is the version row,
 * so that two starters collide there and the loser goes on (graphile-worker's pattern). A newer or altered schema is refused.
 * A file may have parts (`-- commit`), so that the lock one takes is not held while another reads a large table; the version row goes with the last, and those before it can be done again.
 * @returns the versions applied now.
 */
export function migrate(pool: Pool, directory: string): Promise<readonly number[]> {
  const files = migrationFiles(directory)
  return underSchemaLock(pool, async (client) => {
    const applied: number[] = []
    // Not `create … if not exists` alone: a role that may only look may not even ask for that.
    const { rows: [there] } = await client.query<{ there: boolean }>(`select to_regclass('migration') is not null as there`)
    if (there?.there !== true) await client.query('create table if not exists migration (version integer primary key, name text not null, checksum text not null, at timestamptz not null default now())')
    const { rows } = await client.query<{ version: number; checksum: string }>('select version, checksum from migration order by version')
    const known = new Map(rows.map((row) => [row.version, row.checksum]))
    const newest = Math.max(0, ...known.keys())
    const ours = Math.max(0, ...files.map((file) => file.version))
    if (newest > ours) throw new Error(`数据库版本 ${newest} 比程序（${ours}）新，请升级程序 / the database has schema ${newest}, newer than this program (${ours}): upgrade it`)
    for (const file of files) {
      const before = known.get(file.version)
      if (before === file.checksum) continue
      if (before !== undefined) throw new Error(`迁移 ${file.name} 与已执行的不同 / migration ${file.name} differs from the one that was applied: never change it, add a new one`)
      const parts = file.text.split(PART)
      for (const [n, part] of parts.entries()) await apply(client, file, part, n === parts.length - 1)
      applied.push(file.version)
    }
    return applied
  })
}

/** One part of a file, in one transaction. Others who hold what it needs are waited for, and never for long at a time. */
async function apply(client: PoolClient, file: MigrationFile, part: string, last: boolean): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await client.query('begin')
    try {
      await client.query(`set local lock_timeout = ${WAIT}`)
      if (last) await client.query('insert into migration (version, name, checksum) values ($1, $2, $3)', [file.version, file.name, file.checksum])
      await client.query(part)
      await client.query('commit')
      return
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      if (tries < TRIES && (isLocked(error) || isDeadlock(error))) {
        await rest(REST)
        continue
      }
      if (isOutOfReach(error)) throw error
      throw new Error(`迁移失败 / migration failed: ${file.name}: ${(error as Error).message}`, { cause: error })
    }
  }
}
