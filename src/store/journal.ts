import { closeSync, existsSync, fsync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, write, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { dirname } from 'node:path'

/**
 * Keeps what must be written while PostgreSQL is away: append-only, one line a record, CRC in front, fsynced before it counts.
 * A torn tail (power loss in mid-write) is cut off at opening: it was never acknowledged.
 */
export interface Journal<R extends { readonly key: string }> {
  /** Durable when it resolves. Writers at the same time share one fsync. */
  append(record: R): Promise<void>
  /** In the order in which they were appended. */
  readonly records: readonly R[]
  has(key: string): boolean
  /** The first `count` records are in the database now. The file is emptied when nothing is left. */
  forget(count: number): void
  /** Puts a record that the database refuses for good aside, into `<file>.rejected`, where a person can look at it. */
  reject(record: R, why: string): void
  close(): void
}

const writeAsync = promisify(write) as (fd: number, data: string) => Promise<unknown>
const fsyncAsync = promisify(fsync)
const lineOf = (text: string): string => `${crc32(text).toString(16).padStart(8, '0')} ${text}\n`

export function openJournal<R extends { readonly key: string }>(file: string): Journal<R> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const { records: found, bytes } = existsSync(file) ? read(readFileSync(file)) : { records: [], bytes: 0 }
  const records = found as R[]
  const descriptor = openSync(file, 'a', 0o600)
  ftruncateSync(descriptor, bytes)
  const counts = new Map<string, number>()
  for (const { key } of records) counts.set(key, (counts.get(key) ?? 0) + 1)
  let queue: { readonly line: string; readonly record: R; readonly done: () => void; readonly fail: (error: unknown) => void }[] = []
  let writing = false
  /** Records drained from the front of the file since it was last empty. */
  let drained = 0

  async function flush(): Promise<void> {
    if (writing) return
    writing = true
    while (queue.length > 0) {
      const batch = queue
      queue = []
      try {
        await writeAsync(descriptor, batch.map(({ line }) => line).join(''))
        await fsyncAsync(descriptor)
        for (const { record, done } of batch) { records.push(record); done() }
      } catch (error) {
        for (const { record, fail } of batch) { release(record.key); fail(error) }
      }
    }
    writing = false
  }

  function release(key: string): void {
    const left = (counts.get(key) ?? 1) - 1
    if (left <= 0) counts.delete(key)
    else counts.set(key, left)
  }

  return {
    records,
    append(record) {
      // Counted at once: a write that comes after this one must queue behind it.
      counts.set(record.key, (counts.get(record.key) ?? 0) + 1)
      return new Promise((done, fail) => {
        queue.push({ line: lineOf(JSON.stringify(record)), record, done, fail })
        void flush()
      })
    },
    has: (key) => counts.has(key),
    forget(count) {
      for (const { key } of records.splice(0, count)) release(key)
      drained += count
      if (records.length > 0 || queue.length > 0 || writing || drained === 0) return
      ftruncateSync(descriptor, 0)
      drained = 0
    },
    reject(record, why) {
      const rejected = `${file}.rejected`
      const before = existsSync(rejected) ? readFileSync(rejected, 'utf8') : ''
      writeFileSync(`${rejected}.new`, `${before}${JSON.stringify({ why, record })}\n`, { mode: 0o600, flush: true })
      renameSync(`${rejected}.new`, rejected)
    },
    close() { closeSync(descriptor) },
  }
}

/** All whole records, and how many bytes they fill. What follows the first damaged line was never acknowledged. */
export function read(content: Buffer): { records: unknown[]; bytes: number } {
  const records: unknown[] = []
  let at = 0
  for (;;) {
    const end = content.indexOf(0x0a, at)
    if (end < 0) break
    const line = content.toString('utf8', at, end)
    const text = line.slice(9)
    if (line[8] !== ' ' || crc32(text).toString(16).padStart(8, '0') !== line.slice(0, 8)) break
    records.push(JSON.parse(text) as unknown)
    at = end + 1
  }
  return { records, bytes: at }
}
