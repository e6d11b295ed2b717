import { watch, type FSWatcher } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Category, FlowProblem } from '../contracts/flow.js'
import { baseName, fileProblem, loadCodeBook, loadFlows, waitOnlyFlow, type FlowText } from '../flow/library.js'
import { readYaml } from '../flow/load/yaml-source.js'
import { loadCalendar, loadEntries, loadLines, NO_CALENDAR, type SideFile } from '../flow/side-files.js'
import type { Calendar, Flow, PromptRef } from '../flow/types.js'
import { CALENDAR, CODE_BOOK, ENTRIES, FLOW_FILE, LINES, shortHash, SIDE_FILES, TEST_FILE } from './edition.js'
import type { Line } from './ports.js'
import { readPrompts, readText, reasonOf, SHELVES, type Prompts } from './prompt-files.js'

/** An editor writes a file in several steps; they count as one. */
const SETTLE = 200
/** Watching does not see changes on some network and container mounts; a look at sizes and times does. */
const LOOK = 10_000

export interface FlowDirectory {
  readonly files: readonly FlowText[]
  /** Null when the code book is missing or broken. */
  readonly categories: readonly Category[] | null
  /** Null when it is broken; without the file it is empty. */
  readonly calendar: Calendar | null
  /** Null when it is broken; without the file there are none. */
  readonly lines: readonly Line[] | null
  readonly prompts: Prompts
  /** Every file that was read, tests of flows among them, by its name. */
  readonly texts: Readonly<Record<string, string>>
  readonly problems: readonly FlowProblem[]
}

/** Reads everything in a directory of flows. Never rejects: what cannot be read is a problem. `shown` is how problems name the directory. */
export async function readFlowDirectory(directory: string, shown = basename(resolve(directory))): Promise<FlowDirectory> {
  const problems: FlowProblem[] = []
  const all: Record<string, string> = {}
  const texts = async (name: string): Promise<string | null> => {
    const text = await readText(join(directory, name), join(shown, name), problems)
    if (text !== null) all[name] = text
    return text
  }

  const names: readonly string[] = await readdir(directory).catch((error: unknown) => {
    problems.push(...fileProblem(shown, 'file.unreadable', { reason: reasonOf(error) }))
    return []
  })
  const files: FlowText[] = []
  for (const name of names.filter((one) => FLOW_FILE.test(one) && !SIDE_FILES.has(one)).sort()) {
    const text = await texts(name)
    if (text !== null) files.push({ path: join(shown, name), text, version: shortHash(text) })
  }
  const codeBookText = await texts(CODE_BOOK)
  const codeBook = codeBookText === null ? null : loadCodeBook(join(shown, CODE_BOOK), codeBookText)
  problems.push(...codeBook?.problems ?? [])

  const side = async <T>(name: string, none: T, parse: (path: string, text: string) => SideFile<T>): Promise<T | null> => {
    if (!names.includes(name)) return none
    const text = await texts(name)
    const parsed = text === null ? null : parse(join(shown, name), text)
    problems.push(...parsed?.problems ?? [])
    return parsed?.value ?? null
  }
  const calendar = await side<Calendar>(CALENDAR, NO_CALENDAR, loadCalendar)
  const lines = await side<readonly Line[]>(LINES, [], loadLines)

  for (const name of names.filter((one) => TEST_FILE.test(one) || one === ENTRIES).sort()) await texts(name)

  const spoken = await readPrompts(directory, shown)
  return { files, categories: codeBook?.categories ?? null, calendar, lines, prompts: spoken.prompts, texts: all, problems: [...problems, ...spoken.problems] }
}

/** The flows of what was read, and what is wrong with them. */
export function loadDirectory(read: FlowDirectory, shown: string, categories = read.categories): { readonly flows: ReadonlyMap<string, Flow>; readonly entries: ReadonlyMap<string, string> | null; readonly problems: readonly FlowProblem[] } {
  const { flows, problems } = loadFlows(read.files, read.prompts, categories, { lines: read.lines?.map(({ code }) => code) ?? null })
  const text = read.texts[ENTRIES]
  const entries = text === undefined ? null : loadEntries(join(shown, ENTRIES), text, flows, read.files.map(({ path }) => baseName(path)))
  return { flows, entries: entries?.value ?? null, problems: [...problems, ...entries?.problems ?? []] }
}

export interface FlowFilesOptions {
  /** All problems there are now, whenever they change; empty when all is well again. */
  readonly onProblems: (problems: readonly FlowProblem[]) => void
  /** Something in the directory is not what it was, or it was read for the first time. */
  readonly onRead?: () => void
  /** Callers enter another version from now on; calls in progress stay on theirs. `from` is null at first. */
  readonly onSwitched: (change: { readonly name: string; readonly from: string | null; readonly to: string }) => void
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
}

export interface FlowFiles {
  /** The last good version; a flow that only waits when there was never one. */
  current(name: string): Flow
  /** Names of flows that have a good version. */
  names(): readonly string[]
  categories(): readonly Category[]
  /** The last good one. */
  calendar(): Calendar
  /** The flow that whoever dials this number enters; undefined: the usual one. */
  entryOf(dialled: string): string | undefined
  /** The lines outside that can be dialled, as last read without a problem. */
  lines(): readonly Line[]
  problems(): readonly FlowProblem[]
  /** Absolute path from the table of files that exist; undefined for everything else, whatever the name looks like. */
  promptPath(prompt: PromptRef): string | undefined
  /** What the prompt at an absolute path says. */
  promptText(path: string): string | undefined
  /** Length of a prompt in ms; 0 when unknown. */
  promptDuration(prompt: PromptRef): number
  /** Looks again now, instead of when the directory changes. */
  reload(): Promise<void>
  close(): void
}

