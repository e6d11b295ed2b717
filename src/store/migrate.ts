import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pool, PoolClient } from 'pg'
import { isOutOfReach } from './blame.js'

export interface MigrationFile { readonly version: number; readonly name: string; readonly text: string; readonly checksum: string }

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
      await client.query('begin')
      try {
        await client.query('insert into migration (version, name, checksum) values ($1, $2, $3)', [file.version, file.name, file.checksum])
        await client.query(file.text)
        await client.query('commit')
      } catch (error) {
        await client.query('rollback').catch(() => undefined)
        if (isOutOfReach(error)) throw error
        throw new Error(`迁移失败 / migration failed: ${file.name}: ${(error as Error).message}`, { cause: error })
      }
      applied.push(file.version)
    }
    return applied
  })
}
