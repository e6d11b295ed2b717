import { labelText, nodeTexts, type FlowDrawing } from '../../contracts/flow-drawing.js'
import type { Exit } from '../node-type.js'
import { arrowId, orderNet } from '../proof/longest.js'
import { exitName } from '../scenario/coverage.js'
import { placeLabels } from './labels.js'
import { titleOf } from '../titles.js'
import type { Flow } from '../types.js'

const NODE_HEIGHT = 44
/** Sizes of the two lines of a node; a Latin letter takes so much of it, a Chinese character all. */
const [HEAD, BELOW, LATIN] = [13, 11, 0.585]
const SIDES = 24
/** Of the signs at a line. */
const LABEL = 11.5
/** The sign of the first node. */
const START_SIGN = 18
const LEAST_WIDTH = 96
const BETWEEN_NODES = 36
/** Room for a line that only passes by. */
const LANE = 14
const BETWEEN_RANKS = 64
const MARGIN = 24
const SWEEPS = 12
/** So many places in ranks that they only pass are given to long lines, the shortest first: lines of all lengths between a thousand tangled nodes would take millions. */
const MOST_LANES = 20_000

type Edge = FlowDrawing['edges'][number]

/** A place in the drawing: a node, or where a long line passes a rank. */
interface Spot { readonly name: string | null; readonly rank: number; readonly width: number; x: number; readonly up: Spot[]; readonly down: Spot[] }
interface Line { readonly from: string; readonly to: string; readonly by: Exit['by']; readonly label: string; readonly spots: readonly Spot[]; readonly turned: boolean }

/** Strongest first: what the caller does himself is what a drawing is looked at for. */
const STRENGTH = ['caller', 'always', 'silence', 'fault'] as const

/**
 * Lays a flow out in ranks from top to bottom (Sugiyama): lines that lead back are turned round, long lines get a place in every rank they
 * pass, places are ordered by the middle of their neighbours, and pulled towards them. The same flow is always the same drawing.
 * @param texts `each`: nodes have room for their texts in either language; `both`: in the two side by side.
 */
export function layOut(flow: Flow, texts: 'each' | 'both' = 'each'): FlowDrawing {
  const names = [flow.start, ...[...flow.nodes.keys()].filter((name) => name !== flow.start)]
  const index = new Map(names.map((name, at) => [name, at]))
  const merged = mergedEdges(flow)
  const net: { to: number; weight: number }[][] = names.map(() => [])
  for (const { from, to } of merged) { const target = index.get(to); if (target !== undefined) net[index.get(from) ?? 0]?.push({ to: target, weight: 1 }) }
  const { order, closing } = orderNet(net)
  const rank = names.map(() => 0)
  for (const point of order) {
    for (const [at, { to }] of (net[point] ?? []).entries()) if (!closing.has(arrowId(point, at))) rank[to] = Math.max(rank[to] ?? 0, (rank[point] ?? 0) + 1)
  }
  const rankOf = (name: string) => rank[index.get(name) ?? 0] ?? 0
  const spots = new Map<string, Spot>(names.map((name) => [name, { name, rank: rankOf(name), width: widthOf(flow, name, texts), x: 0, up: [], down: [] }]))
  const ranks: Spot[][] = []
  for (const point of order) { const spot = spots.get(names[point] ?? ''); if (spot !== undefined) (ranks[spot.rank] ??= []).push(spot) }
  const longest = longestRouted(merged.map(({ from, to }) => Math.abs(rankOf(from) - rankOf(to)) - 1))
  const lines = merged.flatMap(({ from, to, by, label }): Line[] => {
    const [a, b] = [spots.get(from), spots.get(to)]
    if (a === undefined || b === undefined) return []
    const turned = a.rank > b.rank
    const [top, bottom] = turned ? [b, a] : [a, b]
    const chain = [top]
    const routed = bottom.rank - top.rank - 1 <= longest
    for (let at = top.rank + 1; at < bottom.rank; at += 1) {
      // Too long to be led through every rank: it goes straight from the first to the last.
      if (!routed && at > top.rank + 1 && at < bottom.rank - 1) continue
      const lane: Spot = { name: null, rank: at, width: LANE, x: 0, up: [], down: [] }
      ;(ranks[at] ??= []).push(lane)
      chain.push(lane)
    }
    if (bottom !== top) chain.push(bottom)
    chain.forEach((spot, place) => {
      const below = chain[place + 1]
      if (below === undefined) return
      spot.down.push(below)
      below.up.push(spot)
    })
    return [{ from, to, by, label, spots: chain, turned }]
  })
  arrange(ranks)
  place(ranks)
  const all = ranks.flat()
  const left = all.reduce((least, { x, width }) => Math.min(least, x - width / 2), Infinity)
  for (const spot of all) spot.x += MARGIN - left
  const top = (at: number) => MARGIN + at * (NODE_HEIGHT + BETWEEN_RANKS)
  const loops = lines.some(({ spots: chain }) => chain.length === 1)
  return {
    flow: flow.name, version: flow.version, title: flow.title,
    width: all.reduce((most, { x, width }) => Math.max(most, x + width / 2), 0) + MARGIN + (loops ? 40 : 0),
    height: top(ranks.length) - BETWEEN_RANKS + MARGIN,
    nodes: names.flatMap((name) => {
      const spot = spots.get(name)
      const node = flow.nodes.get(name)
      return spot === undefined || node === undefined ? [] : [{ name, type: node.type, title: titleOf(flow, name), ending: node.ending, start: name === flow.start, x: spot.x - spot.width / 2, y: top(spot.rank), width: spot.width, height: NODE_HEIGHT }]
    }),
    edges: placeLabels(drawn(lines, top), (text) => Math.max(spanOf(labelText(text, 'zh'), LABEL), spanOf(labelText(text, 'en'), LABEL))),
  }
}

