import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import type { Language } from '../contracts/primitives.js'
import { barsRunning, baseName, loadCodeBook, loadFlows, type CodeBook, type FlowLibrary, type FlowText } from '../flow/library.js'
import { loadEntries, loadLines, type Line } from '../flow/side-files.js'
import type { Flow } from '../flow/types.js'

/** Which tape a prompt is in an edition. `hash`: SHA-256 of the whole file. */
export interface EditionTape {
  readonly language: Language
  readonly name: string
  /** Below `prompts`, e.g. `en/noted.1a2b3c4d.wav`. */
  readonly file: string
  readonly hash: string
  /** ms */
  readonly duration: number
  readonly text?: string
}

/** Everything callers can hear and press at one moment: all files by name (flows, their tests, what lies beside them), and all tapes. Plain JSON. */
export interface EditionContent {
  readonly files: Readonly<Record<string, string>>
  readonly tapes: readonly EditionTape[]
}

/** So many editions that ran are at hand: among them one that can run is looked for where the published one cannot, and their tapes are not pruned. */
export const AT_HAND = 20

export const CODE_BOOK = 'categories.yaml'
export const LINES = 'lines.yaml'
export const ENTRIES = 'entries.yaml'
/** The city has one calendar, a table of PostgreSQL: a file of this name beside the flows is a problem, and in an old edition it says nothing any more. */
export const OLD_CALENDAR = 'calendar.yaml'
/** Beside the flows, and none of them. */
export const SIDE_FILES: ReadonlySet<string> = new Set([CODE_BOOK, LINES, ENTRIES, OLD_CALENDAR])
export const FLOW_FILE = /^[a-z0-9][a-z0-9-]{0,31}\.ya?ml$/
/** A tape, or what lies beside it. */
export const OF_PROMPTS = /(^|\/)prompts\/[^/]+\/(say\/)?[^/]+$/
export const TEST_FILE = /^([a-z0-9][a-z0-9-]{0,31})\.test\.ya?ml$/

/** First 12 hex digits of SHA-256: short enough to read out, long enough never to meet itself. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** Of everything in it, in an order of its own: whoever makes the same edition, gets the same hash. */
export function hashOfEdition({ files, tapes }: EditionContent): string {
  return shortHash(JSON.stringify([
    Object.keys(files).sort().map((name) => [name, files[name]]),
    tapes.map(({ language, name, file, hash, duration, text = '' }) => [language, name, file, hash, duration, text]).sort((a, b) => (String(a) < String(b) ? -1 : 1)),
  ]))
}

/** Prompt name → tape, for each language. */
export type TapeTable = ReadonlyMap<string, ReadonlyMap<string, EditionTape>>

/** An edition ready to run. */
export interface Edition extends Pick<FlowLibrary, 'sketches'> {
  readonly hash: string
  /** What it was loaded from. */
  readonly content: EditionContent
  readonly flows: ReadonlyMap<string, Flow>
  readonly categories: readonly Category[]
  /** What switches are called, where the code book says. */
  readonly switches: CodeBook['switches']
  readonly lines: readonly Line[]
  /** Dialled number → flow. */
  readonly entries: ReadonlyMap<string, string>
  /** The flow files, as they were loaded. */
  readonly texts: readonly FlowText[]
  readonly tapes: TapeTable
  /** What keeps it from being published, by the rules of this program. */
  readonly problems: readonly FlowProblem[]
  /** Those of them that it cannot be run with. */
  readonly faults: readonly FlowProblem[]
}

