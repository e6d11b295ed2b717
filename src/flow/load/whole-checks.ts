import { NOTED } from '../../contracts/call.js'
import { NAME_PATTERN } from '../fields.js'
import type { BoundNode, NodePath } from '../node-type.js'
import { arrowsOf, circlesWithoutKey, reachable } from './graph.js'
import { textsIn, type Check, type CheckedNode } from './node-checks.js'
import { nearest, suggest } from './problems.js'

const NODE_NAME = new RegExp(NAME_PATTERN)

/** A variable that nothing sets is a slip of the pen: the condition would never hold, the read-out always fail. */
export function checkVariables({ source, report, content }: Check, nodes: ReadonlyMap<string, CheckedNode>): UnsetHere[] {
  const mentioned = [...nodes.values()].flatMap(({ mentions }) => mentions)
  // What the part would set that such a node may call, nobody knows.
  if (mentioned.includes('flow') || mentioned.includes('sub-flow')) return []
  const uses = [...nodes].flatMap(([name, { node }]) => (node?.uses ?? []).flatMap((use) => (use.kind === 'variable' ? [{ ...use, path: ['nodes', name, ...use.path] }] : [])))
  const known = [...new Set([...textsIn(content['parameters']), ...uses.flatMap(({ name, how }) => (how === 'write' ? [name] : []))])]
  const unset = uses.filter(({ name, how }) => how === 'read' && !known.includes(name) && !mentioned.includes(name)).map(({ name, path }): UnsetHere => ({ name, path, known }))
  // What a part finds stays when it returns: whether one of them sets it is seen when they are tied together.
  if ([...nodes.values()].some(({ node }) => callsPart(node))) return unset
  for (const { name, path } of unset) report('variable.unset', source.at(path), { name, suggestion: suggest(name, known) })
  return []
}

/** A variable that is read and that nothing in the file itself sets. `known`: those that are set. */
export interface UnsetHere { readonly name: string; readonly path: NodePath; readonly known: readonly string[] }

