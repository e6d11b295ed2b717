/** A graph of numbered points, each with its arrows. */
export interface Arrow { readonly to: number; readonly weight: number }
export type Net = readonly (readonly Arrow[])[]

export interface Ordered {
  /** Points so that every arrow but the closing ones leads forward, those of one knot together. */
  readonly order: readonly number[]
  /** Arrows that lead back to where the walk has been, as `arrowId`: taking one is going round again. */
  readonly closing: ReadonlySet<string>
  /** Those of them that a walk can come to without having been where they lead: their circle can be entered in the middle. */
  readonly loose: ReadonlySet<string>
  /** Points that lead to one another by loose arrows and others that do not close. */
  readonly knots: readonly (readonly number[])[]
  /** The knot of each point, or −1. */
  readonly knotOf: Int32Array
  /** No knot is so large that its longest way can only be bounded. */
  readonly exact: boolean
}

/** Names the way out `index` of node `from`. */
export const arrowId = (from: number, index: number): string => `${from}:${index}`

/**
 * Orders what `start` leads to by depth-first search with an explicit stack. An arrow closes a circle when it leads to a point on the trail.
 * If that point lies on every way to the arrow (dominates it), whoever takes it has been there before, whatever way he came.
 */
export function orderNet(net: Net, start = 0): Ordered {
  const state = new Uint8Array(net.length)
  const back: { from: number; index: number; to: number }[] = []
  const finished: number[] = []
  const trail: { point: number; next: number }[] = []
  const open = (point: number): void => {
    state[point] = 1
    trail.push({ point, next: 0 })
  }
  if (net.length > 0) open(start)
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
  const walked = finished.reverse()
  const dominates = back.length === 0 ? () => true : dominators(net, walked)
  const loose = back.filter(({ from, to }) => !dominates(to, from))
  const idsOf = (arrows: typeof back): ReadonlySet<string> => new Set(arrows.map(({ from, index }) => arrowId(from, index)))
  const ids = { closing: idsOf(back), loose: idsOf(loose) }
  const { order, groupOf } = loose.length === 0 ? { order: walked, groupOf: new Int32Array(net.length) } : grouped(net, walked, ids)
  const groups = [...new Set(loose.map(({ from }) => groupOf[from]))]
  const knots = groups.map((group) => order.filter((point) => groupOf[point] === group))
  const knotOf = new Int32Array(net.length).fill(-1)
  for (const [knot, points] of knots.entries()) for (const point of points) knotOf[point] = knot
  return { order, ...ids, knots, knotOf, exact: knots.every(({ length }) => length <= SMALL) }
}

/** Up to so many points of a knot, every order in which they can be visited is looked at. */
const SMALL = 12

/** Points that lead to one another side by side, groups in the order in which they lead on (Kosaraju: a group's first in `walked` was finished last of all that it leads to). */
function grouped(net: Net, walked: readonly number[], { closing, loose }: Pick<Ordered, 'closing' | 'loose'>): { order: readonly number[]; groupOf: Int32Array } {
  const before: number[][] = net.map(() => [])
  net.forEach((arrows, from) => arrows.forEach(({ to }, index) => { if (!closing.has(arrowId(from, index)) || loose.has(arrowId(from, index))) before[to]?.push(from) }))
  const groupOf = new Int32Array(net.length).fill(-1)
  const groups: number[][] = []
  for (const first of walked) {
    if (groupOf[first] !== -1) continue
    const ahead = [first]
    groupOf[first] = groups.length
    for (let point = ahead.pop(); point !== undefined; point = ahead.pop()) {
      for (const from of before[point] ?? []) if (groupOf[from] === -1) { groupOf[from] = groups.length; ahead.push(from) }
    }
    groups.push([])
  }
  for (const point of walked) groups[groupOf[point] ?? 0]?.push(point)
  return { order: groups.flat(), groupOf }
}

/** Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm". */
function dominators(net: Net, order: readonly number[]): (a: number, b: number) => boolean {
  const root = order[0] ?? 0
  const rank = new Int32Array(net.length)
  order.forEach((point, index) => { rank[point] = index })
  const before: number[][] = net.map(() => [])
  net.forEach((arrows, from) => { for (const { to } of arrows) before[to]?.push(from) })
  const immediate = new Int32Array(net.length).fill(-1)
  immediate[root] = root
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      while ((rank[a] ?? 0) > (rank[b] ?? 0)) a = immediate[a] ?? root
      while ((rank[b] ?? 0) > (rank[a] ?? 0)) b = immediate[b] ?? root
    }
    return a
  }
  for (let changed = true; changed;) {
    changed = false
    for (const point of order) {
      if (point === root) continue
      let dominator = -1
      for (const one of before[point] ?? []) if (immediate[one] !== -1) dominator = dominator === -1 ? one : meet(one, dominator)
      if (dominator !== -1 && immediate[point] !== dominator) {
        immediate[point] = dominator
        changed = true
      }
    }
  }
  return (a, b) => {
    for (let at = b; ; at = immediate[at] ?? root) {
      if (at === a) return true
      if (at === root) return false
    }
  }
}

