import type { FlowProblem } from '../../contracts/flow.js'
import type { BoundNode, Use } from '../node-type.js'
import type { Flow } from '../types.js'
import { arrowsOf, reachable } from './graph.js'
import { nodeGap, type Gap } from './gaps.js'
import type { LoadedFlow } from './load.js'
import { barsRunning, suggest } from './problems.js'
import { withoutNodes } from './stand-in.js'
import { callsPart } from './whole-checks.js'

type Call = Extract<Use, { kind: 'flow' }> & { readonly node: string }

const callsOf = (flow: Flow): Call[] => [...flow.nodes].flatMap(([node, { uses }]) => uses.flatMap((use) => (use.kind === 'flow' ? [{ ...use, node }] : [])))

/** Results that a part returns. */
function resultsOf(flow: Flow): string[] {
  const context = { language: flow.languages[0], memory: {}, vars: {}, tags: {}, visited: false, surroundings: undefined as never }
  return [...flow.nodes.values()].flatMap((node) => {
    if (node.ending !== 'returns') return []
    const outcome = node.enter(context)
    return outcome.kind === 'return' ? [outcome.result] : []
  })
}

/** Of each part what it writes: parts in parts are met by as many ways as there are calls of them. */
const writes = new WeakMap<Flow, ReadonlySet<string>>()

/** Variables that are set when a part has returned: what its parameters hid is put back. */
function writesOf(part: Flow): ReadonlySet<string> {
  const known = writes.get(part)
  if (known !== undefined) return known
  const within = [...new Set(callsOf(part).map(({ name }) => name))].flatMap((name) => { const inner = part.parts.get(name); return inner === undefined ? [] : [...writesOf(inner)] })
  const own = [...part.nodes.values()].flatMap(({ uses }) => uses.flatMap((use) => (use.kind === 'variable' && use.how === 'write' ? [use.name] : [])))
  const found = new Set([...within, ...own].filter((name) => !part.parameters.includes(name)))
  writes.set(part, found)
  return found
}

/** A node that calls a part, with those ways out alone that a result of the part leads to. */
function asReturned(node: BoundNode, parts: ReadonlyMap<string, Flow>): BoundNode {
  const part = node.uses.flatMap((use) => (use.kind === 'flow' ? parts.get(use.name) ?? [] : []))[0]
  if (part === undefined) return node
  const results = resultsOf(part)
  const listed = node.exits.flatMap(({ by, label }) => (by === 'always' && label !== undefined ? [label] : []))
  const others = results.some((result) => !listed.includes(result))
  return { ...node, exits: node.exits.filter(({ by, label }) => by !== 'always' || (label === undefined ? others : results.includes(label))) }
}

/** A flow as far as it can be understood, with its parts. What is not stands in it as nodes that lead on. */
export interface Sketch {
  /** Null when its file cannot be read. */
  readonly flow: Flow | null
  /** What of it was not examined. */
  readonly gaps: readonly Gap[]
}

/** A flow with its parts. `runs`: nothing is wrong with it or with them that it cannot be run with. `open`: where it leads and what it sets is not known to the end. */
interface Tied { readonly flow: Flow; readonly runs: boolean; readonly open: boolean; readonly gaps: readonly Gap[] }

/**
 * Ties flows to the parts they call, so that a caller stays on one version of all of them, and checks what one file alone cannot show.
 * A flow of which a part cannot be run is not among the linked ones. What else is wrong with it keeps nothing back: an admin sees all problems at once.
 */
