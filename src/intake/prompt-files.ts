import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { LANGUAGES, type FlowProblem } from '../contracts/flow.js'
import type { Language } from '../contracts/primitives.js'
import { fileProblem } from '../flow/library.js'
import { openReport } from '../flow/load/report.js'
import { loadTapes } from '../flow/prompt-tapes.js'
import { loadPromptTexts, speechText, type Speech } from '../flow/prompt-texts.js'
import { PIECE_FOLDER } from '../flow/say/read-out.js'
import { lintTapes, promptNameIn, type TapeFile, type TapeReport } from '../flow/sound/lint.js'
import { PROMPT_FORMAT, readTape, readWav, type Tape } from '../flow/wav.js'

const MAX_BYTES = 4_000_000
const WAV_HEADER_BYTES = 4_096

export interface Prompt {
  readonly path: string
  /** ms */
  readonly duration: number
  /** What it says, if `texts.yaml` knows. */
  readonly text?: string
}
export type Prompts = ReadonlyMap<Language, ReadonlyMap<string, Prompt>>

/** One folder of tapes: the prompts of a language, or the pieces of which it reads numbers out. */
export interface Shelf {
  readonly language: Language
  /** What a prompt's name begins with: nothing, or `say/`. */
  readonly prefix: '' | typeof PIECE_FOLDER
  /** Below `prompts`. */
  readonly folder: string
}

/** Every folder that holds tapes. */
export const SHELVES: readonly Shelf[] = LANGUAGES.flatMap((language) => [{ language, prefix: '', folder: language }, { language, prefix: PIECE_FOLDER, folder: join(language, PIECE_FOLDER) }])

/** Reads the folders of `prompts`: a tape that `tapes.yaml` names, else `<name>.wav`. Never rejects. */
export async function readPrompts(directory: string, shown: string): Promise<{ prompts: Prompts; problems: readonly FlowProblem[] }> {
  const problems: FlowProblem[] = []
  const prompts = new Map<Language, ReadonlyMap<string, Prompt>>()
  for (const shelf of SHELVES) {
    const { language, prefix, folder } = shelf
    const where = join(directory, 'prompts', folder)
    const shownAt = join(shown, 'prompts', folder)
    const { files, texts, problems: found } = await readListing(where, shownAt, shelf)
    problems.push(...found)
    const byName = new Map(prompts.get(language))
    const headers = await Promise.all([...files].map(async ([name, file]) => {
      const path = resolve(where, file)
      return { name, file, path, prompt: await readHeader(path).catch((error: unknown) => ({ wrong: reasonOf(error) })) }
    }))
    for (const { name, file, path, prompt } of headers) {
      if ('wrong' in prompt) problems.push(...fileProblem(join(shownAt, file), 'prompt.format', { name, found: prompt.wrong }))
      const said = texts.get(name)
      // A prompt in another format is still played rather than left out: FreeSWITCH converts it.
      byName.set(`${prefix}${name}`, { path, duration: 'duration' in prompt ? prompt.duration : 0, ...(said && { text: speechText(said) }) })
    }
    prompts.set(language, byName)
  }
  return { prompts, problems }
}

/** Listens to every tape in use: what is wrong with them, and what they measure. Reads the files whole. */
export async function lintPrompts(directory: string, shown: string): Promise<{ problems: readonly FlowProblem[]; tapes: readonly TapeReport[] }> {
  const problems: FlowProblem[] = []
  const tapes: TapeReport[] = []
  for (const shelf of SHELVES) {
    const where = join(directory, 'prompts', shelf.folder)
    const shownAt = join(shown, 'prompts', shelf.folder)
    const { files } = await readListing(where, shownAt, shelf)
    if (files.size === 0) continue
    const read = await Promise.all([...files].map(async ([name, file]): Promise<TapeFile> => {
      const tape = readTape(await readFile(join(where, file)).catch(() => new Uint8Array()))
      return { name, file, tape, hash: tape === null ? '' : hashOf(tape) }
    }))
    const path = join(shownAt, 'texts.yaml')
    const linted = lintTapes({ path, text: await readText(join(where, 'texts.yaml'), path, []) ?? '' }, shelf, read)
    problems.push(...linted.problems)
    tapes.push(...linted.tapes)
  }
  return { problems, tapes }
}

/** First 8 hex digits of SHA-256 of the sound itself: its notes may change without changing its name. */
export function hashOf({ data }: Pick<Tape, 'data'>): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 8)
}

