import type { FlowOverlay } from '../../contracts/flow-drawing.js'
import type { Exit, Way } from '../node-type.js'
import type { RehearsalNote } from '../rehearsal.js'
import type { Flow } from '../types.js'

/** One way out of one node of a flow. */
export interface Edge { readonly id: string; readonly from: string; readonly exit: Exit }

/** How often calls came by each node and each way out of the flow itself; parts are covered by tests of their own. */
export interface Coverage { readonly nodes: ReadonlyMap<string, number>; readonly edges: ReadonlyMap<string, number>; readonly all: readonly Edge[] }

/** All ways out of a flow's nodes that a test can take. */
export function edgesOf(flow: Flow): Edge[] {
  return [...flow.nodes].flatMap(([from, { exits, uses }]) => {
    // A part that cannot be run is not loaded in the first place.
    const runs = uses.some((use) => use.kind === 'flow')
    const edges = exits.filter(({ by }) => !(runs && by === 'fault')).map((exit) => ({ id: edgeId(from, exit), from, exit }))
    return edges.filter(({ id }, index) => edges.findIndex((edge) => edge.id === id) === index)
  })
}

const SIMPLY_ON: Way = { by: 'always', label: undefined }

/** Of what simply goes on, only where to can be seen. */
const edgeId = (from: string, { by, to, path, label }: Exit): string => (by === 'always' ? `${from} always ${to}` : `${from} ${by} ${path.join('.')}${label === undefined ? '' : ` ${label}`}`)

/** The ways out that a call took. */
export function walked(flow: Flow, notes: readonly RehearsalNote[]): string[] {
  const taken: string[] = []
  let last: string | null = null
  for (const note of notes) {
    if (note.type !== 'node') continue
    // Inside a part: the node that called it goes on when the caller is back.
    if (note.node.includes('/')) continue
    const from = last === null ? undefined : flow.nodes.get(last)
    const { by, label } = note.way ?? SIMPLY_ON
    const exit = from?.exits.find((one) => one.to === note.node && one.by === by && (by === 'always' || one.label === label))
    if (last !== null && exit !== undefined) taken.push(edgeId(last, exit))
    last = note.node
  }
  return taken
}

/** How often these calls came by each node and took each way out. */
export function coverageOf(flow: Flow, calls: readonly (readonly RehearsalNote[])[]): Coverage {
  const nodes = new Map([...flow.nodes.keys()].map((name) => [name, 0]))
  const all = edgesOf(flow)
  const edges = new Map(all.map(({ id }) => [id, 0]))
  for (const notes of calls) {
    for (const note of notes) if (note.type === 'node' && nodes.has(note.node)) nodes.set(note.node, (nodes.get(note.node) ?? 0) + 1)
    for (const id of walked(flow, notes)) edges.set(id, (edges.get(id) ?? 0) + 1)
  }
  return { nodes, edges, all }
}

/** Nodes in the order of the file with the share of ways taken, for a terminal: `● topics  12×  9/14  missing: 5, !`. */
export function drawCoverage(flow: Flow, { nodes, edges, all }: Coverage): string {
  const width = Math.max(...[...nodes.keys()].map((name) => name.length))
  const lines = [...flow.nodes].map(([name, { type }]) => {
    const own = all.filter(({ from }) => from === name)
    const taken = own.filter(({ id }) => (edges.get(id) ?? 0) > 0)
    const count = nodes.get(name) ?? 0
    const missing = own.filter(({ id }) => (edges.get(id) ?? 0) === 0).map(({ exit }) => `${exitName(exit)}→${exit.to}`)
    const mark = count === 0 ? '○' : missing.length > 0 ? '◐' : '●'
    return `  ${mark} ${name.padEnd(width)}  ${type.padEnd(9)} ${String(count).padStart(4)}×  ${own.length === 0 ? '' : `${taken.length}/${own.length}`}${missing.length === 0 ? '' : `  未走 not taken: ${missing.join(' ')}`}`
  })
  return `${lines.join('\n')}\n`
}

/** What is covered, laid over the flow's drawing: how often tests came by each node, and the ways that none takes. */
export function coverageOverlay({ nodes, edges, all }: Coverage): FlowOverlay {
  const missed = new Map<string, string[]>()
  for (const { id, from, exit } of all) {
    if ((edges.get(id) ?? 0) > 0) continue
    const line = `${from}>${exit.to}`
    missed.set(line, [...missed.get(line) ?? [], exitName(exit)])
  }
  return { counts: Object.fromEntries([...nodes].map(([name, came]) => [name, { came }])), missed: Object.fromEntries([...missed].map(([line, signs]) => [line, signs.join(' ')])) }
}

/** As short as on a drawing. */
export function exitName({ by, label }: Exit): string {
  if (label !== undefined) return label
  return { caller: '?', silence: '—', fault: '!', always: '' }[by]
}

/** How many of all were taken at least once. */
export const shareOf = (counts: ReadonlyMap<string, number>): { readonly taken: number; readonly of: number } =>
  ({ taken: [...counts.values()].filter((count) => count > 0).length, of: counts.size })
