import { existsSync, fsync, ftruncate, readdirSync, readFileSync, unlinkSync, write } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'

/** What the journal asks of the disk while calls are running; tests put a failing one in its place. */
export interface Disk {
  /** Bytes really written: a disk that runs full takes a part. */
  write(descriptor: number, data: Buffer, offset: number): Promise<number>
  sync(descriptor: number): Promise<void>
  truncate(descriptor: number, length: number): Promise<void>
}

const writeAsync = promisify(write) as unknown as (descriptor: number, data: Buffer, offset: number, length: number) => Promise<{ bytesWritten: number }>
export const realDisk: Disk = {
  async write(descriptor, data, offset) { return (await writeAsync(descriptor, data, offset, data.length - offset)).bytesWritten },
  sync: promisify(fsync),
  truncate: promisify(ftruncate),
}

const crcOf = (text: string): string => crc32(text).toString(16).padStart(8, '0')
/** One line a record: CRC, blank, JSON. */
export const lineOf = (record: unknown): string => {
  const text = JSON.stringify(record)
  return `${crcOf(text)} ${text}\n`
}

function recordOf(line: string): { readonly key: string } | null {
  const text = line.slice(9)
  if (line[8] !== ' ' || crcOf(text) !== line.slice(0, 8)) return null
  try {
    const record = JSON.parse(text) as { key?: unknown } | null
    return typeof record?.key === 'string' ? record as { key: string } : null
  } catch {
    return null
  }
}

/**
 * Every whole record, in order, and what is damaged between and behind them. A damaged line says nothing about the lines after it:
 * those were acknowledged. A record whose front is glued to a torn one is found as well.
 */
export function read(content: Buffer): { readonly records: unknown[]; readonly damaged: Buffer[] } {
  const records: unknown[] = []
  const damaged: Buffer[] = []
  for (let at = 0; at < content.length;) {
    const newline = content.indexOf(0x0a, at)
    const end = newline < 0 ? content.length : newline
    const bytes = content.subarray(at, newline < 0 ? end : end + 1)
    const line = content.toString('utf8', at, end)
    at = end + 1
    let record = newline < 0 ? null : recordOf(line)
    if (record === null) {
      damaged.push(bytes)
      if (newline >= 0) for (const { index } of line.matchAll(/(?=[0-9a-f]{8} \{)/g)) record ??= recordOf(line.slice(index))
    }
    if (record !== null) records.push(record)
  }
  return { records, damaged }
}

/** `node.log`, `node.2.log`, `node.3.log`: a file that failed is never written again, the journal goes on in the next. */
export const segmentName = (file: string, number: number): string => (number === 1 ? file : file.replace(/\.log$/, `.${number}.log`))

/** The segments that exist, oldest first. */
export function segmentsOf(file: string): { readonly path: string; readonly number: number }[] {
  if (!existsSync(dirname(file))) return []
  const base = basename(file, '.log')
  return readdirSync(dirname(file)).flatMap((name) => {
    const number = name === `${base}.log` ? 1 : name.startsWith(`${base}.`) ? Number(/^\.(\d+)\.log$/.exec(name.slice(base.length))?.[1] ?? 0) : 0
    return number === 0 ? [] : [{ path: join(dirname(file), name), number }]
  }).sort((a, b) => a.number - b.number)
}

/** Lines of a file that are not empty; 0 without it. */
export const linesIn = (file: string): number => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').length : 0)
/** Removes a file if it is there. */
export const removeFile = (file: string): void => { if (existsSync(file)) unlinkSync(file) }
