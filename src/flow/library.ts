import type { Static } from 'typebox'
import type { Category, FlowProblem } from '../contracts/flow.js'
import type { Bilingual } from '../contracts/primitives.js'
import { CodeBookFile } from './file.js'
import type { Gap } from './load/gaps.js'
import { linkFlows, type Sketch } from './load/link.js'
import { listFile } from './load/list-file.js'
import { baseName, loadFlow, type FlowText, type LoadedFlow, type Surely, type TagBook } from './load/load.js'
import type { PromptListing } from './load/node-checks.js'
import { barsRunning, type ProblemCode, type ProblemDetails } from './load/problems.js'
import { openReport } from './load/report.js'
import { isMap, readYaml } from './load/yaml-source.js'
import { NODE_TYPES } from './nodes/index.js'
import type { Flow } from './types.js'

export type { Gap } from './load/gaps.js'
export type { FlowText, LoadedFlow, TagBook } from './load/load.js'
export type { PromptListing } from './load/node-checks.js'
export { baseName, loadFlow } from './load/load.js'
export { barsRunning } from './load/problems.js'

/** Flows by name: those that can be run; and everything that is wrong with them and with the others. */
export interface FlowLibrary {
  readonly flows: ReadonlyMap<string, Flow>
  /** All of them, as far as they are understood: an admin sees all problems at once. */
  readonly sketches: ReadonlyMap<string, Sketch>
  readonly problems: readonly FlowProblem[]
}

/** Loads all flow files of a directory. `categories` is the code book (null: unknown, not checked), `prompts` what has been recorded. */
export function loadFlows(files: readonly FlowText[], prompts: PromptListing, categories: readonly Category[] | null, known?: Surely): FlowLibrary {
  const loaded = new Map<string, LoadedFlow>()
  const problems: FlowProblem[] = []
  const owners = new Map<string, string>()
  for (const file of files) {
    const name = baseName(file.path)
    const other = owners.get(name)
    if (other !== undefined) {
      // It is examined all the same; but of two of one name the first is meant where another flow names it.
      problems.push(...fileProblem(file.path, 'flow.duplicate', { name, other }), ...loadFlow(file, prompts, categories, known).problems)
      continue
    }
    owners.set(name, file.path)
    const one = loadFlow(file, prompts, categories, known)
    problems.push(...one.problems)
    loaded.set(name, one)
  }
  const linked = linkFlows(loaded)
  return { flows: linked.flows, sketches: linked.sketches, problems: [...problems, ...linked.problems] }
}

export interface CodeBook {
  /** Null when the file cannot be used. */
  readonly categories: readonly Category[] | null
  /** Null when it lists none, or cannot be used: then flows may set any. */
  readonly tags: TagBook | null
  /** What switches are called. */
  readonly switches: Readonly<Record<string, Bilingual>>
  /** For the check of flows: what it lists, or is meant to list, whatever is wrong with other rows of it. Null: nobody knows. */
  readonly known: { readonly categories: readonly Category[] | null; readonly tags: TagBook | null }
  /** What of it was not examined. */
  readonly gaps: readonly Gap[]
  readonly problems: readonly FlowProblem[]
}

const readCodeBook = listFile(CodeBookFile, { categories: 'zh', tags: 'zh', switches: 'zh' }, { zh: '类别表', en: 'The code book' })

/** Reads the code book `categories.yaml`. */
export function loadCodeBook(path: string, text: string): CodeBook {
  const { content, good, doubtful, gaps, problems } = readCodeBook(path, text)
  const found = problems()
  const rows = good('categories').map(([code, row]): Category => { const { zh, en, class: queueClass, units = [] } = row as Book['categories'][string]; return { code, zh, en, class: queueClass, units } })
  const tags: TagBook | null = content['tags'] === undefined ? null : new Map(good('tags').map(([key, row]) => [key, (row as NonNullable<Book['tags']>[string]).values ?? null]))
  const listed = [...rows, ...doubtful('categories').map((code): Category => ({ code, zh: code, en: code, class: 'standard', units: [] }))]
  const known = {
    categories: listed.length === 0 ? null : listed,
    // Of a tag whose row does not fit nobody knows the values.
    tags: tags === null || !isMap(content['tags']) ? null : new Map([...doubtful('tags').map((key) => [key, null] as const), ...tags]),
  }
  if (found.some(barsRunning)) return { categories: null, tags: null, switches: {}, known, gaps, problems: found }
  return { categories: rows, tags, switches: Object.fromEntries(good('switches').map(([code, row]) => [code, row as Bilingual])), known, gaps, problems: found }
}

type Book = Static<typeof CodeBookFile>

/** The flow of the setting `flows.entry`, which whoever dials a number without an entry of its own enters: it has to be there, and one for citizens. `path`: where its file belongs. */
export function checkEntry(name: string, path: string, files: readonly FlowText[], flows: ReadonlyMap<string, Flow>): FlowProblem[] {
  const file = files.find((one) => baseName(one.path) === name)
  if (file === undefined) return fileProblem(path, 'entry.missing', { name })
  const flow = flows.get(name)
  // One that does not load has problems of its own.
  if (flow === undefined || flow.kind === 'entry') return []
  const { report, problems } = openReport(file.path, file.text)
  report('entry.kind', readYaml(file.text, () => undefined)?.at(['kind']) ?? { start: 0, end: 1 }, { name, kind: flow.kind })
  return problems()
}

/** What runs when a flow has no good file: callers simply wait, and are answered as ever. */
export function waitOnlyFlow(name: string): Flow {
  const end = NODE_TYPES.get('end')
  return {
    name, version: 'none', title: { zh: '等候', en: 'Wait' }, languages: ['zh-CN'], start: 'waiting', kind: 'entry', parameters: [], parts: new Map(), bound: { queued: 0, unbreakable: 0 },
    nodes: new Map(end === undefined ? [] : [['waiting', end.bind({ type: 'end', title: { zh: '等候接听', en: 'Waits for an operator' } })]]),
  }
}

/** A problem with a file as a whole, at its first character. */
export function fileProblem(path: string, code: ProblemCode, details: ProblemDetails): FlowProblem[] {
  const { report, problems } = openReport(path, '')
  report(code, { start: 0, end: 1 }, details)
  return problems()
}
