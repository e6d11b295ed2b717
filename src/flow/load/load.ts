import { LANGUAGES, type Category, type FlowProblem } from '../../contracts/flow.js'
import type { Bilingual, Language } from '../../contracts/primitives.js'
import { FlowFile, QUEUED_SECONDS, UNBREAKABLE_SECONDS } from '../file.js'
import { needsKey, type BoundNode, type NodePath } from '../node-type.js'
import { FLOW_KINDS, type Flow } from '../types.js'
import { quietIn, readFlowSource } from './flow-source.js'
import { secondGap, unreadGaps, type Gap } from './gaps.js'
import { checkNodes, type Check, type PromptListing } from './node-checks.js'
import { barsRunning, nearest, type ProblemCode, type ProblemDetails } from './problems.js'
import { respell } from './repair.js'
import { openReport } from './report.js'
import { reportShape } from './shape.js'
import { NOT_UNDERSTOOD, standIn } from './stand-in.js'
import { checkEndings, checkGraph, checkNoted, checkVariables, type UnsetHere } from './whole-checks.js'
import { isMap } from './yaml-source.js'

/** A flow file as the directory reader hands it over. */
export interface FlowText {
  /** As problems show it, e.g. `ivr-flows/110.yaml`. The flow must be named like the file. */
  readonly path: string
  readonly text: string
  /** Short hash of `text`. */
  readonly version: string
  /** It is there, and could not be read: that is told where it was to be. `text` is empty. */
  readonly unreadable?: true
}

export interface LoadedFlow {
  /** Null when anything is wrong that it cannot be run with. */
  readonly flow: Flow | null
  /** The flow as far as it can be understood, whatever else is wrong: for what its own file alone does not show. Null when the file cannot be read. */
  readonly sketch: Flow | null
  /** Every node of it is understood, where it leads, and where callers begin. */
  readonly whole: boolean
  /** What of it was not examined. */
  readonly gaps: readonly Gap[]
  readonly problems: readonly FlowProblem[]
  /** A problem at a place of the file that only a look at other files shows. */
  readonly tell: (code: ProblemCode, path: NodePath, details: ProblemDetails, at?: 'value' | 'key') => readonly FlowProblem[]
  /** Variables that only a part which it calls can have set. */
  readonly unset: readonly UnsetHere[]
}

