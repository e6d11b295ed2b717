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

/** A place with so many lines through it is as bad as one with more. */
const CROWDED = 40
/** A straight stretch so high passes a dozen ranks: labels need not keep clear of it, they could not. */
const TALL = 1_300
/** Lines and labels are found by the cells of this size that they run through. */
const [CELL_WIDE, CELL_HIGH] = [256, 32]

/** Each label where the fewest other lines and labels run through it; of several such places the first. @param span how wide a text is */
export function placeLabels(edges: readonly Edge[], span: (text: string) => number): Edge[] {
  const lines = indexOf(edges)
  const taken = new Cells<Box>()
  return edges.map((edge, own) => {
    // A loop has its label at its side, where nothing else is.
    if (edge.label === '' || edge.from === edge.to) return edge
    const wide = span(edge.label) / 2 + BESIDE
    let best: { readonly box: Box; readonly hits: number } | undefined
    for (const [x, y] of candidates(edge.points)) {
      const box: Box = { x, y, wide, high: HALF }
      const least = best?.hits ?? CROWDED
      const labels = new Set<Box>()
      taken.near(box, (one) => { if (overlap(one, box)) labels.add(one); return true })
      const crossed = new Set<number>()
      lines.near(box, ({ line, from, to }) => {
        if (line !== own && !crossed.has(line) && cuts(from, to, box)) crossed.add(line)
        return crossed.size + 2 * labels.size < least
      })
      const hits = crossed.size + 2 * labels.size
      if (best === undefined || hits < best.hits) best = { box, hits }
      if (hits === 0) break
    }
    if (best === undefined) return edge
    taken.add(best.box, best.box)
    return { ...edge, labelAt: [best.box.x, best.box.y + BASELINE] }
  })
}

interface Stretch { readonly line: number; readonly from: Point; readonly to: Point }

/** Every straight stretch of every line, by the cells that it runs through. */
function indexOf(edges: readonly Edge[]): Cells<Stretch> {
  const cells = new Cells<Stretch>()
  edges.forEach(({ points }, line) => {
    points.forEach((to, at) => {
      const from = points[at - 1]
      if (from === undefined || Math.abs(to[1] - from[1]) > TALL) return
      const stretch = { line, from, to }
      const [upper, lower] = from[1] <= to[1] ? [from, to] : [to, from]
      const slope = upper[1] === lower[1] ? 0 : (lower[0] - upper[0]) / (lower[1] - upper[1])
      const last = rowOf(lower[1])
      for (let row = rowOf(upper[1]); row <= last; row += 1) {
        // What of it is in this row.
        const [top, bottom] = [Math.max(upper[1], row * CELL_HIGH), Math.min(lower[1], (row + 1) * CELL_HIGH)]
        const [a, b] = slope === 0 ? [upper[0], lower[0]] : [upper[0] + (top - upper[1]) * slope, upper[0] + (bottom - upper[1]) * slope]
        cells.addRow(row, Math.min(a, b) - 1, Math.max(a, b) + 1, stretch)
      }
    })
  })
  return cells
}

/** More columns than any drawing has. */
const ROW = 2 ** 24
const rowOf = (y: number): number => Math.floor(y / CELL_HIGH)

/** Things by the cells they lie in: what is near a box is found without a look at all the rest. */
class Cells<T> {
  readonly #cells = new Map<number, T[]>()
  addRow(row: number, left: number, right: number, thing: T): void {
    for (let column = Math.floor(left / CELL_WIDE); column <= Math.floor(right / CELL_WIDE); column += 1) {
      const cell = this.#cells.get(row * ROW + column)
      if (cell === undefined) this.#cells.set(row * ROW + column, [thing])
      else cell.push(thing)
    }
  }
  add({ x, y, wide, high }: Box, thing: T): void {
    for (let row = rowOf(y - high); row <= rowOf(y + high); row += 1) this.addRow(row, x - wide, x + wide, thing)
  }
  /** May tell a thing more than once; until `tell` has enough. */
  near({ x, y, wide, high }: Box, tell: (thing: T) => boolean): void {
    for (let row = rowOf(y - high); row <= rowOf(y + high); row += 1) {
      for (let column = Math.floor((x - wide) / CELL_WIDE); column <= Math.floor((x + wide) / CELL_WIDE); column += 1) {
        for (const thing of this.#cells.get(row * ROW + column) ?? []) if (!tell(thing)) return
      }
    }
  }
}

/** Along the first bend, then along the next one, which it goes down beside a rank. */
function candidates(points: readonly Point[]): Point[] {
  return points.slice(0, 2).flatMap((a, at) => {
    const b = points[at + 1]
    return b === undefined ? [] : PLACES.map((share): Point => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share])
  })
}

const overlap = (a: Box, b: Box): boolean => Math.abs(a.x - b.x) < a.wide + b.wide && Math.abs(a.y - b.y) < a.high + b.high

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
