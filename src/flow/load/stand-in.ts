import { LANGUAGES } from '../../contracts/flow.js'
import type { Bilingual } from '../../contracts/primitives.js'
import type { BoundNode, NodeOutcome } from '../node-type.js'
import type { Flow } from '../types.js'

/** Type of a node that stands for one that is not understood. */
export const NOT_UNDERSTOOD = '?'

const END: NodeOutcome = { kind: 'end' }

/**
 * Stands for a node that is not understood, while the rest of its flow is examined. It takes no time, leads wherever the node mentions, in any language,
 * and whoever has been there may have got what he wanted: so whatever speaks against the nodes around it speaks against them whatever it turns out to be.
 */
export function standIn(targets: Iterable<string>, title: Bilingual | null = null): BoundNode {
  return {
    type: NOT_UNDERSTOOD, title, ending: null, prompts: [], uses: [], unbreakable: 0, inputs: [], misfit: null,
    tags: LANGUAGES.map((value) => ({ key: 'language', value, path: [] })),
    exits: [...new Set(targets)].map((to) => ({ to, by: 'caller', path: [], settles: true })),
    enter: () => END, on: () => END, returned: () => END, resume: () => END,
  }
}

/** How many nodes are written in a flow's file. */
export const nodesWritten = ({ nodes }: Flow): number => nodes.size - (nodes.has(NOT_UNDERSTOOD) ? 1 : 0)

/** A flow in which some nodes are not looked at. */
export function withoutNodes(flow: Flow, names: Iterable<string>): Flow {
  const nodes = new Map(flow.nodes)
  for (const name of names) {
    const node = nodes.get(name)
    if (node !== undefined) nodes.set(name, standIn(node.exits.map(({ to }) => to), node.title))
  }
  return { ...flow, nodes }
}