const WHOLE: Bilingual = { zh: '整个流程', en: 'The whole flow' }

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
  const source = file.unreadable === true ? null : readFlowSource(file.text, report)
  const written = source === null ? null : source.value
  if (source === null || !isMap(written)) {
    if (source !== null) reportShape(FlowFile, written, { source, base: [], where: THE_FILE, report })
    return { flow: null, sketch: null, whole: false, gaps: [{ node: null, what: WHOLE, because: { zh: '文件读不出来', en: 'the file cannot be read' } }], problems: problems(), tell: () => [], unset: [] }
  }
  // Each key is taken as it was meant, so that what is wrong with one of them makes no other mistakes and hides none.
  const content = respell(FlowFile, written, { source, base: [], where: THE_FILE, report: quietIn(source, report) }, true)
  const nodesKey = Object.hasOwn(written, 'nodes') ? 'nodes' : Object.keys(written).find((key) => nearest(key, Object.keys(FlowFile.properties)) === 'nodes') ?? 'nodes'

  const check: Check = { source, report, content, nodesKey, prompts, categories, tags, lines, languages: languagesOf(content['languages']) }
  // What has no quotes has been told.
  if (typeof written['flow'] !== 'number') checkName(check, file.path)
  checkLanguages(check)
  const nodes = checkNodes(check)
  const { start, unreached, circles } = checkGraph(check, nodes)
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
  const kind = FLOW_KINDS.find((one) => one === (valid.kind ?? 'entry')) ?? null
  const names = [...nodes.keys()]
  const lost: (readonly [name: string, to: string])[] = []
  /** A way to a node that is not there leads to the one that was meant, else to one that is not understood: the time that it takes counts. */
  const asMeant = (name: string, node: BoundNode): BoundNode => (node.exits.every(({ to }) => nodes.has(to)) ? node : { ...node, exits: node.exits.map((exit) => {
    if (nodes.has(exit.to)) return exit
    const near = nearest(exit.to, names)
    if (near === undefined && !lost.some(([from, to]) => from === name && to === exit.to)) lost.push([name, exit.to])
    return { ...exit, to: near ?? NOT_UNDERSTOOD }
  }) })
  const bound = new Map([...nodes].map(([name, { node, arrows }]) => [name, node === null ? standIn(arrows.map(({ to }) => to)) : asMeant(name, node)] as const))
  if (lost.length > 0) bound.set(NOT_UNDERSTOOD, standIn([]))
  const gaps: Gap[] = [
    ...unreadGaps(source.unread.filter(({ under }) => under === null)),
    ...[...nodes].flatMap(([, { gaps: its }]) => its),
    ...source.again.flatMap(({ path: [list = '', node, ...rest] }) => (list === nodesKey && node !== undefined && rest.length === 0 ? [] : [secondGap(list === nodesKey ? node ?? null : null, (list === nodesKey ? rest : [list, node, ...rest]).join('.'))])),
    ...lost.map(([name, to]) => ({ node: null, what: { zh: `“${name}”转到“${to}”之后`, en: `What follows "${name}" at "${to}"` }, because: { zh: '没有这个节点，也没有名称相近的', en: 'there is no such node, nor one with a name like it' } })),
    ...(check.languages.length > 0 ? [] : [{ node: null, what: { zh: '提示音是否齐全', en: 'Whether a prompt is missing' }, because: { zh: 'languages 没有写出可用的语言', en: 'languages names none that can be used' } }]),
    ...(kind === null ? [{ node: null, what: { zh: '能否挂断、返回', en: 'Whether it may hang up or return' }, because: { zh: 'kind 不明', en: 'its kind is not known' } }] : []),
    ...(unreached.length === 0 ? [] : [{ node: null, what: { zh: `能否到达 ${unreached.join('、')}`, en: `Whether anything leads to ${unreached.join(', ')}` }, because: start === null ? { zh: 'start 没有指明节点', en: 'start names no node' } : { zh: '写错的地方可能转到那里', en: 'what is wrong in the file may be meant to lead there' } }]),
    ...(categories === null ? [{ node: null, what: { zh: '类别是否存在', en: 'Whether its categories exist' }, because: { zh: '类别表 categories.yaml 不能用', en: 'the code book categories.yaml cannot be used' } }] : []),
    ...(lines === null && [...nodes.values()].some(({ node }) => node?.uses.some((use) => use.kind === 'line') === true) ? [{ node: null, what: { zh: '转接的线路是否存在', en: 'Whether the lines that it rings exist' }, because: { zh: '线路表 lines.yaml 不能用', en: 'lines.yaml cannot be used' } }] : []),
  ]
  const sketch: Flow = {
    name: typeof valid.flow === 'string' ? valid.flow : baseName(file.path), version: file.version, title: valid.title, languages: [first, ...rest], start: start ?? '', nodes: bound,
    kind: kind ?? 'visit', parameters: Array.isArray(valid.parameters) ? valid.parameters : [], parts: new Map(),
    bound: { queued: msOf(valid.bound?.queuedSeconds, QUEUED_SECONDS), unbreakable: msOf(valid.bound?.unbreakableSeconds, UNBREAKABLE_SECONDS) },
  }
  return { flow: found.some(barsRunning) ? null : sketch, sketch: circles.length === 0 ? sketch : cutCircles(sketch, circles), whole: start !== null && circles.length === 0 && source.again.length === 0 && [...nodes.values()].every(({ gaps: its, arrows }) => its.length === 0 && arrows.every(({ to }) => nodes.has(to))), gaps, problems: found, tell, unset }
}

/** A flow in which no circle turns without a key: where it would, it leads nowhere. So what is wrong beside its circles is told with them. */
function cutCircles(flow: Flow, circles: readonly (readonly string[])[]): Flow {
  const nodes = new Map(flow.nodes)
  for (const circle of circles) {
    const [from = '', to = ''] = circle.slice(-2)
    const node = nodes.get(from)
    if (node !== undefined) nodes.set(from, { ...node, exits: node.exits.map((exit) => (exit.to === to && !needsKey(exit) ? { ...exit, to: ROUND } : exit)) })
  }
  return { ...flow, nodes }
}

/** No node. */
const ROUND = '↻'

const msOf = (seconds: unknown, otherwise: number): number => (typeof seconds === 'number' ? seconds : otherwise) * 1000

const THE_FILE = { zh: '流程文件', en: 'A flow file' }

function checkName({ source, report, content }: Check, path: string): void {
  const name = content['flow']
  const fileName = baseName(path)
  if (typeof name === 'string' && name !== fileName) report('flow.name', source.at(['flow']), { name, file: fileName })
}

function checkLanguages({ source, report, content }: Check): void {
  const written: unknown[] = Array.isArray(content['languages']) ? content['languages'] : []
  written.forEach((value, index) => {
    // One that is misspelt was told.
    if (typeof value === 'string' && written.indexOf(value) !== index && source.textAt(['languages', index]).includes(value)) report('flow.languages', source.at(['languages', index]), { value })
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
