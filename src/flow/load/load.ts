import { LANGUAGES, type Category, type FlowProblem } from '../../contracts/flow.js'
import type { Language } from '../../contracts/primitives.js'
import { FlowFile, QUEUED_SECONDS, UNBREAKABLE_SECONDS } from '../file.js'
import { NAME_PATTERN } from '../fields.js'
import type { BoundNode, NodePath, NodeType } from '../node-type.js'
import { NODE_TYPES } from '../nodes/index.js'
import type { Flow } from '../types.js'
import { arrowsOf, circlesWithoutKey, reachable, type Arrow } from './graph.js'
import { suggest, type ProblemCode, type ProblemDetails } from './problems.js'
import { openReport, type Report } from './report.js'
import { fits, reportShape } from './shape.js'
import { readYaml, type YamlSource } from './yaml-source.js'

/** A flow file as the directory reader hands it over. */
export interface FlowText {
  /** As problems show it, e.g. `ivr-flows/110.yaml`. The flow must be named like the file. */
  readonly path: string
  readonly text: string
  /** Short hash of `text`. */
  readonly version: string
}

/** Prompts that exist: language → names. */
export type PromptListing = ReadonlyMap<Language, ReadonlySet<string> | ReadonlyMap<string, unknown>>

export interface LoadedFlow {
  /** Null when anything is wrong. */
  readonly flow: Flow | null
  readonly problems: readonly FlowProblem[]
  /** A problem at a place of the file that only a look at other files shows. */
  readonly tell: (code: ProblemCode, path: NodePath, details: ProblemDetails) => readonly FlowProblem[]
}

/** What else flows may name; null: unknown, not checked. */
export interface Surely { readonly lines: readonly string[] | null }
const NOTHING_KNOWN: Surely = { lines: null }

const NODE_NAME = new RegExp(NAME_PATTERN)

/** Pieces of a read-out that are named when many are missing. */
const MISSING_SHOWN = 3

/** What a missing key of a node is when it is a way out. */
const EXIT_KEYS = new Set(['next', 'to', 'goto', 'otherwise', 'onSilence', 'keys', 'cases'])

/**
 * Reads and checks one flow file: the flow, or everything that is wrong with it, in the order of the file.
 * `categories` null: the code book is unknown, so categories are not checked.
 */
export function loadFlow(file: FlowText, prompts: PromptListing, categories: readonly Category[] | null, { lines }: Surely = NOTHING_KNOWN): LoadedFlow {
  const { report, problems } = openReport(file.path, file.text)
  const source = readYaml(file.text, report)
  const content = source === null ? null : source.value
  if (source === null || !isMap(content)) {
    if (source !== null) reportShape(FlowFile, content, { source, base: [], where: THE_FILE, report })
    return { flow: null, problems: problems(), tell: () => [] }
  }
  if (!fits(FlowFile, content)) reportShape(FlowFile, content, { source, base: [], where: THE_FILE, report })

  const check: Check = { source, report, content, prompts, categories, lines, languages: languagesOf(content['languages']) }
  checkTop(check, file.path)
  const nodes = checkNodes(check)
  checkGraph(check, nodes)
  checkVariables(check, nodes)
  checkEndings(check, nodes)

  const found = problems()
  const tell: LoadedFlow['tell'] = (code, path, details) => {
    const late = openReport(file.path, file.text)
    late.report(code, source.at(path), details)
    return late.problems()
  }
  if (found.length > 0) return { flow: null, problems: found, tell }
  const valid = content as unknown as FlowFile
  const [first = 'zh-CN', ...rest] = check.languages
  const bound = new Map([...nodes].flatMap(([name, { node }]) => (node === null ? [] : [[name, node] as const])))
  return {
    flow: {
      name: valid.flow, version: file.version, title: valid.title, languages: [first, ...rest], start: valid.start, nodes: bound,
      kind: valid.kind ?? 'entry', parameters: valid.parameters ?? [], parts: new Map(),
      bound: { queued: (valid.bound?.queuedSeconds ?? QUEUED_SECONDS) * 1000, unbreakable: (valid.bound?.unbreakableSeconds ?? UNBREAKABLE_SECONDS) * 1000 },
    },
    problems: found,
    tell,
  }
}

const THE_FILE = { zh: '流程文件', en: 'A flow file' }

interface Check {
  readonly source: YamlSource
  readonly report: Report
  readonly content: Readonly<Record<string, unknown>>
  readonly prompts: PromptListing
  readonly categories: readonly Category[] | null
  readonly lines: readonly string[] | null
  readonly languages: readonly Language[]
}

