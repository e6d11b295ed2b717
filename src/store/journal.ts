import { closeSync, ftruncateSync, openSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { LiandongError } from '../contracts/errors.js'
import { appendDurably, replaceDurably, syncDirectory } from '../disk/whole-file.js'
import { lineOf, linesIn, read, realDisk, removeFile, segmentName, segmentsOf, type Disk } from './journal-file.js'
import { makeDirectory } from './directory.js'

/**
 * Keeps what must be written while PostgreSQL is away: append-only, one line a record, CRC in front, fsynced before it counts.
 * What is damaged (power loss in mid-write, a bad sector) is copied to `<file>.damaged`, and everything behind it is kept.
 */
export interface Journal<R extends { readonly key: string }> {
  /** Durable when it resolves. Writers at the same time share one fsync. Once it is closed it rejects with `server.draining`: the file may be a successor’s by then. */
  append(record: R): Promise<void>
  /** In the order in which they were appended. */
  readonly records: readonly R[]
  has(key: string): boolean
  /** The first `count` records are in the database now. The file is emptied when nothing is left. */
  forget(count: number): void
  /** Puts a record that the database refuses for good aside, into `<file>.rejected`, where a person can look at it. @throws when the disk will not have it. */
  reject(record: R, why: string): void
  /** How many lie there now. A person who has dealt with them moves the file away. */
  rejected(): number
  /** Takes nothing more. Resolves when what it had taken is on the disk or was refused, and the file is let go; at once, where nothing is being written. */
  close(): Promise<void>
}

export interface JournalOptions {
  readonly disk?: Disk
  /** Something is wrong with the file, and was dealt with. */
  readonly onTrouble?: (fields: object, text: string) => void
}

/**
 * Opens the journal at `file` and reads what an earlier run left in it.
 * @throws when the directory cannot be used.
 */
export function openJournal<R extends { readonly key: string }>(file: string, { disk = realDisk, onTrouble = () => undefined }: JournalOptions = {}): Journal<R> {
  makeDirectory(dirname(file), 0o700)
  const records: R[] = []
  let segment = 1
  for (const { path, number } of segmentsOf(file)) {
    segment = number
    const { records: found, damaged } = read(readFileSync(path))
    for (const record of found) records.push(record as R)
    if (damaged.length > 0 && !mend(path, found, damaged)) segment = number + 1
  }
  let descriptor: number | null = open()
  /** Up to here the file holds whole, acknowledged records. */
  let good = statSync(segmentName(file, segment)).size
  const counts = new Map<string, number>()
  for (const { key } of records) counts.set(key, (counts.get(key) ?? 0) + 1)
  let queue: { readonly line: string; readonly record: R; readonly done: () => void; readonly fail: (error: unknown) => void }[] = []
  /** What is being written; null: nothing. */
  let writing: Promise<void> | null = null
  let closed = false
  /** Records drained from the front since the journal was last empty. */
  let drained = 0
  let rejects = { size: -1, count: 0 }

  function open(): number {
    const opened = openSync(segmentName(file, segment), 'a', 0o600)
    syncDirectory(dirname(file))
    return opened
  }

  /** @returns false: the disk will not have it now. The file stays as it is and is not written any more. */
  function mend(path: string, found: readonly unknown[], damaged: readonly Buffer[]): boolean {
    const bytes = damaged.reduce((sum, { length }) => sum + length, 0)
    onTrouble({ file: path, bytes, kept: found.length }, `the journal is damaged; the damaged part is kept in ${path}.damaged, everything else is read`)
    try {
      appendDurably(`${path}.damaged`, Buffer.concat([...damaged, Buffer.from('\n')]))
      replaceDurably(path, found.map(lineOf).join(''))
      return true
    } catch (error) {
      onTrouble({ err: error, file: path }, 'the damaged journal could not be mended')
      return false
    }
  }

  async function flush(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue
      queue = []
      try {
        await writeAll(Buffer.from(batch.map(({ line }) => line).join('')))
        for (const { record, done } of batch) { records.push(record); done() }
      } catch (error) {
        for (const { record, fail } of batch) { release(record.key); fail(error) }
      }
    }
    writing = null
  }

  /** All of it is on the disk, or none of it is in the file that goes on. */
  async function writeAll(data: Buffer): Promise<void> {
    if (descriptor === null) {
      descriptor = open()
      good = 0
    }
    const into = descriptor
    try {
      for (let at = 0; at < data.length;) {
        const written = await disk.write(into, data, at)
        if (written <= 0) throw new Error('the disk took nothing')
        at += written
      }
    } catch (error) {
      try {
        await disk.truncate(into, good)
        await disk.sync(into)
      } catch {
        leave()
      }
      throw error
    }
    try {
      await disk.sync(into)
    } catch (error) {
      // The kernel reports a page it could not write once and then takes it for clean: a second fsync of this file would lie.
      await disk.truncate(into, good).catch(() => undefined)
      leave()
      throw error
    }
    good += data.length
  }

  function leave(): void {
    if (descriptor !== null) closeSync(descriptor)
    descriptor = null
    onTrouble({ file: segmentName(file, segment) }, 'the disk failed this journal file; the next record goes to a new one')
    segment += 1
  }

  function release(key: string): void {
    const left = (counts.get(key) ?? 1) - 1
    if (left <= 0) counts.delete(key)
    else counts.set(key, left)
  }

  return {
    records,
    append(record) {
      if (closed) {
        onTrouble({ file, key: record.key }, 'a record came after the end of the journal; it was not kept')
        return Promise.reject(new LiandongError('server.draining'))
      }
      // Counted at once: a write that comes after this one must queue behind it.
      counts.set(record.key, (counts.get(record.key) ?? 0) + 1)
      return new Promise((done, fail) => {
        queue.push({ line: lineOf(record), record, done, fail })
        writing ??= flush()
      })
    },
    has: (key) => counts.has(key),
    forget(count) {
      for (const { key } of records.splice(0, count)) release(key)
      drained += count
      if (closed) return // the files may be a successor's by now
      if (records.length > 0 || queue.length > 0 || writing !== null || drained === 0) return
      try {
        for (const { path, number } of segmentsOf(file)) if (number !== segment) removeFile(path)
        if (descriptor !== null) ftruncateSync(descriptor, 0)
        good = 0
        drained = 0
      } catch (error) {
        // What stays is drained once more at the next start, which does no harm.
        onTrouble({ err: error, file }, 'the journal could not be emptied')
      }
    },
    reject(record, why) { appendDurably(`${file}.rejected`, `${JSON.stringify({ why, record })}\n`) },
    rejected() {
      const size = statSync(`${file}.rejected`, { throwIfNoEntry: false })?.size ?? 0
      if (size !== rejects.size) rejects = { size, count: size === 0 ? 0 : linesIn(`${file}.rejected`) }
      return rejects.count
    },
    close() {
      closed = true
      const letGo = (): void => {
        if (descriptor !== null) closeSync(descriptor)
        descriptor = null
      }
      if (writing !== null) return writing.then(letGo)
      letGo()
      return Promise.resolve()
    },
  }
}
