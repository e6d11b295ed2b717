import type { BoundNode, NodeContext } from '../node-type.js'
import type { Flow, FlowState } from '../types.js'
import { hasReached, isCategory, openedBy } from './aims.js'

/** What a caller who understands the prompts would press to get what he is after: an aim, see `aims.ts`. */
export interface Guide {
  /** Null: nothing he hears is about him, so he waits. */
  keysFor(state: FlowState, aim: string): string | null
  /** He only hears something, which any key would skip. */
  maySkip(state: FlowState): boolean
}

type Distances = ReadonlyMap<string, number>
/** How far it still is from where a part returns to, by its result. */
type Beyond = (result: string) => number

/** A way, and how many keys it takes. */
interface Step { readonly from: string; readonly keys: number }
/** The ways of a file, backwards. */
interface Ways {
  /** By the node that they lead to; through a part, to where it goes on. */
  readonly into: Map<string, Step[]>
  /** By the aim that they open. */
  readonly opening: Map<string, Step[]>
  readonly returning: { readonly name: string; readonly result: string }[]
  readonly calling: { readonly name: string; readonly part: Flow }[]
}

const NOWHERE: Beyond = () => Infinity
/** Nodes that only look at their own file when they are asked. */
const CONTEXT: NodeContext = { language: 'zh-CN', memory: {}, vars: {}, tags: {}, visited: true, surroundings: undefined as never }

/** Shortest ways by keys from every node to every aim, counted backwards from the exits that open it; through parts, too. */
export function makeGuide(flow: Flow): Guide {
  const known = new Map<string, unknown>()
  const once = <T>(key: string, make: () => T): T => {
    if (!known.has(key)) known.set(key, make())
    return known.get(key) as T
  }
  const partOf = (node: BoundNode): Flow | undefined => { const call = node.uses.find(({ kind }) => kind === 'flow'); return call === undefined ? undefined : flow.parts.get(call.name) }
  /** Where the flow around goes on when the part that `node` calls returns so. */
  const afterwards = (node: BoundNode, result: string): string => { const next = node.returned(result, CONTEXT); return next.kind === 'goto' ? next.to : '' }
  const resultOf = (node: BoundNode): string | null => { const outcome = node.ending === 'returns' ? node.enter(CONTEXT) : null; return outcome?.kind === 'return' ? outcome.result : null }

  const mapOf = (within: Flow): Ways => once(`ways ${within.name}`, () => {
    const ways: Ways = { into: new Map(), opening: new Map(), returning: [], calling: [] }
    const add = <T>(lists: Map<string, T[]>, key: string, one: T): void => {
      const list = lists.get(key)
      if (list === undefined) lists.set(key, [one])
      else list.push(one)
    }
    for (const [name, node] of within.nodes) {
      const result = resultOf(node)
      if (result !== null) ways.returning.push({ name, result })
      const part = partOf(node)
      if (part !== undefined) {
        ways.calling.push({ name, part })
        for (const back of resultsOf(part)) add(ways.into, afterwards(node, back), { from: name, keys: toResult(part, back) })
      }
      for (const exit of node.exits) {
        // The other ways out of a call are taken when the part returns.
        if (exit.by === 'fault' || exit.label === '?' || (part !== undefined && exit.by === 'always')) continue
        const keys = exit.by === 'caller' ? 1 : 0
        add(ways.into, exit.to, { from: name, keys })
        for (const aim of openedBy(flow, node, exit)) add(ways.opening, aim, { from: name, keys })
      }
    }
    return ways
  })

  /** Keys from each node to the aim (null: to none), or to a return and what lies beyond it: one search backwards, the nearest first. */
  function distances(within: Flow, aim: string | null, beyond: Beyond): Distances {
    const { into, opening, returning, calling } = mapOf(within)
    const far = new Map<string, number>()
    /** Nodes by their keys, some of which turn out to be nearer. */
    const due: string[][] = []
    const reach = (name: string, keys: number): void => {
      if (keys >= (far.get(name) ?? Infinity)) return
      far.set(name, keys)
      const alike = due[keys] ?? []
      alike.push(name)
      due[keys] = alike
    }
    for (const { name, result } of returning) reach(name, beyond(result))
    if (aim !== null) {
      for (const { from, keys } of opening.get(aim) ?? []) reach(from, keys)
      for (const { name, part } of calling) reach(name, inPart(part, aim))
    }
    for (let keys = 0; keys < due.length; keys += 1) {
      for (const name of due[keys] ?? []) {
        if (far.get(name) === keys) for (const one of into.get(name) ?? []) reach(one.from, keys + one.keys)
      }
    }
    return far
  }

  const resultsOf = (part: Flow): readonly string[] => once(`results ${part.name}`, () => [...new Set([...part.nodes.values()].flatMap((node) => resultOf(node) ?? []))])
  /** Keys from the beginning of a part to the aim in it, or to one of its results. */
  const inPart = (part: Flow, aim: string): number => once(`aim ${part.name} ${aim}`, () => distances(part, aim, NOWHERE).get(part.start) ?? Infinity)
  const toResult = (part: Flow, result: string): number => once(`result ${part.name} ${result}`, () => distances(part, null, (one) => (one === result ? 0 : Infinity)).get(part.start) ?? Infinity)

  /** Distances in the flow that a caller is in, with what lies beyond the parts around him. */
  function around(stack: FlowState['stack'], aim: string): Distances {
    const frame = stack.at(-1)
    return once(JSON.stringify([aim, ...stack.map(({ flow: part, from }) => [part, from])]), () => {
      if (frame === undefined) return distances(flow, aim, NOWHERE)
      const outer = stack.slice(0, -1)
      const caller = (outer.length === 0 ? flow : flow.parts.get(outer.at(-1)?.flow ?? ''))?.nodes.get(frame.from)
      const part = flow.parts.get(frame.flow)
      const beyond = around(outer, aim)
      return part === undefined || caller === undefined ? new Map() : distances(part, aim, (result) => beyond.get(afterwards(caller, result)) ?? Infinity)
    })
  }

  const nodeOf = ({ node, stack }: FlowState): BoundNode | undefined => (stack.length === 0 ? flow : flow.parts.get(stack.at(-1)?.flow ?? ''))?.nodes.get(node ?? '')

  return {
    keysFor(state, aim) {
      const here = nodeOf(state)
      if (here === undefined || (isCategory(aim) && hasReached(flow, state, aim))) return null
      if (hasReached(flow, state, aim)) return here.inputs[0] ?? null
      const to = around(state.stack, aim)
      let best: { key: string; far: number } | null = null
      for (const exit of here.exits.filter(({ by, label }) => by === 'caller' && label !== undefined && /^[0-9*#]$/.test(label))) {
        const far = openedBy(flow, here, exit).includes(aim) ? 0 : to.get(exit.to) ?? Infinity
        if (far < (best?.far ?? Infinity)) best = { key: exit.label ?? '', far }
      }
      return best?.key ?? here.inputs[0] ?? null
    },
    maySkip: (state) => nodeOf(state)?.type === 'play',
  }
}