/** A node as far as it could be understood. */
interface CheckedNode {
  /** Null when its own shape is wrong. */
  readonly node: BoundNode | null
  readonly arrows: readonly Arrow[]
}

function checkTop({ source, report, content }: Check, path: string): void {
  const name = content['flow']
  const fileName = baseName(path)
  if (typeof name === 'string' && name !== fileName) report('flow.name', source.at(['flow']), { name, file: fileName })
  const written: unknown[] = Array.isArray(content['languages']) ? content['languages'] : []
  written.forEach((value, index) => {
    if (typeof value === 'string' && written.indexOf(value) !== index) report('flow.languages', source.at(['languages', index]), { value })
  })
}

function checkNodes(check: Check): Map<string, CheckedNode> {
  const { source, report, content } = check
  const written = isMap(content['nodes']) ? content['nodes'] : {}
  const names = new Set(Object.keys(written))
  const checked = new Map<string, CheckedNode>()
  for (const [name, value] of Object.entries(written)) {
    const base = ['nodes', name]
    const type = typeOf(check, name, value)
    if (type !== null && fits(type.schema, value)) {
      type.check(value, (code, path, details) => report(code, source.at([...base, ...path]), details))
      const node = type.bind(value)
      for (const { to, path } of node.exits) checkTarget(check, to, [...base, ...path], names)
      checkPrompts(check, node, base)
      checkTags(check, node, base)
      checkUses(check, node, base)
      checked.set(name, { node, arrows: arrowsOf(node) })
      continue
    }
    if (type !== null) {
      reportShape(type.schema, value, {
        source, base, report,
        where: { zh: `${type.type} 节点`, en: `Node type ${type.type}` },
        onMissing(key, path, expected) {
          if (!EXIT_KEYS.has(key)) return false
          report('node.no-exit', source.keyAt(path), { node: name, key, expected })
          return true
        },
      })
    }
    // A node that is not understood may lead anywhere it mentions, so that one mistake does not make others of its neighbours.
    checked.set(name, { node: null, arrows: textsIn(value).filter((text) => Object.hasOwn(written, text)).map((to) => ({ to, caller: true })) })
  }
  return checked
}

/** A node's type first, then that type's schema: so the message is about what the admin meant to write. */
function typeOf({ source, report }: Check, name: string, value: unknown): NodeType | null {
  const choices = [...NODE_TYPES.keys()]
  if (!isMap(value)) {
    report('shape.wrong-type', source.at(['nodes', name]), { type: { zh: '节点（若干“键: 值”）', en: 'a node (keys and values)' }, expected: { zh: `{ type: ${choices.join(' | ')}, … }`, en: `{ type: ${choices.join(' | ')}, … }` } })
    return null
  }
  const type = value['type']
  if (type === undefined || type === null) {
    report('node.type-missing', source.keyAt(['nodes', name]), { node: name, choices: choices.join(', ') })
    return null
  }
  const known = typeof type === 'string' ? NODE_TYPES.get(type) : undefined
  if (known === undefined) {
    const text = source.textAt(['nodes', name, 'type'])
    report('node.type-unknown', source.at(['nodes', name, 'type']), { type: text, suggestion: suggest(text, choices) })
    return null
  }
  return known
}

function checkTarget({ source, report }: Check, to: string, path: NodePath, names: ReadonlySet<string>): void {
  if (!names.has(to)) report('node.dangling', source.at(path), { to, suggestion: suggest(to, [...names]) })
}

/** One problem for each place, however many pieces of a read-out are missing. */
function checkPrompts({ source, report, prompts, languages }: Check, node: BoundNode, base: NodePath): void {
  const missing = new Map<string, { path: NodePath; names: Set<string>; languages: Set<Language> }>()
  for (const { name, path, language: only } of node.prompts) {
    for (const language of languages) {
      if ((only !== undefined && only !== language) || prompts.get(language)?.has(name) === true) continue
      const place = missing.get(path.join()) ?? { path, names: new Set(), languages: new Set() }
      missing.set(path.join(), place)
      place.names.add(name)
      place.languages.add(language)
    }
  }
  for (const { path, names, languages: mute } of missing.values()) {
    const shown = [...names].slice(0, MISSING_SHOWN)
    const more = names.size > shown.length ? ', …' : ''
    report('prompt.missing', source.at([...base, ...path]), {
      name: shown.join(', ') + more, languages: [...mute].join(', '), paths: [...mute].flatMap((language) => shown.map((name) => `prompts/${language}/${name}.wav`)).join(', ') + more,
    })
  }
}

