import { needsKey, type BoundNode } from '../node-type.js'

/** A node's ways out as far as the checks of the graph need them. `caller`: only a key pressed by the caller leads there. */
export interface Arrow { readonly to: string; readonly caller: boolean }
export type Graph = ReadonlyMap<string, readonly Arrow[]>

/** A node's ways out, as the graph needs them. */
export function arrowsOf(node: BoundNode): Arrow[] {
  return node.exits.map((exit) => ({ to: exit.to, caller: needsKey(exit) }))
}

/** Nodes that some path from `start` leads to. */
export function reachable(graph: Graph, start: string): Set<string> {
  const seen = new Set<string>()
  const ahead = [start]
  for (let node = ahead.pop(); node !== undefined; node = ahead.pop()) {
    if (seen.has(node) || !graph.has(node)) continue
    seen.add(node)
    for (const { to } of graph.get(node) ?? []) ahead.push(to)
  }
  return seen
}

/**
 * Circles that a caller runs through without pressing a key, each as the nodes in order, the first again at the end.
 * Without one, every caller who does nothing comes to an end node: each node has an exit that needs no key.
 * Depth-first with an explicit stack, so that a long chain of nodes cannot overflow ours.
 */
export function circlesWithoutKey(graph: Graph): string[][] {
  const circles: string[][] = []
  const state = new Map<string, 'open' | 'done'>()
  for (const root of graph.keys()) {
    if (state.has(root)) continue
    const trail: { node: string; arrows: readonly Arrow[]; next: number }[] = []
    const open = (node: string) => {
      state.set(node, 'open')
      trail.push({ node, arrows: graph.get(node) ?? [], next: 0 })
    }
    open(root)
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const arrow = top.arrows[top.next]
      top.next += 1
      if (arrow === undefined) {
        state.set(top.node, 'done')
        trail.pop()
      } else if (!arrow.caller && graph.has(arrow.to)) {
        const seen = state.get(arrow.to)
        if (seen === undefined) open(arrow.to)
        else if (seen === 'open') circles.push([...trail.slice(trail.findIndex(({ node }) => node === arrow.to)).map(({ node }) => node), arrow.to])
      }
    }
  }
  return circles
}
