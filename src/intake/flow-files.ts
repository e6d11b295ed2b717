import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import { baseName, fileProblem, loadCodeBook, loadFlows, type FlowLibrary, type FlowText, type Gap, type TagBook } from '../flow/library.js'
import { UNREAD_FILE } from '../flow/load/gaps.js'
import { loadEntries, loadLines } from '../flow/side-files.js'
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
  /** For the check of flows: what those files list, or are meant to list, whatever is wrong with other rows of them. Null: nobody knows. */
  readonly known: { readonly categories: readonly Category[] | null; readonly tags: TagBook | null; readonly lines: readonly string[] | null }
  /** Files beside the flows of which something was not examined. */
  readonly gaps: readonly FileGaps[]
  readonly prompts: Prompts
  /** Every file that was read, tests of flows among them, by its name. */
  readonly texts: Readonly<Record<string, string>>
  readonly problems: readonly FlowProblem[]
}

/** What of a file beside the flows was not examined. `file`: as problems name it. */
export interface FileGaps { readonly file: string; readonly gaps: readonly Gap[] }

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
    // One that cannot be read is one of them all the same: others may lead to it.
    files.push(text === null ? { path: join(shown, name), text: '', version: 'unreadable', unreadable: true } : { path: join(shown, name), text, version: shortHash(text) })
  }
  // Of a directory that cannot be read that is all there is to say.
  if (listed !== null && !names.includes(CODE_BOOK)) problems.push(...fileProblem(join(shown, CODE_BOOK), 'file.code-book', { directory: shown }))
  const codeBookText = names.includes(CODE_BOOK) ? await texts(CODE_BOOK) : null
  const codeBook = codeBookText === null ? null : loadCodeBook(join(shown, CODE_BOOK), codeBookText)
  problems.push(...codeBook?.problems ?? [])

  if (names.includes(OLD_CALENDAR)) problems.push(...fileProblem(join(shown, OLD_CALENDAR), 'calendar.moved', {}))
  const lineText = names.includes(LINES) ? await texts(LINES) : null
  const lines = lineText === null ? null : loadLines(join(shown, LINES), lineText)
  problems.push(...lines?.problems ?? [])
  /** Without the file there are none; of one that cannot be read nobody knows. */
  const noLines = names.includes(LINES) ? null : []

  const unread: string[] = []
  for (const name of names.filter((one) => TEST_FILE.test(one) || one === ENTRIES).sort()) if (await texts(name) === null) unread.push(name)
  const gaps = [{ name: CODE_BOOK, gaps: codeBook?.gaps }, { name: LINES, gaps: lines?.gaps }, ...unread.map((name) => ({ name, gaps: undefined }))]
    .flatMap(({ name, gaps: its = [UNREAD_FILE] }): FileGaps[] => (names.includes(name) && its.length > 0 ? [{ file: join(shown, name), gaps: its }] : []))

  const spoken = await readPrompts(directory, shown)
  return {
    files, categories: codeBook?.categories ?? null, tags: codeBook?.tags ?? null, lines: lines === null ? noLines : lines.value,
    known: { categories: codeBook?.known.categories ?? null, tags: codeBook?.known.tags ?? null, lines: lines === null ? noLines : lines.known },
    gaps, prompts: spoken.prompts, texts: all, problems: [...problems, ...spoken.problems],
  }
}

/** The flows of what was read, and what is wrong with them. */
export function loadDirectory(read: FlowDirectory, shown: string, categories = read.known.categories): FlowLibrary & { readonly entries: ReadonlyMap<string, string> | null; readonly gaps: readonly FileGaps[] } {
  const { flows, sketches, problems } = loadFlows(read.files, read.prompts, categories, read.known)
  const text = read.texts[ENTRIES]
  const entries = text === undefined ? null : loadEntries(join(shown, ENTRIES), text, flows, read.files.map(({ path }) => baseName(path)))
  const gaps = entries === null || entries.gaps.length === 0 ? read.gaps : [...read.gaps, { file: join(shown, ENTRIES), gaps: entries.gaps }]
  return { flows, sketches, entries: entries?.value ?? null, gaps, problems: [...problems, ...entries?.problems ?? []] }
}