function checkTags({ source, report, categories, languages }: Check, node: BoundNode, base: NodePath): void {
  for (const { key, value, path } of node.tags) {
    if (value === undefined) continue
    const span = source.at([...base, ...path])
    if (key === 'category' && categories !== null && !categories.some(({ code }) => code === value)) report('tag.category', span, { value, suggestion: suggest(value, categories.map(({ code }) => code)) })
    if (key === 'language' && !languages.some((language) => language === value)) report('tag.language', span, { value, choices: languages.join(', ') })
  }
}

function checkUses({ source, report, categories, lines }: Check, node: BoundNode, base: NodePath): void {
  for (const { kind, name, path } of node.uses) {
    const span = source.at([...base, ...path])
    if (kind === 'category' && categories !== null && !categories.some(({ code }) => code === name)) report('tag.category', span, { value: name, suggestion: suggest(name, categories.map(({ code }) => code)) })
    if (kind === 'line' && lines !== null && !lines.includes(name)) report('line.unknown', span, { name, suggestion: suggest(name, lines) })
  }
}

/** A variable that nothing sets is a slip of the pen: the condition would never hold, the read-out always fail. */
function checkVariables({ source, report, content }: Check, nodes: ReadonlyMap<string, CheckedNode>): void {
  if ([...nodes.values()].some(({ node }) => node === null)) return
  const uses = [...nodes].flatMap(([name, { node }]) => (node?.uses ?? []).flatMap((use) => (use.kind === 'variable' ? [{ ...use, path: ['nodes', name, ...use.path] }] : [])))
  const given = Array.isArray(content['parameters']) ? content['parameters'].map(String) : []
  const known = [...new Set([...given, ...uses.flatMap(({ name, how }) => (how === 'write' ? [name] : []))])]
  for (const { name, how, path } of uses) if (how === 'read' && !known.includes(name)) report('variable.unset', source.at(path), { name, suggestion: suggest(name, known) })
}

/** Nobody who wants help is hung up on, and a flow returns only where something called it. */
function checkEndings({ source, report, content }: Check, nodes: ReadonlyMap<string, CheckedNode>): void {
  const kind = content['kind'] ?? 'entry'
  const endings = [...nodes].flatMap(([name, { node }]) => (node?.ending === 'hangs-up' || node?.ending === 'returns' ? [{ name, ending: node.ending }] : []))
  const unsettled = kind === 'entry' && typeof content['start'] === 'string' && endings.some(({ ending }) => ending === 'hangs-up') ? pathsWithout(nodes, content['start']) : null
  for (const { name, ending } of endings) {
    const span = source.at(['nodes', name, 'type'])
    if (ending === 'returns' && kind !== 'part') report('part.ending', span)
    if (ending === 'hangs-up' && kind === 'part') report('hang-up.part', span)
    const path = unsettled?.get(name)
    if (ending === 'hangs-up' && path !== undefined) report('hang-up.entry', span, { path: path.join(' → ') })
  }
}

/** Every node that a caller can come to without having left a message or been promised a call-back, with the way there. */
function pathsWithout(nodes: ReadonlyMap<string, CheckedNode>, start: string): Map<string, string[]> {
  const found = new Map<string, string[]>([[start, [start]]])
  for (const [name, path] of found) {
    for (const { to, settles } of nodes.get(name)?.node?.exits ?? []) if (settles !== true && !found.has(to)) found.set(to, [...path, to])
  }
  return found
}

function checkGraph({ source, report, content }: Check, nodes: ReadonlyMap<string, CheckedNode>): void {
  const start = content['start']
  const graph = new Map([...nodes].map(([name, { arrows }]) => [name, arrows]))
  for (const circle of circlesWithoutKey(graph)) {
    report('node.loop', source.keyAt(['nodes', circle[0] ?? '']), { loop: circle.join(' → ') })
  }
  if (typeof start !== 'string' || !NODE_NAME.test(start)) return
  if (!nodes.has(start)) {
    report('node.dangling', source.at(['start']), { to: start, suggestion: suggest(start, [...nodes.keys()]) })
    return
  }
  const reached = reachable(graph, start)
  // A node may be unreachable only because one before it is broken: then that is the mistake to tell.
  const broken = [...reached].some((name) => {
    const one = nodes.get(name)
    return one?.node == null || one.arrows.some(({ to }) => !nodes.has(to))
  })
  if (broken) return
  for (const name of nodes.keys()) {
    if (!reached.has(name)) report('node.unreachable', source.keyAt(['nodes', name]), { node: name })
  }
}

/** `ivr-flows/110.yaml` → `110`. */
export function baseName(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.ya?ml$/, '')
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function languagesOf(value: unknown): Language[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one) => LANGUAGES.filter((language) => language === one))
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
