import type { FlowDrawing } from '../../contracts/flow-drawing.js'

type Edge = FlowDrawing['edges'][number]
type Point = readonly [number, number]
interface Box { readonly x: number; readonly y: number; readonly wide: number; readonly high: number }

/** Half the height of a label, and room beside it. */
const [HALF, BESIDE] = [8, 3]
/** Where along a line its label may stand, best first: where lines of one node have parted, then nearer, then farther. */
const PLACES = [0.62, 0.5, 0.72, 0.4, 0.82, 0.3]
/** A label's baseline lies so much below its middle. */
const BASELINE = 4

/** Each label where the fewest other lines and labels run through it; of several such places the first. @param span how wide a text is */
export function placeLabels(edges: readonly Edge[], span: (text: string) => number): Edge[] {
  const taken: Box[] = []
  return edges.map((edge) => {
    // A loop has its label at its side, where nothing else is.
    if (edge.label === '' || edge.from === edge.to) return edge
    const others = edges.filter((other) => other !== edge)
    const wide = span(edge.label) / 2 + BESIDE
    let best: { readonly box: Box; readonly hits: number } | undefined
    for (const [x, y] of candidates(edge.points)) {
      const box: Box = { x, y, wide, high: HALF }
      const hits = others.reduce((sum, other) => sum + (crosses(other.points, box) ? 1 : 0), 0) + 2 * taken.filter((one) => overlap(one, box)).length
      if (best === undefined || hits < best.hits) best = { box, hits }
      if (hits === 0) break
    }
    if (best === undefined) return edge
    taken.push(best.box)
    return { ...edge, labelAt: [best.box.x, best.box.y + BASELINE] }
  })
}

/** Along the first bend, then along the next one, which it goes down beside a rank. */
function candidates(points: readonly Point[]): Point[] {
  return points.slice(0, 2).flatMap((a, at) => {
    const b = points[at + 1]
    return b === undefined ? [] : PLACES.map((share): Point => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share])
  })
}

const overlap = (a: Box, b: Box): boolean => Math.abs(a.x - b.x) < a.wide + b.wide && Math.abs(a.y - b.y) < a.high + b.high

const crosses = (points: readonly Point[], box: Box): boolean => points.some((b, at) => { const a = points[at - 1]; return a !== undefined && cuts(a, b, box) })

/** Whether a straight line runs through a box (Liang and Barsky). */
function cuts([ax, ay]: Point, [bx, by]: Point, { x, y, wide, high }: Box): boolean {
  let [from, to] = [0, 1]
  for (const [start, step, least, most] of [[ax, bx - ax, x - wide, x + wide], [ay, by - ay, y - high, y + high]] as const) {
    if (step === 0) {
      if (start < least || start > most) return false
      continue
    }
    const ends = [(least - start) / step, (most - start) / step]
    from = Math.max(from, Math.min(...ends))
    to = Math.min(to, Math.max(...ends))
  }
  return from <= to
}
