import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, chownSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { replaceDurably } from '../../src/disk/whole-file.js'
import { makeDirectory } from '../../src/store/directory.js'
import { migrationFiles } from '../../src/store/migrate.js'
import { makePool } from '../../src/store/pool.js'
import { findBinaries, run } from '../../src/store/postgres-binaries.js'
import { newPassword, OWNER_ROLE } from '../../src/store/roles.js'
import { bringUpToDate } from '../../src/store/schema.js'
import { servant, startAs } from '../../src/store/servant.js'
import { startLocalServer } from '../../src/store/server.js'
import { giveSpare, takeSpare } from './recycled.js'

export const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
const cache = fileURLToPath(new URL('../../var/cache', import.meta.url))
const quiet = { info() { /* quiet */ }, warn() { /* quiet */ }, error() { /* quiet */ } }

/** A database that may be lost with the machine, never with its process: what is committed is in the log of writes when it is said to be. */
const LOSABLE = '\nfsync = off\nfull_page_writes = off\nmin_wal_size = 16MB\nmax_wal_size = 1GB\n'

/** What a prepared directory is made of: it is made anew when any of it changes. */
function contents(): string {
  const { from, major } = findBinaries(cache)
  const hash = createHash('sha256').update(LOSABLE).update(`${major} ${from}`)
  for (const { name, checksum } of migrationFiles(migrations)) hash.update(name + checksum)
  const sources = ['src/store/server.ts', 'src/store/roles.ts', 'src/store/schema.ts', 'src/store/migrate.ts', 'src/store/jobs.ts', 'test/helpers/prepared.ts', 'node_modules/graphile-worker/package.json']
  for (const source of sources) hash.update(readFileSync(new URL(`../../${source}`, import.meta.url)))
  return hash.digest('hex').slice(0, 16)
}

/** As PostgreSQL's own user or as ours, `from` with all that belongs to it. */
function copy(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['-a', from, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`cp ${from}: ${stderr}`)
}

/** Directories of other contents, and what was left behind by a run that was killed while it made one. */
function tidy(keep: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    const maker = /^postgres-[0-9a-f]+\.(\d+)$/.exec(name)?.[1]
    if (!name.startsWith('postgres-') || path === keep || path === `${keep}.spares` || (maker !== undefined && isAlive(Number(maker)))) continue
    // Of a schema that was there a moment ago: a run that began then still copies from it.
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 3_600_000) rmSync(path, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try { return process.kill(pid, 0) } catch { return false }
}

/** A third of what would be copied each time, and nobody needs it. */
async function dropSpare(ownerUrl: string): Promise<void> {
  const pool = makePool({ connectionString: ownerUrl, max: 1 })
  try {
    await pool.query('alter database template0 is_template false')
    await pool.query('drop database template0')
  } finally {
    await pool.end()
  }
}

let making: Promise<string> | null = null

/** The directory of a PostgreSQL of ours that was initialised, migrated and stopped: made by the first who asks, below var/cache, and kept for all others and all later runs. */
export function prepared(): Promise<string> {
  return making ??= make().catch((error: unknown) => { making = null; throw error })
}

async function make(): Promise<string> {
  const directory = join(cache, `postgres-${contents()}`)
  if (existsSync(directory)) return directory
  makeDirectory(cache)
  tidy(directory)
  const mine = `${directory}.${process.pid}`
  const as = servant()
  const binaries = findBinaries(join(mine, 'data'))
  makeDirectory(mine)
  const how = startAs(as, [mine, binaries.initdb, binaries.postgres])
  const password = join(mine, 'password')
  replaceDurably(password, newPassword())
  if (as !== null) for (const path of [mine, password]) chownSync(path, as.uid, as.gid)
  const data = join(mine, 'data')
  await run(binaries.initdb, ['-D', data, '-U', OWNER_ROLE, '--pwfile', password, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C', '--no-sync', '--wal-segsize=1'], how)
  appendFileSync(join(data, 'postgresql.conf'), LOSABLE)
  const server = await startLocalServer({ directory: mine, unsafe: true })
  try {
    await bringUpToDate(server, migrations, quiet)
    await dropSpare(server.ownerUrl)
  } finally {
    await server.stop()
  }
  // Each of them listens elsewhere, with another password for the server.
  for (const name of ['port', 'owner', 'server-password']) rmSync(join(mine, name), { force: true })
  try {
    renameSync(mine, directory)
  } catch (error) {
    if (!existsSync(directory)) throw error
    rmSync(mine, { recursive: true, force: true }) // somebody was faster
  }
  return directory
}

/** Of those that were placed by this process: what each is as. */
const placed = new Map<string, string>()

/** Puts a PostgreSQL of the test's own into this directory, which is not there yet: initialised, schema up to date, empty. Who starts it finds nothing left to do. */
export async function placeDatabase(directory: string): Promise<void> {
  const original = await prepared()
  if (!takeSpare(original, directory)) copy(original, directory)
  placed.set(directory, original)
}

/** Nobody needs those any more that were placed below here. */
export function leaveDatabases(above: string): void {
  for (const [directory, original] of placed) {
    if (!directory.startsWith(join(above, '/'))) continue
    placed.delete(directory)
    giveSpare(original, directory)
  }
}