export interface Longest {
  /** Greatest sum of weights to each point, or more; −Infinity where `from` does not lead. */
  readonly distance: readonly number[]
  /** The same for the longest way that was found: equal where the net is exact. */
  readonly found: readonly number[]
  /** Arrows of the way that was found. */
  wayTo(point: number): readonly { readonly from: number; readonly index: number }[]
}

interface Step { readonly from: number; readonly index: number; readonly before: Step | null }

/**
 * Greatest sum of weights from `from` to every point by ways that come to nothing twice. Outside of knots a closing arrow is on no such way, so one pass
 * is exact; through a small knot every such way is looked at; through a large one each point adds its largest weight at most once, which bounds them all.
 */
export function longestFrom(net: Net, { order, closing, loose, knots, knotOf }: Ordered, from: number): Longest {
  const distance = net.map((_, point) => (point === from ? 0 : -Infinity))
  const found = [...distance]
  const ways: (Step | null)[] = net.map(() => null)
  let within = -1
  for (const point of order) {
    const knot = knotOf[point] ?? -1
    if (knot >= 0 && knot !== within) {
      const points = knots[knot] ?? []
      if (points.length <= SMALL) throughSmall(points)
      else throughLarge(points, knot)
    }
    within = knot
    if (distance[point] === -Infinity) continue
    for (const [index, { to }] of (net[point] ?? []).entries()) {
      if ((knot >= 0 && knotOf[to] === knot) || closing.has(arrowId(point, index))) continue
      goOn(point, index)
      distance[to] = Math.max(distance[to] ?? -Infinity, (distance[point] ?? 0) + (net[point]?.[index]?.weight ?? 0))
    }
  }

  function goOn(point: number, index: number): void {
    const arrow = net[point]?.[index]
    const reached = (found[point] ?? -Infinity) + (arrow?.weight ?? 0)
    if (arrow === undefined || reached <= (found[arrow.to] ?? -Infinity)) return
    found[arrow.to] = reached
    ways[arrow.to] = { from: point, index, before: ways[point] ?? null }
  }

  /** Longest way to each point of a knot by the set of points that it has come to (Held, Karp). */
  function throughSmall(points: readonly number[]): void {
    const count = points.length
    const place = new Map(points.map((point, index) => [point, index]))
    const longest = new Float64Array(count << count).fill(-Infinity)
    const cameFrom = new Int32Array(count << count).fill(-1)
    const cameBy = new Int32Array(count << count)
    points.forEach((point, index) => { longest[(1 << index) * count + index] = distance[point] ?? -Infinity })
    const best = points.map((_, index) => (1 << index) * count + index)
    for (let set = 1; set < 1 << count; set += 1) {
      for (let index = 0; index < count; index += 1) {
        const here = longest[set * count + index] ?? -Infinity
        if (here === -Infinity) continue
        if (here > (longest[best[index] ?? 0] ?? -Infinity)) best[index] = set * count + index
        for (const [by, { to, weight }] of (net[points[index] ?? 0] ?? []).entries()) {
          const next = place.get(to)
          if (next === undefined || (set & (1 << next)) !== 0 || (closing.has(arrowId(points[index] ?? 0, by)) && !loose.has(arrowId(points[index] ?? 0, by)))) continue
          const state = (set | (1 << next)) * count + next
          if (here + weight <= (longest[state] ?? -Infinity)) continue
          longest[state] = here + weight
          cameFrom[state] = set * count + index
          cameBy[state] = by
        }
      }
    }
    const entered = points.map((point) => ({ above: distance[point] ?? -Infinity, below: found[point] ?? -Infinity, way: ways[point] ?? null }))
    for (const [index, point] of points.entries()) {
      const last = best[index] ?? 0
      if (longest[last] === -Infinity) continue
      const states: number[] = []
      let first = last
      for (; cameFrom[first] !== -1; first = cameFrom[first] ?? 0) states.push(first)
      const entry = entered[first % count]
      if (entry === undefined) continue
      distance[point] = longest[last] ?? 0
      // Where the way here is only bounded, so much less was found.
      found[point] = (distance[point] ?? 0) - entry.above + entry.below
      ways[point] = states.reverse().reduce<Step | null>((before, state) => ({ from: points[(cameFrom[state] ?? 0) % count] ?? 0, index: cameBy[state] ?? 0, before }), entry.way)
    }
  }

  function throughLarge(points: readonly number[], knot: number): void {
    const most = points.map((point) => (net[point] ?? []).reduce((top, { to, weight }) => (knotOf[to] === knot ? Math.max(top, weight) : top), 0))
    const all = most.reduce((sum, weight) => sum + weight, 0)
    const entered = points.reduce((top, point) => Math.max(top, distance[point] ?? -Infinity), -Infinity)
    for (const [index, point] of points.entries()) {
      distance[point] = entered + all - (most[index] ?? 0)
      for (const [by, { to }] of (net[point] ?? []).entries()) if (knotOf[to] === knot && !closing.has(arrowId(point, by))) goOn(point, by)
    }
  }

  return {
    distance, found,
    wayTo(point) {
      const steps: { from: number; index: number }[] = []
      for (let step = ways[point] ?? null; step !== null; step = step.before) steps.push({ from: step.from, index: step.index })
      return steps.reverse()
    },
  }
}