/** Nobody who wants help is hung up on, and a flow returns only where something called it. */
export function checkEndings({ source, report, content }: Check, nodes: ReadonlyMap<string, CheckedNode>): void {
  const kind = content['kind'] ?? 'entry'
  if (kind === 'entry' && textsIn(content['parameters']).length > 0) report('variable.not-given', source.keyAt(['parameters']))
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

/** Nodes that say what they have to say as soon as the caller comes to them. */
const SAYS: ReadonlySet<string> = new Set(['play', 'menu', 'listen', 'collect'])

/**
 * Nobody calls a caller back who hung up after `NOTED`: it stands only where his own key in a menu says that he called about just that, and where he hears
 * something before the flow is done with him. A key that names a category says only what he calls about.
 */
export function checkNoted({ source, report }: Check, nodes: ReadonlyMap<string, CheckedNode>): void {
  for (const [name, { node }] of nodes) {
    for (const { key, value, path } of node?.tags ?? []) {
      if (key !== NOTED.key || value !== NOTED.value) continue
      const [, pressed] = path
      const beside = node?.tags.some((other) => other.key === 'category' && other.path[1] === pressed) === true
      const way = node?.exits.find(({ by, path: at }) => by === 'caller' && at[1] === pressed)
      if (node?.type !== 'menu' || way === undefined || beside || endsUnheard(nodes, way.to)) report('tag.noted', source.keyAt(['nodes', name, ...path]), NOTED)
    }
  }
}

/** Whether some way from there comes to an end before anything was said. A value that cannot be read out is silence; of a part, what it returns to is known here and no more. */
function endsUnheard(nodes: ReadonlyMap<string, CheckedNode>, from: string): boolean {
  const met = new Set([from])
  for (const name of met) {
    const one = nodes.get(name)?.node
    if (one == null) continue // that is the mistake to tell
    if (one.ending !== null && one.exits.length === 0) return true
    const says = SAYS.has(one.type) && one.prompts.length > 0
    const mute = says && one.prompts.some(({ maybe }) => maybe === true)
    for (const { to, by } of one.exits) if (!says || (mute && by === 'fault')) met.add(to)
  }
  return false
}

/** What a part does before it returns, its own file does not show: whether it took a key, or left the caller with something certain, is proven when it is tied in. */
export const callsPart = (node: BoundNode | null | undefined): boolean => node?.uses.some(({ kind }) => kind === 'flow') === true

/** Every node that a caller can come to without having left a message or been promised a call-back, with the way there. */
function pathsWithout(nodes: ReadonlyMap<string, CheckedNode>, start: string): Map<string, string[]> {
  const found = new Map<string, string[]>([[start, [start]]])
  for (const [name, path] of found) {
    const one = nodes.get(name)?.node
    for (const { to, settles, by } of one?.exits ?? []) if (settles !== true && !(by === 'always' && callsPart(one)) && !found.has(to)) found.set(to, [...path, to])
  }
  return found
}

/** Every node is led to, no way leads nowhere, and no circle runs without a key of the caller's. → what of that could not be seen */
export function checkGraph({ source, report, content }: Check, nodes: ReadonlyMap<string, CheckedNode>): GraphSeen {
  const graph = new Map([...nodes].map(([name, { arrows }]) => [name, arrows]))
  const alone = new Map([...nodes].map(([name, { node, arrows }]) => [name, node != null && callsPart(node) ? arrowsOf({ ...node, exits: node.exits.filter(({ by }) => by !== 'always') }) : arrows]))
  const circles = circlesWithoutKey(alone)
  for (const circle of circles) {
    report('node.loop', source.keyAt(['nodes', circle[0] ?? '']), { loop: circle.join(' → ') })
  }
  const start = startOf(source, content, nodes)
  if (typeof content['start'] === 'string' && NODE_NAME.test(content['start']) && !nodes.has(content['start']) && !source.unread.some(({ words }) => words.includes(content['start'] as string))) {
    report('node.dangling', source.at(['start']), { to: content['start'], suggestion: suggest(content['start'], [...nodes.keys()]) })
  }
  if (start === null) return { start, unreached: [...nodes.keys()], circles }
  const reached = reachable(graph, start)
  const ahead = [...reached].flatMap((name) => nodes.get(name) ?? [])
  // What a slip in the name of a node was meant to lead to is not unreachable besides.
  const slips = ahead.flatMap(({ arrows }) => arrows.flatMap(({ to }) => (nodes.has(to) ? [] : [to])))
  const meant = new Set([...nodes.keys()].filter((name) => slips.some((slip) => nearest(slip, [name]) === name)).flatMap((name) => [...reachable(graph, name)]))
  // A node may seem unreachable only because one before it is broken: then nobody knows.
  const open = ahead.some((one) => one.open) || source.unread.some(({ under }) => under === null)
  const lost = [...nodes.keys()].filter((name) => !reached.has(name) && !meant.has(name))
  if (!open) for (const name of lost) report('node.unreachable', source.keyAt(['nodes', name]), { node: name })
  return { start, unreached: open ? lost : [], circles }
}

export interface GraphSeen {
  /** Where callers begin, also where it is misspelt; null: nobody knows. */
  readonly start: string | null
  /** Nodes of which nobody knows whether anything leads to them. */
  readonly unreached: readonly string[]
  /** Circles without a key. */
  readonly circles: readonly (readonly string[])[]
}

function startOf({ unread }: Check['source'], content: Check['content'], nodes: ReadonlyMap<string, CheckedNode>): string | null {
  const start = content['start']
  const names = [...nodes.keys()]
  if (typeof start === 'string') return nodes.has(start) ? start : nearest(start, names) ?? null
  const line = unread.find(({ name, under }) => name === 'start' && under === null)
  return names.find((name) => line?.words.slice(1).includes(name) === true) ?? null
}
