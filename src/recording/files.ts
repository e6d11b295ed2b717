import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, copyFile, mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readWav, soundBytes } from '../flow/wav.js'

/** Where the sound of a WAV begins is known from its first bytes. */
const HEAD = 4_096
const NAME = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.wav$/

export interface FoundFile { readonly bytes: number; readonly changedAt: number; readonly bornAt: number }

export interface Inspection {
  readonly state: 'kept' | 'cut'
  readonly bytes: number
  /** Null: nothing that could be played. */
  readonly durationMs: number | null
  readonly sha256: Buffer
}

/** Where talks are recorded; empty: nowhere. In practice that needs no setting. */
export const recordingDirectory = ({ configured, practice, home }: { readonly configured: string; readonly practice: boolean; readonly home: string }): string =>
  configured === '' && practice ? join(home, 'recordings') : configured

/** SHA-256 of a file. */
export async function hashOf(path: string): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest()
}

/** The directory that FreeSWITCH records into. A name is a UUID and nothing else; what is kept moves into folders of its own, so that what is new stays few. */
export function recordingFiles(directory: string) {
  const fresh = (id: string): string => join(directory, `${id}.wav`)
  const kept = (id: string): string => join(directory, 'kept', id.slice(0, 2), `${id}.wav`)

  async function found(path: string): Promise<FoundFile | null> {
    try {
      const { size, mtimeMs, birthtimeMs } = await stat(path)
      return { bytes: size, changedAt: mtimeMs, bornAt: birthtimeMs }
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null
      throw error
    }
  }

  async function mend(path: string, head: Buffer): Promise<void> {
    const file = await open(path, 'r+').catch(async (error: unknown) => {
      if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
      // FreeSWITCH has a user of its own, and libsndfile lets its group read only: a copy is ours.
      await copyFile(path, `${path}.copy`)
      try {
        await chmod(`${path}.copy`, 0o640)
        await rename(`${path}.copy`, path)
      } catch (failure) {
        await rm(`${path}.copy`, { force: true })
        throw failure
      }
      return open(path, 'r+')
    })
    try {
      await file.write(head, 0, head.length, 0)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  return {
    /** Names of what FreeSWITCH has written and nobody has taken in. */
    async list(): Promise<string[]> { return (await readdir(directory)).flatMap((name) => NAME.exec(name)?.[1] ?? []) },
    fresh: (id: string) => found(fresh(id)),
    /** Where it is now, kept or not yet. */
    async where(id: string): Promise<{ readonly path: string; readonly bytes: number } | null> {
      for (const path of [kept(id), fresh(id)]) {
        const file = await found(path)
        if (file !== null) return { path, bytes: file.bytes }
      }
      return null
    },
    /** Looks at a file that is complete. One whose header FreeSWITCH did not live to write, or whose end the disk did not take, is mended so far that what is there can be played. */
    async inspect(id: string): Promise<Inspection> {
      const path = fresh(id)
      const file = await open(path, 'r')
      let state: Inspection['state'] = 'kept'
      let durationMs: number | null
      const { size } = await file.stat()
      try {
        const head = Buffer.alloc(Math.min(HEAD, size))
        await file.read(head, 0, head.length, 0)
        const sound = soundBytes(head)
        if (sound === null || sound.at > size) {
          state = 'cut'
          durationMs = null
        } else {
          const there = size - sound.at
          if (there < sound.size || there > sound.size + 1) {
            state = 'cut'
            head.writeUInt32LE(size - 8, 4)
            head.writeUInt32LE(there, sound.at - 4)
            await mend(path, head.subarray(0, sound.at))
          }
          durationMs = readWav(head, size)?.duration ?? null
        }
      } finally {
        await file.close()
      }
      return { state, bytes: size, durationMs, sha256: await hashOf(path) }
    },
    async keep(id: string, as = id): Promise<void> {
      await mkdir(join(directory, 'kept', as.slice(0, 2)), { recursive: true, mode: 0o750 })
      await rename(fresh(id), kept(as)).catch(async (error: unknown) => {
        // Another node at the same directory was faster.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || await found(kept(as)) === null) throw error
      })
    },
    async drop(id: string): Promise<void> { await rm(fresh(id), { force: true }) },
    async remove(id: string): Promise<void> { for (const path of [kept(id), fresh(id)]) await rm(path, { force: true }) },
    /** Can something be written here, and how much? @returns free bytes @throws when it cannot */
    async free(probe: string): Promise<number> {
      await mkdir(directory, { recursive: true, mode: 0o750 })
      const path = join(directory, `.${probe}.probe`)
      await writeFile(path, 'x')
      await rm(path, { force: true })
      const { bavail, bsize } = await statfs(directory)
      return bavail * bsize
    },
  }
}
export type RecordingFiles = ReturnType<typeof recordingFiles>
