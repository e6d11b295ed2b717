import type { BoundNode, NodeContext } from '../node-type.js'
import type { Flow, FlowState } from '../types.js'
import { hasReached, isCategory, opens } from './aims.js'

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

  /** Keys from each node to the aim (null: to none), or to a return and what lies beyond it. */
  function distances(within: Flow, aim: string | null, beyond: Beyond): Distances {
    const { nodes } = within
    const far = new Map<string, number>()
    const reach = (name: string, keys: number): boolean => {
      if (keys >= (far.get(name) ?? Infinity)) return false
      far.set(name, keys)
      return true
    }
    for (let changed = true, round = 0; changed && round <= nodes.size; round += 1) {
      changed = false
      for (const [name, node] of nodes) {
        const result = resultOf(node)
        if (result !== null) changed = reach(name, beyond(result)) || changed
        const part = partOf(node)
        if (part !== undefined) changed = reach(name, throughPart(part, aim, (back) => far.get(afterwards(node, back)) ?? Infinity)) || changed
        for (const exit of node.exits) {
          const { to, by, label } = exit
          // The other ways out of a call are taken when the part returns.
          if (by === 'fault' || label === '?' || (part !== undefined && by === 'always')) continue
          const own = aim !== null && opens(flow, within, name, exit, aim) ? 0 : far.get(to) ?? Infinity
          changed = reach(name, own + (by === 'caller' ? 1 : 0)) || changed
        }
      }
    }
    return far
  }

  /** Keys to the aim in the part, or by one of its results to one beyond it. */
  function throughPart(part: Flow, aim: string | null, beyond: Beyond): number {
    const within = aim === null ? Infinity : once(`${part.name} ${aim}`, () => distances(part, aim, NOWHERE).get(part.start) ?? Infinity)
    const results = once(`${part.name} results`, () => [...new Set([...part.nodes.values()].flatMap((node) => resultOf(node) ?? []))])
    return Math.min(within, ...results.map((result) => once(`${part.name} > ${result}`, () => distances(part, null, (one) => (one === result ? 0 : Infinity)).get(part.start) ?? Infinity) + beyond(result)))
  }

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

  const placeOf = ({ node, stack }: FlowState): { readonly part: Flow; readonly name: string; readonly here: BoundNode } | null => {
    const part = stack.length === 0 ? flow : flow.parts.get(stack.at(-1)?.flow ?? '')
    const here = part?.nodes.get(node ?? '')
    return part === undefined || here === undefined || node === null ? null : { part, name: node, here }
  }

  return {
    keysFor(state, aim) {
      const place = placeOf(state)
      if (place === null || (isCategory(aim) && hasReached(state, aim))) return null
      const { part, name, here } = place
      if (hasReached(state, aim)) return here.inputs[0] ?? null
      const to = around(state.stack, aim)
      let best: { key: string; far: number } | null = null
      for (const exit of here.exits.filter(({ by, label }) => by === 'caller' && label !== undefined && /^[0-9*#]$/.test(label))) {
        const far = opens(flow, part, name, exit, aim) ? 0 : to.get(exit.to) ?? Infinity
        if (far < (best?.far ?? Infinity)) best = { key: exit.label ?? '', far }
      }
      return best?.key ?? here.inputs[0] ?? null
    },
    maySkip: (state) => placeOf(state)?.here.type === 'play',
  }
}