/** Loads what was checked when it was published, maybe by an earlier program with fewer rules; every flow of it has the edition's hash as its version. */
export function loadEdition(content: EditionContent, { hash = hashOfEdition(content), shown = hash, unreadable = [] }: { readonly hash?: string; /** How problems name the directory. */ readonly shown?: string; /** Files of it that are there and could not be read. */ readonly unreadable?: readonly string[] } = {}): Edition {
  const tapes = new Map<string, Map<string, EditionTape>>()
  for (const tape of content.tapes) {
    const shelf = tapes.get(tape.language) ?? new Map<string, EditionTape>()
    shelf.set(tape.name, tape)
    tapes.set(tape.language, shelf)
  }
  const where = (name: string): string => join(shown, name)
  const side = <T>(name: string, load: (path: string, text: string) => T): T | null => {
    const text = content.files[name]
    return text === undefined ? null : load(where(name), text)
  }
  const book = side(CODE_BOOK, loadCodeBook)
  const lines = side(LINES, loadLines)
  const files: FlowText[] = Object.entries(content.files).flatMap(([name, text]) => (FLOW_FILE.test(name) && !SIDE_FILES.has(name) ? [{ path: where(name), text, version: hash }] : []))
  for (const name of unreadable) if (FLOW_FILE.test(name) && !SIDE_FILES.has(name)) files.push({ path: where(name), text: '', version: hash, unreadable: true })
  const { flows: linked, sketches, problems } = loadFlows(files, tapes as ReadonlyMap<Language, ReadonlyMap<string, EditionTape>>, book?.known.categories ?? null, { lines: lines === null ? [] : lines.known, tags: book?.known.tags ?? null })
  const flows = new Map([...linked].map(([name, flow]) => [name, { ...flow, version: hash }]))
  const entries = side(ENTRIES, (path, text) => loadEntries(path, text, flows, files.map((file) => baseName(file.path))))
  const told = [...book?.problems ?? [], ...lines?.problems ?? [], ...problems, ...entries?.problems ?? []]
  return {
    hash, content, flows, sketches, categories: book?.categories ?? [], switches: book?.switches ?? {}, lines: lines?.value ?? [], entries: entries?.value ?? new Map<string, string>(), texts: files, tapes,
    problems: told, faults: told.filter(barsRunning),
  }
}

/**
 * The first flow that callers of a node enter by its settings, that they have in what runs, and that another edition does not have; null: nobody loses anything
 * by that one. Where what runs does not have it either (a name that is wrong, of a node that never takes a call), nothing is lost.
 */
export const losesEntry = (other: Pick<Edition, 'flows'>, runs: Pick<Edition, 'flows'>, nodes: readonly { readonly entries: readonly string[] }[]): string | null => {
  const enters = ({ flows }: Pick<Edition, 'flows'>, name: string): boolean => flows.get(name)?.kind === 'entry'
  return nodes.flatMap(({ entries }) => entries).find((name) => enters(runs, name) && !enters(other, name)) ?? null
}

export interface EditionChange {
  /** A file's name, or `prompts/<file>` of a tape. */
  readonly name: string
  readonly change: 'added' | 'changed' | 'removed'
}

/** What an edition is compared with: the one before it; one that callers never entered, or that was published again, with what they are in. `editions`: newest first. */
export function comparedWith<T extends { readonly number: number; readonly waits: boolean; readonly switches: readonly unknown[] }>(editions: readonly T[], index: number, current: number | null): T | undefined {
  const one = editions[index]
  const running = one?.waits === true || one?.switches.length === 0 ? editions.find(({ number }) => number === current) : undefined
  return running ?? editions[index + 1]
}

/** A tape as the difference tells it: what is said, how long it lasts (ms), and by which hash it is heard. */
export interface SpokenTape { readonly text?: string; readonly ms: number; readonly hash: string }

/** What is heard of a tape before and after; null: it was not there, or is not any more. */
export interface SpokenChange { readonly before: SpokenTape | null; readonly after: SpokenTape | null }

/** Each tape that is another one, or says something else, by its name as `changesBetween` gives it. */
export function spokenBetween(before: EditionContent | null, after: EditionContent): ReadonlyMap<string, SpokenChange> {
  const tapes = (content: EditionContent | null) => new Map((content?.tapes ?? []).map(({ language, name, hash, duration, text }) => [`prompts/${language}/${name}`, { hash, ms: duration, ...(text !== undefined && { text }) }] as const))
  const [old, now] = [tapes(before), tapes(after)]
  return new Map([...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [was, is] = [old.get(name) ?? null, now.get(name) ?? null]
    return was?.hash === is?.hash && was?.text === is?.text ? [] : [[name, { before: was, after: is }] as const]
  }))
}

/** What is different between two editions. */
export function changesBetween(before: EditionContent | null, after: EditionContent): EditionChange[] {
  const names = (content: EditionContent | null) => new Map<string, string>([
    ...Object.entries(content?.files ?? {}),
    ...(content?.tapes ?? []).map(({ language, name, hash, text = '' }): [string, string] => [`prompts/${language}/${name}`, `${hash} ${text}`]),
  ])
  const [old, now] = [names(before), names(after)]
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((name): EditionChange[] => {
    const [was, is] = [old.get(name), now.get(name)]
    return was === is ? [] : [{ name, change: was === undefined ? 'added' : is === undefined ? 'removed' : 'changed' }]
  })
}