/** How many ranks a line may pass and still get a place in each, all in all no more than `MOST_LANES`. */
function longestRouted(passed: readonly number[]): number {
  let left = MOST_LANES
  for (const ranks of [...passed].sort((a, b) => a - b)) {
    left -= Math.max(0, ranks)
    if (left < 0) return ranks - 1
  }
  return Infinity
}

const spanOf = (text: string, size: number): number => Array.from(text).reduce((sum, sign) => sum + (/[\u2E80-\uFFEF]/.test(sign) ? size : size * LATIN), 0)

function widthOf(flow: Flow, name: string, texts: 'each' | 'both'): number {
  const node = flow.nodes.get(name)
  if (node === undefined) return LEAST_WIDTH
  const widths = (texts === 'both' ? [null] : ['zh', 'en'] as const).map((language) => {
    const { head, below } = nodeTexts({ name, type: node.type, title: titleOf(flow, name) }, language)
    return Math.max(spanOf(head, HEAD) + (name === flow.start ? START_SIGN : 0), spanOf(below, BELOW))
  })
  return Math.max(LEAST_WIDTH, Math.ceil(Math.max(...widths)) + SIDES)
}

/** One line for all ways between two nodes. */
function mergedEdges(flow: Flow): { from: string; to: string; by: Exit['by']; label: string }[] {
  return [...flow.nodes].flatMap(([from, { exits }]) => {
    const byTarget = new Map<string, Exit[]>()
    for (const exit of exits) byTarget.set(exit.to, [...byTarget.get(exit.to) ?? [], exit])
    return [...byTarget].map(([to, ways]) => {
      // A wrong key that goes the way of silence is no key of its own: the line is silence's, with both signs.
      const telling = ways.some((exit) => exit.by === 'silence') ? ways.filter((exit) => exit.label !== '?') : ways
      const by = STRENGTH.find((one) => telling.some((exit) => exit.by === one)) ?? 'always'
      // Beside keys, that silence and faults lead there too is said by a sign; alone they need none but theirs.
      const labels = [...new Set(ways.filter((exit) => exit.by !== 'fault' || by === 'fault').map(exitName).filter((name) => name !== ''))]
      return { from, to, by, label: labels.join(' ') }
    })
  })
}

/** Orders each rank by the middle of the neighbours above, then below, and so on; keeps the order with the fewest crossings. */
function arrange(ranks: Spot[][]): void {
  let best = ranks.map((rank) => [...rank])
  const places = new Map<Spot, number>()
  const note = (rank: readonly Spot[]): void => { rank.forEach((spot, at) => places.set(spot, at)) }
  for (const rank of ranks) note(rank)
  let fewest = crossings(ranks, places)
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep += 1) {
    const downwards = sweep % 2 === 0
    for (const rank of downwards ? ranks : [...ranks].reverse()) {
      const middles = new Map(rank.map((spot, at) => [spot, middle(downwards ? spot.up : spot.down, places) ?? at]))
      rank.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0))
      note(rank)
    }
    const now = crossings(ranks, places)
    if (now >= fewest) continue
    fewest = now
    best = ranks.map((rank) => [...rank])
  }
  best.forEach((rank, at) => { ranks[at] = rank })
}

function middle(neighbours: readonly Spot[], places: ReadonlyMap<Spot, number>): number | null {
  return neighbours.length === 0 ? null : neighbours.reduce((sum, spot) => sum + (places.get(spot) ?? 0), 0) / neighbours.length
}

