import type { BoundNode, NodeContext } from '../node-type.js'
import type { Flow, FlowState } from '../types.js'

/** What a caller who understands the prompts would press to be tagged with a category. */
export interface Guide {
  /** Null: nothing he hears is about him, so he waits. */
  keysFor(state: FlowState, category: string): string | null
}

type Distances = ReadonlyMap<string, number>
/** How far it still is from where a part returns to, by its result. */
type Beyond = (result: string) => number

const NOWHERE: Beyond = () => Infinity
/** Nodes that only look at their own file when they are asked. */
const CONTEXT: NodeContext = { language: 'zh-CN', memory: {}, vars: {}, tags: {}, visited: true, surroundings: undefined as never }

/** Shortest ways by keys from every node to every category, counted backwards from the exits that tag it; through parts, too. */
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

  /** Keys from each node to where the category is tagged (null: to no tag), or to a return and what lies beyond it. */
  function distances({ nodes }: Flow, category: string | null, beyond: Beyond): Distances {
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
        if (part !== undefined) changed = reach(name, throughPart(part, category, (back) => far.get(afterwards(node, back)) ?? Infinity)) || changed
        for (const { to, by, path, label } of node.exits) {
          // The other ways out of a call are taken when the part returns.
          if (by === 'fault' || label === '?' || (part !== undefined && by === 'always')) continue
          const own = category !== null && taggedBy(node, path).includes(category) ? 0 : far.get(to) ?? Infinity
          changed = reach(name, own + (by === 'caller' ? 1 : 0)) || changed
        }
      }
    }
    return far
  }

  /** Keys to a tag in the part, or by one of its results to one beyond it. */
  function throughPart(part: Flow, category: string | null, beyond: Beyond): number {
    const within = category === null ? Infinity : once(`${part.name} ${category}`, () => distances(part, category, NOWHERE).get(part.start) ?? Infinity)
    const results = once(`${part.name} results`, () => [...new Set([...part.nodes.values()].flatMap((node) => resultOf(node) ?? []))])
    return Math.min(within, ...results.map((result) => once(`${part.name} > ${result}`, () => distances(part, null, (one) => (one === result ? 0 : Infinity)).get(part.start) ?? Infinity) + beyond(result)))
  }

  /** Distances in the flow that a caller is in, with what lies beyond the parts around him. */
  function around(stack: FlowState['stack'], category: string): Distances {
    const frame = stack.at(-1)
    return once(JSON.stringify([category, ...stack.map(({ flow: part, from }) => [part, from])]), () => {
      if (frame === undefined) return distances(flow, category, NOWHERE)
      const outer = stack.slice(0, -1)
      const caller = (outer.length === 0 ? flow : flow.parts.get(outer.at(-1)?.flow ?? ''))?.nodes.get(frame.from)
      const part = flow.parts.get(frame.flow)
      const beyond = around(outer, category)
      return part === undefined || caller === undefined ? new Map() : distances(part, category, (result) => beyond.get(afterwards(caller, result)) ?? Infinity)
    })
  }

  return {
    keysFor({ node, stack, tags }, category) {
      const part = stack.length === 0 ? flow : flow.parts.get(stack.at(-1)?.flow ?? '')
      const here = part?.nodes.get(node ?? '')
      if (here === undefined || tags.some((tag) => tag.key === 'category')) return null
      const to = around(stack, category)
      let best: { key: string; far: number } | null = null
      for (const { to: next, label, path } of here.exits.filter(({ by, label }) => by === 'caller' && label !== undefined && /^[0-9*#]$/.test(label))) {
        const far = taggedBy(here, path).includes(category) ? 0 : to.get(next) ?? Infinity
        if (far < (best?.far ?? Infinity)) best = { key: label ?? '', far }
      }
      return best?.key ?? here.inputs[0] ?? null
    },
  }
}

/** Categories set by the exits beside a tag, as the schema writes them: those of a key, or all of a tag node. */
function taggedBy({ tags }: BoundNode, exitPath: readonly (string | number)[]): string[] {
  return tags.filter(({ key, path }) => key === 'category' && path.slice(0, -2).every((part, index) => exitPath[index] === part)).flatMap(({ value }) => (value === undefined ? [] : [value]))
}