export function linkFlows(loaded: ReadonlyMap<string, LoadedFlow>): { flows: ReadonlyMap<string, Flow>; sketches: ReadonlyMap<string, Sketch>; problems: readonly FlowProblem[] } {
  const problems: FlowProblem[] = []
  const linked = new Map<string, Tied>()

  function link(name: string, trail: readonly string[]): Tied | null {
    const before = linked.get(name)
    if (before !== undefined) return before
    const one = loaded.get(name)
    const flow = one?.sketch ?? null
    if (one === undefined || flow === null) return null
    const parts = new Map<string, Flow>()
    const told: FlowProblem[] = []
    const gaps = [...one.gaps]
    /** Nodes that call a part of which nobody knows where it leads. */
    const unknown: string[] = []
    let [open, runs] = [!one.whole, one.flow !== null]
    const complain: LoadedFlow['tell'] = (code, path, details, at) => { told.push(...one.tell(code, path, details, at)); return told }
    for (const call of callsOf(flow)) {
      const at = ['nodes', call.node, ...call.path]
      const target = loaded.get(call.name)
      const before = told.length
      // Whatever is wrong with a part, as far as it is understood it is known where it leads and what it sets.
      const part = target?.sketch ?? null
      if (target?.flow === null) { complain('part.broken', at, { name: call.name }); runs = false }
      if (target === undefined) complain('part.unknown', at, { name: call.name, suggestion: suggest(call.name, [...loaded].flatMap(([other, { sketch }]) => (sketch?.kind === 'part' ? [other] : []))) })
      else if (part !== null && part.kind !== 'part') complain('part.kind', at, { name: call.name })
      else if (call.name === name || trail.includes(call.name)) complain('part.circle', at, { circle: [...trail.slice(trail.indexOf(call.name)), name, call.name].filter((step, index, all) => step !== all[index - 1]).join(' → ') })
      else if (part !== null) {
        // Also of one that calls others it is known what it returns, if all of it is understood.
        if (target.whole) checkCall(call, flow, part, complain)
        const tied = link(call.name, [...trail, name])
        if (tied?.open === false) {
          if (!tied.runs && told.length === before) complain('part.broken', at, { name: call.name })
          for (const [inner, own] of tied.flow.parts) parts.set(inner, own)
          parts.set(call.name, tied.flow)
          runs &&= tied.runs
          continue
        }
        if (tied?.runs !== true && told.length === before) complain('part.broken', at, { name: call.name })
        runs = false
      }
      open = true
      unknown.push(call.node)
      gaps.push(nodeGap(call.node, target === undefined ? { zh: `没有它调用的子流程“${call.name}”`, en: `the part "${call.name}" that it calls is not there` } : { zh: `它调用的子流程“${call.name}”没有全部查清`, en: `the part "${call.name}" that it calls was not examined to the end` }))
    }
    // What stands behind a part is known now that it is known what the part returns.
    const nodes = parts.size === 0 ? flow.nodes : new Map([...flow.nodes].map(([place, node]) => [place, unknown.includes(place) ? node : asReturned(node, parts)]))
    if (!open && parts.size > 0) checkBehind({ ...flow, nodes, parts }, flow.nodes, one, complain)
    else if (one.unset.length > 0) gaps.push({ node: null, what: { zh: `变量 ${one.unset.map(({ name: unset }) => unset).join('、')} 有没有存入`, en: `Whether ${one.unset.map(({ name: unset }) => unset).join(', ')} is ever set` }, because: { zh: '子流程可能存入它', en: 'a part may set it' } })
    problems.push(...told)
    const tiedFlow = parts.size === 0 ? flow : { ...flow, version: versionWith(flow.version, [...parts.values()]), nodes, parts }
    const result = { flow: unknown.length === 0 ? tiedFlow : withoutNodes(tiedFlow, unknown), runs: runs && !told.some(barsRunning), open, gaps }
    linked.set(name, result)
    return result
  }

  for (const name of loaded.keys()) link(name, [])
  return { flows: new Map([...linked].flatMap(([name, { flow, runs }]) => (runs ? [[name, flow] as const] : []))), sketches: new Map([...loaded].map(([name, { gaps }]): [string, Sketch] => { const tied = linked.get(name); return [name, tied === undefined ? { flow: null, gaps } : { flow: tied.flow, gaps: tied.gaps }] })), problems }
}

/** A flow is another version when one of its parts is: FNV-1a (64 bit) over all of them, as long as a file's own. */
export function versionWith(own: string, parts: readonly Pick<Flow, 'name' | 'version'>[]): string {
  if (parts.length === 0) return own
  let hash = 0xcbf29ce484222325n
  for (const character of [own, ...parts.map(({ name, version }) => `${name} ${version}`).sort()].join('\n')) hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0').slice(0, 12)
}

/** Nodes that no result leads to, and variables that no part sets. That a part cannot be run does not happen to one that is tied in. */
function checkBehind(flow: Flow, written: Flow['nodes'], { unset }: LoadedFlow, complain: LoadedFlow['tell']): void {
  const alone = new Map([...written].map(([name, node]) => [name, arrowsOf(node)]))
  const graph = new Map([...flow.nodes].map(([name, node]) => [name, arrowsOf({ ...node, exits: node.exits.filter(({ by }) => by !== 'fault' || !callsPart(node)) })]))
  const reached = reachable(graph, flow.start)
  // What nothing in the file leads to was told with the file; and a way that leads nowhere is the mistake to tell, not what may have been meant to stand behind it.
  const meant = reachable(alone, flow.start)
  const broken = [...meant].some((name) => alone.get(name)?.some(({ to }) => !alone.has(to)))
  if (!broken) for (const node of meant) if (!reached.has(node)) complain('part.behind', ['nodes', node], { node }, 'key')
  const found = new Set(callsOf(flow).flatMap(({ name }) => { const part = flow.parts.get(name); return part === undefined ? [] : [...writesOf(part)] }))
  for (const { name, path, known } of unset) if (!found.has(name)) complain('variable.unset', path, { name, suggestion: suggest(name, [...known, ...found]) })
}

function checkCall(call: Call, flow: Flow, part: Flow, complain: LoadedFlow['tell']): void {
  const { name } = part
  const list = (names: readonly string[]): string => (names.length === 0 ? '—' : names.join(', '))
  const at = ['nodes', call.node, 'flow']
  if ([...part.parameters].sort().join() !== [...call.with].sort().join()) complain('part.parameter', at, { name, wanted: list(part.parameters), given: list(call.with) })
  const mute = flow.languages.filter((language) => !part.languages.includes(language))
  if (mute.length > 0) complain('part.language', at, { name, languages: mute.join(', ') })
  const results = resultsOf(part)
  for (const { label, path, by } of flow.nodes.get(call.node)?.exits ?? []) {
    if (by === 'always' && label !== undefined && !results.includes(label)) complain('part.result', ['nodes', call.node, ...path], { name, result: label, suggestion: suggest(label, results) })
  }
}
