import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const directory = fileURLToPath(new URL('../fixtures/captures', import.meta.url))

/** A line of a capture: `dir` wrote `data`, or did `event` (connect, end). */
export interface CapturedLine { readonly t: number; readonly conn: string; readonly dir: 'fs' | 'app'; readonly data?: string; readonly event?: string }

/** What FreeSWITCH wrote on one connection, in one piece. */
export interface CapturedStream { readonly name: string; readonly bytes: Buffer }

/** The recorded scenarios. */
export const captureNames = (): string[] => readdirSync(directory).filter((file) => file.endsWith('.ndjson.gz')).sort().map((file) => file.replace('.ndjson.gz', ''))

export const capturedLines = (name: string): CapturedLine[] =>
  gunzipSync(readFileSync(`${directory}/${name}.ndjson.gz`)).toString().trim().split('\n').map((text) => JSON.parse(text) as CapturedLine)

/** Every stream that a real FreeSWITCH wrote in the recorded scenarios (answered, silent, abandoned …). */
export function capturedStreams(): CapturedStream[] {
  return captureNames().flatMap((name) => {
    const streams = new Map<string, Buffer[]>()
    for (const { conn, dir, data } of capturedLines(name)) {
      if (dir !== 'fs' || data === undefined) continue
      const parts = streams.get(conn) ?? []
      parts.push(Buffer.from(data))
      streams.set(conn, parts)
    }
    return [...streams].map(([connection, parts]) => ({ name: `${name} ${connection}`, bytes: Buffer.concat(parts) }))
  })
}

/** A frame as the protocol says it: header lines, then `Content-Length` bytes. Written for tests, with nothing in common with the codec. */
export interface RawFrame { readonly start: number; readonly end: number; readonly bodyAt: number; readonly head: ReadonlyMap<string, string>; readonly body: Buffer }

export function cutIntoFrames(bytes: Buffer): RawFrame[] {
  const frames: RawFrame[] = []
  for (let start = 0; start < bytes.length;) {
    const empty = bytes.indexOf('\n\n', start)
    if (empty < 0) throw new Error('the capture ends in the middle of a frame')
    const head = new Map(bytes.toString('latin1', start, empty).split('\n').map((line) => {
      const [name = '', ...rest] = line.split(': ')
      return [name, rest.join(': ')] as const
    }))
    const bodyAt = empty + 2
    const end = bodyAt + Number(head.get('Content-Length') ?? 0)
    frames.push({ start, end, bodyAt, head, body: bytes.subarray(bodyAt, end) })
    start = end
  }
  return frames
}
