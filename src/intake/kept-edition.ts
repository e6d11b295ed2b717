import { mkdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { replaceFile } from '../disk/whole-file.js'
import { hashOfEdition, shortHash, type EditionContent, type EditionTape } from './edition.js'
import { soundHash } from './flow-gate.js'
import { tapeKey, type KeptFiles } from './running-flows.js'

export interface KeptEditionOptions {
  readonly directory: string
  /** The edition that ran last is kept below it, with tapes that the directory does not have. */
  readonly home: string
  /** Where FreeSWITCH finds the prompts; empty: the same path as here. */
  readonly promptRoot: string
  /** A tape's file, by its SHA-256. */
  readonly tape: (hash: string) => Promise<Uint8Array | null>
}

interface Kept { readonly hash: string; readonly content: EditionContent }

/** `directory`: where the files were found, absolute. `text`: of `KeptFiles`. */
interface KeptJudged { readonly directory: string; readonly hash: string; readonly text: string }

/** What of the published flows is on this machine: the edition that ran last, for a start without PostgreSQL, and its tapes. */
export function makeKeptEdition({ directory, home, promptRoot, tape }: KeptEditionOptions) {
  const folder = join(home, 'flows')
  const file = join(folder, 'edition.json')
  /** Of a machine where nothing is published. */
  const judged = join(folder, 'files.json')

  /** A copy of our own; its name has the hash, so it is made once. */
  async function copy(name: string, hash: string): Promise<string> {
    const path = join(folder, 'tapes', `${basename(name, '.wav').split('.')[0] ?? 'tape'}.${hash.slice(0, 16)}.wav`)
    if (await stat(path).then(() => true, () => false)) return path
    const sound = await tape(hash)
    if (sound === null) throw new Error('not in PostgreSQL')
    await mkdir(join(folder, 'tapes'), { recursive: true })
    await replaceFile(path, sound)
    return path
  }

  /** SHA-256 of files by what the disk says of them: looking for all tapes again reads those only that are not what they were. */
  const known = new Map<string, { readonly facts: string; readonly hash: string }>()
  async function hashAt(path: string): Promise<string | null> {
    const { size, mtimeMs, ino } = await stat(path).catch(() => ({ size: -1, mtimeMs: 0, ino: 0 }))
    const facts = `${size} ${mtimeMs} ${ino}`
    const sound = size >= 0 && known.get(path)?.facts !== facts ? await readFile(path).catch(() => null) : null
    if (sound !== null) known.set(path, { facts, hash: soundHash(sound) })
    const found = known.get(path)
    return found?.facts === facts ? found.hash : null
  }

  return {
    /** @throws when the disk will not have it. */
    async keep(edition: Kept): Promise<void> {
      await mkdir(folder, { recursive: true })
      await replaceFile(file, JSON.stringify(edition))
    },
    /** Keeps what was found right in the directory, where callers enter its files. @throws when the disk will not have it. */
    async keepJudged(files: KeptFiles): Promise<void> {
      await mkdir(folder, { recursive: true })
      const text = JSON.stringify(files)
      const known: KeptJudged = { directory: resolve(directory), hash: shortHash(text), text }
      await replaceFile(judged, JSON.stringify(known))
    },
    /** What was found right last in this very directory; null when there is none, or it is not what it was. */
    async lastJudged(): Promise<KeptFiles | null> {
      const read = await readFile(judged, 'utf8').then((text) => JSON.parse(text) as Partial<KeptJudged>).catch(() => null)
      if (read?.text === undefined || read.directory !== resolve(directory) || shortHash(read.text) !== read.hash) return null
      return JSON.parse(read.text) as KeptFiles
    },
    /** What ran last on this machine; null when there is none, or it is not what it was. */
    async last(): Promise<Kept | null> {
      const read = await readFile(file, 'utf8').then((text) => JSON.parse(text) as Kept).catch(() => null)
      return read === null || hashOfEdition(read.content) !== read.hash ? null : read
    },
    /**
     * Where FreeSWITCH finds each tape, by `tapeKey`, without those that are not to be had now. Below `promptRoot` it is the file there, if it is the one that
     * was published (where that cannot be read from here, what the directory has, whose content it shares): a copy of ours would be a path that FreeSWITCH has
     * not. Else the directory's, or a copy of our own.
     */
    async findTapes(tapes: readonly EditionTape[]): Promise<ReadonlyMap<string, string>> {
      const paths = new Map<string, string>()
      const seen = promptRoot !== '' && await stat(promptRoot).then((facts) => facts.isDirectory(), () => false)
      for (const { language, name, file: as, hash } of tapes) {
        const path = seen ? join(promptRoot, as) : join(directory, 'prompts', as)
        if (await hashAt(path) === hash) paths.set(tapeKey(language, name), promptRoot === '' ? path : join(promptRoot, as))
        else if (promptRoot === '') {
          const copied = await copy(as, hash).catch(() => null)
          if (copied !== null) paths.set(tapeKey(language, name), copied)
        }
      }
      return paths
    },
  }
}
