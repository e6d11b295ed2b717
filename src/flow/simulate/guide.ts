import type { BoundNode } from '../node-type.js'
import type { Flow, FlowState } from '../types.js'

/** What a caller who understands the prompts would press to be tagged with a category. */
export interface Guide {
  /** Null: nothing he hears is about him, so he waits. */
  keysFor(state: FlowState, category: string): string | null
}

const NUMBER = '13900000001'

/** Shortest ways by keys from every node to every category, counted backwards from the exits that tag it. */
export function makeGuide(flow: Flow): Guide {
  const byPart = new Map<string, Map<string, ReadonlyMap<string, number>>>()
  const distances = (part: Flow, category: string): ReadonlyMap<string, number> => {
    const known = byPart.get(part.name) ?? new Map<string, ReadonlyMap<string, number>>()
    byPart.set(part.name, known)
    let found = known.get(category)
    if (found === undefined) {
      found = distancesTo(part, category)
      known.set(category, found)
    }
    return found
  }
  return {
    keysFor({ node, stack, tags }, category) {
      const part = stack.length === 0 ? flow : flow.parts.get(stack.at(-1)?.flow ?? '')
      const here = part?.nodes.get(node ?? '')
      if (part === undefined || here === undefined || tags.some((tag) => tag.key === 'category')) return null
      const to = distances(part, category)
      let best: { key: string; far: number } | null = null
      for (const { to: next, label, path } of here.exits.filter(({ by, label }) => by === 'caller' && label !== undefined && /^[0-9*#]$/.test(label))) {
        const far = taggedBy(here, path).includes(category) ? 0 : to.get(next) ?? Infinity
        if (far < (best?.far ?? Infinity)) best = { key: label ?? '', far }
      }
      if (best !== null) return best.key
      return here.type === 'collect' ? `${NUMBER}#` : null
    },
  }
}

/** Categories set by the exits beside a tag, as the schema writes them: those of a key, or all of a tag node. */
function taggedBy({ tags }: BoundNode, exitPath: readonly (string | number)[]): string[] {
  return tags.filter(({ key, path }) => key === 'category' && path.slice(0, -2).every((part, index) => exitPath[index] === part)).flatMap(({ value }) => (value === undefined ? [] : [value]))
}

function distancesTo({ nodes }: Flow, category: string): ReadonlyMap<string, number> {
  const far = new Map<string, number>()
  for (let changed = true, round = 0; changed && round <= nodes.size; round += 1) {
    changed = false
    for (const [name, node] of nodes) {
      for (const { to, by, path, label } of node.exits) {
        if (by === 'fault' || label === '?') continue
        const own = taggedBy(node, path).includes(category) ? 0 : far.get(to) ?? Infinity
        const reached = own + (by === 'caller' ? 1 : 0)
        if (reached < (far.get(name) ?? Infinity)) {
          far.set(name, reached)
          changed = true
        }
      }
    }
  }
  return far
}
