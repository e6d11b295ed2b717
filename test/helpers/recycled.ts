import { chmodSync, chownSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, type Dirent, type Stats } from 'node:fs'
import { join } from 'node:path'

/**
 * Directories of PostgreSQL that were used and are not any more. To make a thousand files anew, and to remove them, is what a test's database costs most:
 * it starts in a tenth of that time, and writes to forty of them. They lie in a directory beside the one that all are copied from; a rename takes one out.
 */
const sparesOf = (original: string): string => `${original}.spares`

/** So many are kept: more than there are at once. */
const MOST = 12

/** What is the same file as long as nobody wrote to it. A copy's time may be off by less than a clock's tick; what is written is written later. */
const isAsItWas = (one: Stats, other: Stats): boolean => one.size === other.size && Math.abs(one.mtimeMs - other.mtimeMs) < 1

function own(path: string, now: Stats, { mode, uid, gid }: Stats): void {
  if (now.uid !== uid || now.gid !== gid) chownSync(path, uid, gid)
  if (now.mode !== mode) chmodSync(path, mode)
}

/** Makes `to` again what `from` is: contents, owners, modes and times. */
export function restore(from: string, to: string): void {
  own(to, lstatSync(to), lstatSync(from))
  const there = new Map(readdirSync(to, { withFileTypes: true }).map((entry) => [entry.name, entry]))
  const kind = (entry: Dirent): string => (entry.isDirectory() ? 'directory' : entry.isFile() ? 'file' : 'other')
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [original, path, found] = [join(from, entry.name), join(to, entry.name), there.get(entry.name)]
    there.delete(entry.name)
    if (found !== undefined && kind(found) !== kind(entry)) rmSync(path, { recursive: true })
    const isThere = found !== undefined && kind(found) === kind(entry)
    if (entry.isDirectory()) {
      if (!isThere) mkdirSync(path)
      restore(original, path)
      continue
    }
    const wanted = lstatSync(original)
    if (!isThere || !isAsItWas(lstatSync(path), wanted)) {
      copyFileSync(original, path)
      utimesSync(path, wanted.atime, wanted.mtimeMs / 1_000)
    }
    own(path, lstatSync(path), wanted)
  }
  for (const name of there.keys()) rmSync(join(to, name), { recursive: true })
}

/** Puts a used directory there, as the original is. → whether there was one */
export function takeSpare(original: string, directory: string): boolean {
  const spares = sparesOf(original)
  for (const name of existsSync(spares) ? readdirSync(spares) : []) {
    try {
      renameSync(join(spares, name), directory)
    } catch {
      continue // somebody was faster
    }
    restore(original, directory)
    return true
  }
  return false
}

let kept = 0
/** Keeps a directory for others, unless there are enough or a PostgreSQL may still be at it. */
export function giveSpare(original: string, directory: string): void {
  const data = join(directory, 'data')
  if (!existsSync(join(data, 'PG_VERSION')) || existsSync(join(data, 'postmaster.pid'))) return
  const spares = sparesOf(original)
  mkdirSync(spares, { recursive: true })
  if (readdirSync(spares).length < MOST) renameSync(directory, join(spares, `${process.pid}-${kept += 1}`))
}