interface Listing {
  /** Prompt name → file. */
  readonly files: ReadonlyMap<string, string>
  readonly tapes: ReadonlyMap<string, string>
  readonly texts: ReadonlyMap<string, readonly Speech[]>
  readonly problems: readonly FlowProblem[]
  /** Both files could be read: what they do not name is not there. */
  readonly whole: boolean
}

/** What one folder of tapes says it holds. */
export async function readListing(where: string, shownAt: string, { language, prefix }: Shelf): Promise<Listing> {
  const problems: FlowProblem[] = []
  const present: string[] = []
  for (const name of (await readdir(where).catch(() => [])).sort()) {
    // A tape that is not there is told where it is asked for; what is there and no file of sound is never opened.
    const facts = promptNameIn(name) === null ? null : await stat(join(where, name)).catch(() => null)
    if (facts === null || facts.isFile()) present.push(name)
    else problems.push(...fileProblem(join(shownAt, name), 'file.kind', {}))
  }
  const before = problems.length
  const yaml = async <T>(file: string, parse: (path: string, text: string) => T): Promise<T | null> => {
    const text = present.includes(file) ? await readText(join(where, file), join(shownAt, file), problems) : null
    return text === null ? null : parse(join(shownAt, file), text)
  }
  const spoken = await yaml('texts.yaml', (path, text) => loadPromptTexts(path, text, language))
  const listed = await yaml('tapes.yaml', loadTapes)
  problems.push(...spoken?.problems ?? [], ...listed?.problems ?? [])
  const whole = problems.length === before
  const tapes = listed?.tapes ?? new Map<string, string>()
  const files = new Map<string, string>()
  for (const file of present) {
    const name = promptNameIn(file)
    if (name === null) continue
    const used = tapes.get(name)
    if (used === undefined || !present.includes(used)) {
      if (file === `${name}.wav`) files.set(name, file)
    } else if (used === file) files.set(name, file)
    else if (file === `${name}.wav`) problems.push(...fileProblem(join(shownAt, file), 'prompt.beside', { name: `${prefix}${name}`, file, used, language }))
  }
  for (const [name, file] of tapes) {
    if (!present.includes(file)) problems.push(...fileProblem(join(shownAt, 'tapes.yaml'), 'prompt.gone', { name: `${prefix}${name}`, file, language }))
  }
  return { files, tapes, texts: spoken?.texts ?? new Map<string, readonly Speech[]>(), problems, whole }
}

async function readHeader(path: string): Promise<{ duration: number } | { duration: number; wrong: string }> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const { buffer, bytesRead } = await file.read(Buffer.alloc(WAV_HEADER_BYTES), 0, WAV_HEADER_BYTES, 0)
    const wav = readWav(buffer.subarray(0, bytesRead), size)
    if (wav === null) return { duration: 0, wrong: 'no PCM WAV' }
    const { duration, sampleRate, channels, bits } = wav
    const right = sampleRate === PROMPT_FORMAT.sampleRate && channels === PROMPT_FORMAT.channels && bits === PROMPT_FORMAT.bits
    return right ? { duration } : { duration, wrong: `${sampleRate} Hz, ${channels} ch, ${bits} bit` }
  } finally {
    await file.close()
  }
}

/** A text file; null and a problem when it cannot be read. */
export async function readText(path: string, shownAt: string, problems: FlowProblem[]): Promise<string | null> {
  try {
    const facts = await stat(path)
    // Whoever opens a pipe waits for its other end, for ever.
    if (!facts.isFile()) {
      problems.push(...fileProblem(shownAt, 'file.kind', {}))
      return null
    }
    if (facts.size > MAX_BYTES) throw new Error('> 4 MB')
    const bytes = await readFile(path)
    if (isUtf8(bytes)) return new TextDecoder().decode(bytes)
    problems.push(...encodingProblem(shownAt, new TextDecoder().decode(bytes)))
  } catch (error) {
    problems.push(...fileProblem(shownAt, 'file.unreadable', { reason: reasonOf(error) }))
  }
  return null
}

/** At the first sign that is none in UTF-8: `text` has a replacement character there. */
function encodingProblem(file: string, text: string): FlowProblem[] {
  const { report, problems } = openReport(file, text)
  const start = Math.max(0, text.indexOf('\uFFFD'))
  report('file.encoding', { start, end: start + 1 })
  return problems()
}

/** Why a file could not be read, without its absolute path. */
export function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : 'unknown'
}
