import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Puts a new content in place of a file, whole or not at all: a reader, and who comes after a kill, sees the old one or the new one. `durable`: so it is after a
 * power loss as well, which costs a wait for the disk. What a writer that was killed left beside the file (`.new`) is overwritten by the next.
 * @throws when the disk will not have it; the old file is as it was and nothing is left beside it.
 */
export function replaceFile(file: string, text: string, { durable }: { readonly durable: boolean }): void {
  const fresh = `${file}.new`
  try {
    writeFileSync(fresh, text, { flush: durable })
    renameSync(fresh, file)
  } catch (error) {
    try { rmSync(fresh, { force: true }) } catch { /* what went wrong is told */ }
    throw error
  }
  if (!durable) return
  const directory = openSync(dirname(file), 'r')
  try { fsyncSync(directory) } finally { closeSync(directory) }
}