/** Pairs of lines from one rank to the next that cross: those whose ends below stand the other way round (counted by a tree of sums: Barth, Mutzel, Jünger). */
function crossings(ranks: readonly Spot[][], places: ReadonlyMap<Spot, number>): number {
  let count = 0
  ranks.forEach((rank, at) => {
    const ends = rank.flatMap((spot) => spot.down.flatMap((below) => (below.rank === at + 1 ? [places.get(below) ?? 0] : [])).sort((a, b) => a - b))
    const size = ranks[at + 1]?.length ?? 0
    const tree = new Int32Array(size + 1)
    ends.forEach((end, before) => {
      let notAbove = 0
      for (let slot = end + 1; slot > 0; slot -= slot & -slot) notAbove += tree[slot] ?? 0
      count += before - notAbove
      for (let slot = end + 1; slot <= size; slot += slot & -slot) tree[slot] = (tree[slot] ?? 0) + 1
    })
  })
  return count
}

/** Puts every place over the middle of its neighbours as far as those beside it let it. */
function place(ranks: readonly Spot[][]): void {
  for (const rank of ranks) {
    let x = 0
    for (const spot of rank) {
      spot.x = x + spot.width / 2
      x += spot.width + BETWEEN_NODES
    }
  }
  for (let sweep = 0; sweep < SWEEPS * 2; sweep += 1) {
    const downwards = sweep % 2 === 0
    for (const rank of downwards ? ranks : [...ranks].reverse()) {
      const wanted = rank.map((spot) => {
        const neighbours = downwards ? spot.up : spot.down
        return neighbours.length === 0 ? spot.x : neighbours.reduce((sum, { x }) => sum + x, 0) / neighbours.length
      })
      settle(rank, wanted)
    }
  }
}

/** Nearest to `wanted` in the least squares without overlap: neighbours that would overlap move as one block (pool adjacent violators). */
function settle(rank: readonly Spot[], wanted: readonly number[]): void {
  const blocks: { from: number; count: number; sum: number }[] = []
  const offsets: number[] = []
  let offset = 0
  rank.forEach((spot, at) => {
    const before = rank[at - 1]
    if (before !== undefined) offset += before.width / 2 + BETWEEN_NODES + spot.width / 2
    offsets.push(offset)
    blocks.push({ from: at, count: 1, sum: (wanted[at] ?? 0) - offset })
    for (let last = blocks.at(-1), other = blocks.at(-2); last !== undefined && other !== undefined && other.sum / other.count > last.sum / last.count; last = blocks.at(-1), other = blocks.at(-2)) {
      blocks.splice(-2, 2, { from: other.from, count: other.count + last.count, sum: other.sum + last.sum })
    }
  })
  for (const { from, count, sum } of blocks) {
    for (let at = from; at < from + count; at += 1) { const spot = rank[at]; if (spot !== undefined) spot.x = sum / count + (offsets[at] ?? 0) }
  }
}

/** Lines from the bottom of one node to the top of the next; at both ends they stand side by side in the order of where they go. */
function drawn(lines: readonly Line[], top: (rank: number) => number): Edge[] {
  const ports = new Map<string, number>()
  const spread = (end: 'down' | 'up') => {
    const byNode = new Map<Spot, { readonly line: Line; readonly number: number }[]>()
    for (const [number, line] of lines.entries()) {
      if (line.spots.length < 2) continue
      const spot = end === 'down' ? line.spots[0] : line.spots.at(-1)
      if (spot === undefined) continue
      const known = byNode.get(spot)
      if (known === undefined) byNode.set(spot, [{ line, number }])
      else known.push({ line, number })
    }
    for (const [spot, own] of byNode) {
      const next = ({ line }: { readonly line: Line }) => (end === 'down' ? line.spots[1] : line.spots.at(-2))?.x ?? 0
      const room = Math.min(spot.width - 24, (own.length - 1) * 22)
      ;[...own].sort((a, b) => next(a) - next(b)).forEach(({ number }, at) => ports.set(`${end} ${number}`, spot.x + (own.length === 1 ? 0 : room * (at / (own.length - 1) - 0.5))))
    }
  }
  spread('down')
  spread('up')
  return lines.map(({ from, to, by, label, spots, turned }, number) => {
    const [first] = spots
    if (first === undefined || spots.length < 2) {
      // To itself: a loop at its side.
      const x = (first?.x ?? 0) + (first?.width ?? 0) / 2
      const y = top(first?.rank ?? 0)
      return { from, to, by, label, points: [[x, y + 10], [x + 26, y + 10], [x + 26, y + NODE_HEIGHT - 10], [x, y + NODE_HEIGHT - 10]], labelAt: [x + 32, y + NODE_HEIGHT / 2] }
    }
    const points = spots.flatMap((spot, at): [number, number][] => {
      const y = top(spot.rank)
      if (at === 0) return [[ports.get(`down ${number}`) ?? spot.x, y + NODE_HEIGHT]]
      if (at === spots.length - 1) return [[ports.get(`up ${number}`) ?? spot.x, y]]
      return [[spot.x, y], [spot.x, y + NODE_HEIGHT]]
    })
    const way = turned ? [...points].reverse() : points
    const [a = [0, 0], b = [0, 0]] = way
    return { from, to, by, label, points: way, labelAt: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] }
  })
}
