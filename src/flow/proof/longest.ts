/** A graph of numbered points, each with its arrows; point 0 is the start and everything is reachable from it. */
export interface Arrow { readonly to: number; readonly weight: number }
export type Net = readonly (readonly Arrow[])[]

export interface Ordered {
  /** Points so that every arrow but the closing ones leads forward. */
  readonly order: readonly number[]
  /** Arrows that lead back to where the walk has been, as `arrowId`: taking one is going round again. */
  readonly closing: ReadonlySet<string>
  /** Those of them that a walk can come to without having been where they lead: their circle can be entered in the middle. */
  readonly loose: readonly { readonly from: number; readonly index: number }[]
}

/** Names the way out `index` of node `from`. */
export const arrowId = (from: number, index: number): string => `${from}:${index}`

/**
 * Orders the net by depth-first search with an explicit stack. An arrow closes a circle when it leads to a point on the trail.
 * If that point lies on every way to the arrow (dominates it), whoever takes it has been there before, whatever way he came.
 */
export function orderNet(net: Net): Ordered {
  const state = new Uint8Array(net.length)
  const back: { from: number; index: number; to: number }[] = []
  const finished: number[] = []
  const trail: { point: number; next: number }[] = []
  const open = (point: number): void => {
    state[point] = 1
    trail.push({ point, next: 0 })
  }
  if (net.length > 0) open(0)
  for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
    const arrow = net[top.point]?.[top.next]
    const index = top.next
    top.next += 1
    if (arrow === undefined) {
      state[top.point] = 2
      finished.push(top.point)
      trail.pop()
    } else if (state[arrow.to] === 0) open(arrow.to)
    else if (state[arrow.to] === 1) back.push({ from: top.point, index, to: arrow.to })
  }
  const order = finished.reverse()
  const dominates = back.length === 0 ? () => true : dominators(net, order)
  return { order, closing: new Set(back.map(({ from, index }) => arrowId(from, index))), loose: back.filter(({ from, to }) => !dominates(to, from)) }
}

/** Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm". */
function dominators(net: Net, order: readonly number[]): (a: number, b: number) => boolean {
  const rank = new Int32Array(net.length)
  order.forEach((point, index) => { rank[point] = index })
  const before: number[][] = net.map(() => [])
  net.forEach((arrows, from) => { for (const { to } of arrows) before[to]?.push(from) })
  const immediate = new Int32Array(net.length).fill(-1)
  immediate[0] = 0
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      while ((rank[a] ?? 0) > (rank[b] ?? 0)) a = immediate[a] ?? 0
      while ((rank[b] ?? 0) > (rank[a] ?? 0)) b = immediate[b] ?? 0
    }
    return a
  }
  for (let changed = true; changed;) {
    changed = false
    for (const point of order) {
      if (point === 0) continue
      let dominator = -1
      for (const one of before[point] ?? []) if (immediate[one] !== -1) dominator = dominator === -1 ? one : meet(one, dominator)
      if (dominator !== -1 && immediate[point] !== dominator) {
        immediate[point] = dominator
        changed = true
      }
    }
  }
  return (a, b) => {
    for (let at = b; ; at = immediate[at] ?? 0) {
      if (at === a) return true
      if (at === 0) return false
    }
  }
}

export interface Longest {
  /** Greatest sum of weights to each point; −Infinity where `from` does not lead. */
  readonly distance: readonly number[]
  /** Arrows of the way that attains it. */
  wayTo(point: number): readonly { readonly from: number; readonly index: number }[]
}

interface Step { readonly from: number; readonly index: number; readonly before: Step | null }

/**
 * Greatest sum of weights from `from` to every point without going round in circles. A loose arrow is on a way that visits nothing twice
 * at most once, so ways with up to as many of them as there are bound all those from above; without loose arrows the sum is exact.
 */
export function longestFrom(net: Net, { order, closing, loose }: Ordered, from: number): Longest {
  const best = net.map(() => -Infinity)
  const bestWays: (Step | null)[] = net.map(() => null)
  let distance = net.map((_, point) => (point === from ? 0 : -Infinity))
  let ways: (Step | null)[] = net.map(() => null)
  for (let round = 0; round <= loose.length; round += 1) {
    for (const point of order) {
      const here = distance[point] ?? -Infinity
      if (here === -Infinity) continue
      if (here > (best[point] ?? -Infinity)) {
        best[point] = here
        bestWays[point] = ways[point] ?? null
      }
      for (const [index, { to, weight }] of (net[point] ?? []).entries()) {
        if (here + weight <= (distance[to] ?? -Infinity) || closing.has(arrowId(point, index))) continue
        distance[to] = here + weight
        ways[to] = { from: point, index, before: ways[point] ?? null }
      }
    }
    const next = net.map(() => -Infinity)
    const nextWays: (Step | null)[] = net.map(() => null)
    for (const { from: point, index } of loose) {
      const arrow = net[point]?.[index]
      const reached = (distance[point] ?? -Infinity) + (arrow?.weight ?? 0)
      if (arrow === undefined || reached <= (next[arrow.to] ?? -Infinity)) continue
      next[arrow.to] = reached
      nextWays[arrow.to] = { from: point, index, before: ways[point] ?? null }
    }
    distance = next
    ways = nextWays
  }
  return {
    distance: best,
    wayTo(point) {
      const steps: { from: number; index: number }[] = []
      for (let step = bestWays[point] ?? null; step !== null; step = step.before) steps.push({ from: step.from, index: step.index })
      return steps.reverse()
    },
  }
}
