import { LANGUAGES, type Category, type FlowProblem } from '../../contracts/flow.js'
import type { Language } from '../../contracts/primitives.js'
import { FlowFile, QUEUED_SECONDS, UNBREAKABLE_SECONDS } from '../file.js'
import type { NodePath } from '../node-type.js'
import type { Flow } from '../types.js'
import { checkNodes, isMap, type Check, type PromptListing } from './node-checks.js'
import { barsRunning, type ProblemCode, type ProblemDetails } from './problems.js'
import { openReport } from './report.js'
import { fits, reportShape } from './shape.js'
import { checkEndings, checkGraph, checkNoted, checkVariables, type UnsetHere } from './whole-checks.js'
import { readYaml } from './yaml-source.js'

/** A flow file as the directory reader hands it over. */
export interface FlowText {
  /** As problems show it, e.g. `ivr-flows/110.yaml`. The flow must be named like the file. */
  readonly path: string
  readonly text: string
  /** Short hash of `text`. */
  readonly version: string
}

export interface LoadedFlow {
  /** Null when anything is wrong that it cannot be run with. */
  readonly flow: Flow | null
  /** The flow as far as it can be understood, whatever else is wrong: for what its own file alone does not show. Null when the file cannot be read. */
  readonly sketch: Flow | null
  /** Every node of it is understood. */
  readonly whole: boolean
  readonly problems: readonly FlowProblem[]
  /** A problem at a place of the file that only a look at other files shows. */
  readonly tell: (code: ProblemCode, path: NodePath, details: ProblemDetails, at?: 'value' | 'key') => readonly FlowProblem[]
  /** Variables that only a part which it calls can have set. */
  readonly unset: readonly UnsetHere[]
}

/** What else flows may name; null: unknown, not checked. */
export interface Surely { readonly lines: readonly string[] | null; readonly tags?: TagBook | null }
/** Tags of the code book with the values that they may have; null: any. */
export type TagBook = ReadonlyMap<string, readonly string[] | null>
const NOTHING_KNOWN: Surely = { lines: null }

/**
 * Reads and checks one flow file: everything that is wrong with it, in the order of the file, and the flow, if it can be run nevertheless.
 * `categories` null: the code book is unknown, so categories are not checked.
 */
export function loadFlow(file: FlowText, prompts: PromptListing, categories: readonly Category[] | null, { lines, tags = null }: Surely = NOTHING_KNOWN): LoadedFlow {
  const { report, problems } = openReport(file.path, file.text)
  const source = readYaml(file.text, report)
  const content = source === null ? null : source.value
  if (source === null || !isMap(content)) {
    if (source !== null) reportShape(FlowFile, content, { source, base: [], where: THE_FILE, report })
    return { flow: null, sketch: null, whole: false, problems: problems(), tell: () => [], unset: [] }
  }
  if (!fits(FlowFile, content)) reportShape(FlowFile, content, { source, base: [], where: THE_FILE, report })

  const check: Check = { source, report, content, prompts, categories, tags, lines, languages: languagesOf(content['languages']) }
  checkTop(check, file.path)
  const nodes = checkNodes(check)
  checkGraph(check, nodes)
  const unset = checkVariables(check, nodes)
  checkEndings(check, nodes)
  checkNoted(check, nodes)

  const found = problems()
  const tell: LoadedFlow['tell'] = (code, path, details, at = 'value') => {
    const late = openReport(file.path, file.text)
    late.report(code, at === 'key' ? source.keyAt(path) : source.at(path), details)
    // As with the file itself: where the YAML is wrong, this is only its consequence.
    return late.problems().filter(({ line, col }) => !found.some((one) => one.code.startsWith('yaml.') && barsRunning(one) && one.line === line && one.col === col))
  }
  // Where the file as a whole is wrong, each key is taken for what it is worth.
  const valid = content as unknown as FlowFile
  const [first = 'zh-CN', ...rest] = check.languages
  const bound = new Map([...nodes].flatMap(([name, { node }]) => (node === null ? [] : [[name, node] as const])))
  const sketch: Flow = {
    name: valid.flow, version: file.version, title: valid.title, languages: [first, ...rest], start: valid.start, nodes: bound,
    kind: valid.kind ?? 'entry', parameters: Array.isArray(valid.parameters) ? valid.parameters : [], parts: new Map(),
    bound: { queued: msOf(valid.bound?.queuedSeconds, QUEUED_SECONDS), unbreakable: msOf(valid.bound?.unbreakableSeconds, UNBREAKABLE_SECONDS) },
  }
  return { flow: found.some(barsRunning) ? null : sketch, sketch, whole: bound.size === nodes.size, problems: found, tell, unset }
}

const msOf = (seconds: unknown, otherwise: number): number => (typeof seconds === 'number' ? seconds : otherwise) * 1000

const THE_FILE = { zh: '流程文件', en: 'A flow file' }

function checkTop({ source, report, content }: Check, path: string): void {
  const name = content['flow']
  const fileName = baseName(path)
  if (typeof name === 'string' && name !== fileName) report('flow.name', source.at(['flow']), { name, file: fileName })
  const written: unknown[] = Array.isArray(content['languages']) ? content['languages'] : []
  written.forEach((value, index) => {
    if (typeof value === 'string' && written.indexOf(value) !== index) report('flow.languages', source.at(['languages', index]), { value })
  })
}

/** `ivr-flows/110.yaml` → `110`. */
export function baseName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.ya?ml$/, '')
}

function languagesOf(value: unknown): Language[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one) => LANGUAGES.filter((language) => language === one))
}
