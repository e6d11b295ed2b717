import { createReadStream } from 'node:fs'
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import type { Recording, RecordingPlay } from '../contracts/routes/recordings.js'
import type { RecordingFiles } from './files.js'
import type { RecordingStore, RetentionDays } from './ports.js'
import { partOf } from './range.js'

/** How long a player may go on asking for bytes after the reason was given, ms. */
const PLAY_LASTS = 2 * 3_600_000

export interface Sound {
  readonly status: 200 | 206
  readonly size: number
  /** Strong: the content's own hash. */
  readonly tag: string
  /** Of a part, inclusive. */
  readonly from: number
  readonly to: number
  readonly stream: Readable
}

export interface Recordings {
  ofTicket(who: Self, ticketId: string): Promise<{ recordings: Recording[]; mayPlay: boolean; mayHold: boolean }>
  /** @returns what the player asks with; the audit row is durable by then */
  play(who: Self, id: string, reason: string): Promise<string>
  /** @throws LiandongError; `recording.range` carries the size */
  sound(who: Self, id: string, playId: string, range: string | undefined, ifRange: string | undefined): Promise<Sound>
  plays(id: string): Promise<RecordingPlay[]>
  hold(who: Self, id: string, on: boolean, reason: string): Promise<void>
}

export interface RecordingsDeps {
  readonly store: RecordingStore
  /** Null: this node has no directory of recordings. */
  readonly files: RecordingFiles | null
  readonly node: string
  readonly days: RetentionDays
}

/** Supervisors hear every recording; an operator those of calls that he had to do with. Nobody without a reason, and never before it is written down. */
export function makeRecordings({ store, files, node, days }: RecordingsDeps): Recordings {
  const mayHear = async (who: Self, callId: string): Promise<boolean> => who.role === 'supervisor' || (who.role === 'operator' && await store.tookPart(callId, who.id))

  async function find(id: string) {
    const found = await store.find(id)
    if (found === null) throw new LiandongError('recording.not-found')
    return found
  }

  /** The file, if what was kept is still what is there. */
  async function open(id: string) {
    const found = await find(id)
    if (found.state === 'deleted') throw new LiandongError('recording.deleted')
    if (found.state === 'recording') throw new LiandongError('recording.unfinished')
    const file = await files?.where(id) ?? null
    if (file === null) {
      if (files === null || found.node !== node) throw new LiandongError('recording.elsewhere', { node: found.node })
      if (found.state !== 'missing') await store.mark(id, 'missing')
      throw new LiandongError('recording.missing')
    }
    if (file.bytes !== found.bytes || found.durationMs === null) {
      if (found.state === 'kept') await store.mark(id, 'cut')
      throw new LiandongError('recording.damaged', { kept: found.bytes ?? 0, found: file.bytes })
    }
    return { ...found, path: file.path, bytes: file.bytes }
  }

  return {
    async ofTicket(who, ticketId) {
      const recordings = [...await store.ofTicket(ticketId, days)]
      return { recordings, mayPlay: recordings.length > 0 && await mayHear(who, ticketId), mayHold: who.role === 'supervisor' || who.role === 'admin' }
    },
    async play(who, id, reason) {
      const { callId } = await find(id)
      if (!await mayHear(who, callId)) throw new LiandongError('recording.not-yours')
      await open(id)
      const playId = randomUUID()
      await store.notePlay(playId, id, who.id, reason.trim())
      return playId
    },
    async sound(who, id, playId, range, ifRange) {
      if (!await store.isPlay(playId, id, who.id, PLAY_LASTS)) throw new LiandongError('recording.no-reason')
      const { path, bytes: size, sha256 } = await open(id)
      const tag = `"${sha256}"`
      const part = partOf(range, ifRange, size, tag)
      if (part.type === 'unsatisfiable') throw new LiandongError('recording.range', { size })
      const [from, to] = part.type === 'whole' ? [0, size - 1] : [part.from, part.to]
      return { status: part.type === 'whole' ? 200 : 206, size, tag, from, to, stream: createReadStream(path, { start: from, end: to }) }
    },
    async plays(id) {
      await find(id)
      return [...await store.plays(id)]
    },
    async hold(who, id, on, reason) {
      await find(id)
      if (!await store.hold(id, on, who.id, reason.trim())) {
        if ((await find(id)).state === 'deleted') throw new LiandongError('recording.deleted')
        throw new LiandongError(on ? 'recording.held' : 'recording.not-held')
      }
    },
  }
}
