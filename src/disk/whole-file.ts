import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface How {
  /** Of the new file, whatever the old one had; what the process lets through (umask). */
  readonly mode?: number
  /** Where several processes write the same file: whose it is. Writers of one process wait for one another. */
  readonly writer?: string
}

const freshOf = (file: string, writer = ''): string => (writer === '' ? `${file}.new` : `${file}.${writer}.new`)
/** The last one in the queue for each file that is being written. */
const writing = new Map<string, Promise<void>>()

/**
 * Puts a new content in place of a file, whole or not at all: a reader sees the old one or the new one, and so it is after a kill or a power loss. Durable when it resolves.
 * What a writer that was killed left beside the file (`.new`) is overwritten by the next; one that fails takes it away itself.
 * @throws when the disk will not have it; the old file is as it was.
 */
export function replaceFile(file: string, data: Uint8Array | string, { mode = 0o666, writer }: How = {}): Promise<void> {
  const fresh = freshOf(file, writer)
  const turn = (writing.get(fresh) ?? Promise.resolve()).then(() => write(file, fresh, data, mode), () => write(file, fresh, data, mode))
  writing.set(fresh, turn)
  return turn.finally(() => { if (writing.get(fresh) === turn) writing.delete(fresh) })
}

async function write(file: string, fresh: string, data: Uint8Array | string, mode: number): Promise<void> {
  try {
    await rm(fresh, { force: true }) // one that was left has its own mode
    const handle = await open(fresh, 'wx', mode)
    try {
      await handle.writeFile(data)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(fresh, file)
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => undefined)
    throw error
  }
  const directory = await open(dirname(file), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** As `replaceFile`, for who must have it on the disk before he goes on: the journal, which nothing may overtake. Nobody else can read it. */
export function replaceDurably(file: string, data: Uint8Array | string, mode = 0o600): void {
  const fresh = freshOf(file)
  try {
    rmSync(fresh, { force: true })
    writeDurably(fresh, 'wx', data, mode)
    renameSync(fresh, file)
  } catch (error) {
    try { rmSync(fresh, { force: true }) } catch { /* what went wrong is told */ }
    throw error
  }
  syncDirectory(dirname(file))
}

/** Adds to the end of a file. Durable when it returns. Rare paths only: it waits for the disk. */
export function appendDurably(file: string, data: Uint8Array | string): void {
  writeDurably(file, 'a', data, 0o600)
  syncDirectory(dirname(file))
}

/** A new name is only there for good when its directory is on the disk. */
export function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r')
  try { fsyncSync(descriptor) } finally { closeSync(descriptor) }
}

function writeDurably(file: string, flags: 'a' | 'wx', data: Uint8Array | string, mode: number): void {
  const bytes = Buffer.from(data)
  const descriptor = openSync(file, flags, mode)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
