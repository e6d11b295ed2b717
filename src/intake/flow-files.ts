import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import { baseName, fileProblem, loadCodeBook, loadFlows, type FlowLibrary, type FlowText, type TagBook } from '../flow/library.js'
import { loadEntries, loadLines, type SideFile } from '../flow/side-files.js'
import { CODE_BOOK, ENTRIES, FLOW_FILE, LINES, OLD_CALENDAR, shortHash, SIDE_FILES, TEST_FILE } from './edition.js'
import type { Line } from './ports.js'
import { readPrompts, readText, reasonOf, type Prompts } from './prompt-files.js'

export interface FlowDirectory {
  readonly files: readonly FlowText[]
  /** Null when the code book is missing or broken. */
  readonly categories: readonly Category[] | null
  /** Null when the code book lists none. */
  readonly tags: TagBook | null
  /** Null when it is broken; without the file there are none. */
  readonly lines: readonly Line[] | null
  readonly prompts: Prompts
  /** Every file that was read, tests of flows among them, by its name. */
  readonly texts: Readonly<Record<string, string>>
  readonly problems: readonly FlowProblem[]
}

/** The flows whose files are there, whatever is in them; null where the directory cannot be read. */
export const flowsPresent = (directory: string): Promise<ReadonlySet<string> | null> =>
  readdir(directory).then((names) => new Set(names.filter((name) => FLOW_FILE.test(name) && !SIDE_FILES.has(name)).map(baseName)), () => null)

/** Reads everything in a directory of flows. Never rejects: what cannot be read is a problem. `shown` is how problems name the directory. */
export async function readFlowDirectory(directory: string, shown = basename(resolve(directory))): Promise<FlowDirectory> {
  const problems: FlowProblem[] = []
  const all: Record<string, string> = {}
  const texts = async (name: string): Promise<string | null> => {
    const text = await readText(join(directory, name), join(shown, name), problems)
    if (text !== null) all[name] = text
    return text
  }

  const listed: readonly string[] | null = await readdir(directory).catch((error: unknown) => {
    problems.push(...fileProblem(shown, 'file.unreadable', { reason: reasonOf(error) }))
    return null
  })
  const names = listed ?? []
  // A file that looks like one and is passed over in silence would be believed to be checked.
  for (const name of names) if (/^[^.].*\.ya?ml$/i.test(name) && ![FLOW_FILE, TEST_FILE].some((one) => one.test(name))) problems.push(...fileProblem(join(shown, name), 'file.name', {}))
  const files: FlowText[] = []
  for (const name of names.filter((one) => FLOW_FILE.test(one) && !SIDE_FILES.has(one)).sort()) {
    const text = await texts(name)
    if (text !== null) files.push({ path: join(shown, name), text, version: shortHash(text) })
  }
  // Of a directory that cannot be read that is all there is to say.
  if (listed !== null && !names.includes(CODE_BOOK)) problems.push(...fileProblem(join(shown, CODE_BOOK), 'file.code-book', { directory: shown }))
  const codeBookText = names.includes(CODE_BOOK) ? await texts(CODE_BOOK) : null
  const codeBook = codeBookText === null ? null : loadCodeBook(join(shown, CODE_BOOK), codeBookText)
  problems.push(...codeBook?.problems ?? [])

  const side = async <T>(name: string, none: T, parse: (path: string, text: string) => SideFile<T>): Promise<T | null> => {
    if (!names.includes(name)) return none
    const text = await texts(name)
    const parsed = text === null ? null : parse(join(shown, name), text)
    problems.push(...parsed?.problems ?? [])
    return parsed?.value ?? null
  }
  if (names.includes(OLD_CALENDAR)) problems.push(...fileProblem(join(shown, OLD_CALENDAR), 'calendar.moved', {}))
  const lines = await side<readonly Line[]>(LINES, [], loadLines)

  for (const name of names.filter((one) => TEST_FILE.test(one) || one === ENTRIES).sort()) await texts(name)

  const spoken = await readPrompts(directory, shown)
  return { files, categories: codeBook?.categories ?? null, tags: codeBook?.tags ?? null, lines, prompts: spoken.prompts, texts: all, problems: [...problems, ...spoken.problems] }
}

/** The flows of what was read, and what is wrong with them. */
export function loadDirectory(read: FlowDirectory, shown: string, categories = read.categories): FlowLibrary & { readonly entries: ReadonlyMap<string, string> | null } {
  const { flows, sketches, problems } = loadFlows(read.files, read.prompts, categories, { lines: read.lines?.map(({ code }) => code) ?? null, tags: read.tags })
  const text = read.texts[ENTRIES]
  const entries = text === undefined ? null : loadEntries(join(shown, ENTRIES), text, flows, read.files.map(({ path }) => baseName(path)))
  return { flows, sketches, entries: entries?.value ?? null, problems: [...problems, ...entries?.problems ?? []] }
}