/**
 * Keeps the flows of a directory ready to run and watches it. A broken file is reported and changes nothing:
 * the version that runs goes on. Never rejects.
 */
export async function openFlowFiles(directory: string, { onProblems, onRead, onSwitched, logger }: FlowFilesOptions): Promise<FlowFiles> {
  const running = new Map<string, Flow>()
  let categories: readonly Category[] = []
  let calendar: Calendar = NO_CALENDAR
  let lines: readonly Line[] = []
  let entries: ReadonlyMap<string, string> = new Map()
  let prompts: Prompts = new Map()
  let textsByPath = new Map<string, string>()
  let problems: readonly FlowProblem[] = []
  let seen = ''
  let closed = false
  const isClosed = (): boolean => closed // set while something is awaited, which the compiler does not see
  let settling: NodeJS.Timeout | undefined
  let last: Promise<void> = Promise.resolve()
  const watchers = new Map<string, FSWatcher>()

  async function load(): Promise<void> {
    const read = await readFlowDirectory(directory)
    if (closed) return
    categories = read.categories ?? categories
    calendar = read.calendar ?? calendar
    lines = read.lines ?? lines
    prompts = read.prompts
    textsByPath = new Map([...prompts.values()].flatMap((byName) => [...byName.values()].flatMap(({ path, text }) => (text === undefined ? [] : [[path, text] as const]))))
    for (const { text } of read.files) {
      // One file a turn: calls are served meanwhile.
      readYaml(text, () => undefined)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    if (isClosed()) return
    const library = loadDirectory(read, basename(resolve(directory)), categories.length === 0 ? null : categories)
    entries = library.entries ?? entries
    const present = new Set(read.files.map(({ path }) => basename(path).replace(/\.ya?ml$/, '')))
    const gone = [...running.keys()].filter((name) => !present.has(name)).flatMap((name) => fileProblem(join(basename(resolve(directory)), `${name}.yaml`), 'flow.gone', { name }))
    for (const [name, flow] of library.flows) {
      const from = running.get(name)?.version ?? null
      if (from === flow.version) continue
      running.set(name, flow)
      logger.info({ flow: name, from, to: flow.version }, 'flow switched')
      onSwitched({ name, from, to: flow.version })
    }
    const found = [...read.problems, ...library.problems, ...gone]
    if (JSON.stringify(found) === JSON.stringify(problems)) return
    problems = found
    for (const { file, line, col, code, problem } of problems) logger.warn({ file, line, col, code }, `flow file: ${problem.en}`)
    onProblems(problems)
  }

  /** One look at a time, each after the last; loads only when something changed. */
  function look(): Promise<void> {
    last = last.then(async () => {
      const now = await signature(directory)
      if (closed || now === seen) return
      await load()
      seen = now
      onRead?.()
      watchAll()
    }).catch((error: unknown) => logger.warn({ reason: reasonOf(error) }, 'flow directory not read'))
    return last
  }

  /** Watching only wakes; where it does not work, the slow look does the same. */
  function watchAll(): void {
    if (closed) return
    for (const path of [directory, ...SHELVES.map(({ folder }) => join(directory, 'prompts', folder))]) {
      if (watchers.has(path)) continue
      try {
        const watcher = watch(path, { persistent: false }, () => {
          clearTimeout(settling)
          settling = setTimeout(() => void look(), SETTLE).unref()
        })
        watchers.set(path, watcher)
        watcher.on('error', () => {
          watcher.close()
          watchers.delete(path)
        })
      } catch (error) {
        logger.info({ path, reason: reasonOf(error) }, 'directory cannot be watched; looking every 10 s')
      }
    }
  }

  await look()
  watchAll()
  const timer = setInterval(() => void look(), LOOK).unref()

  return {
    current: (name) => running.get(name) ?? waitOnlyFlow(name),
    names: () => [...running.keys()],
    categories: () => categories,
    calendar: () => calendar,
    entryOf: (dialled) => entries.get(dialled),
    lines: () => lines,
    problems: () => problems,
    promptPath: ({ name, language }) => prompts.get(language)?.get(name)?.path,
    promptText: (path) => textsByPath.get(path),
    promptDuration: ({ name, language }) => prompts.get(language)?.get(name)?.duration ?? 0,
    reload: look,
    close() {
      closed = true
      clearTimeout(settling)
      clearInterval(timer)
      for (const watcher of watchers.values()) watcher.close()
      watchers.clear()
    },
  }
}

/** Changes whenever a file of the directory does. */
async function signature(directory: string): Promise<string> {
  const parts: string[] = []
  for (const where of [directory, ...SHELVES.map(({ folder }) => join(directory, 'prompts', folder))]) {
    for (const name of (await readdir(where).catch(() => ['?'])).sort()) {
      const facts = await stat(join(where, name)).catch(() => null)
      if (facts?.isFile() === true) parts.push(`${where}/${name}:${facts.size}:${facts.mtimeMs}:${facts.ino}`)
      else parts.push(`${where}/${name}`)
    }
  }
  return parts.join('\n') || 'empty'
}
