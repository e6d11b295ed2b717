import type { TrendPoint } from '../contracts/ws.js'

/** ms. */
const SPAN = 30 * 60_000
/** Points closer together than this become one, ms. */
const STEP = 5_000

/** How long somebody waited; `to` null: he still does. */
export interface Wait { readonly from: number; readonly to: number | null }

export interface Trend {
  note(waiting: number): void
  /** What was before anything was noted here, as the database knows it: a restart forgets nobody. */
  fill(waits: readonly Wait[]): void
  points(): readonly TrendPoint[]
}

/** Who waited over the last half hour, so that a desk which opens or reloads has it too. At most one point in `STEP`; each holds until the next. */
export function makeTrend(clock: () => number): Trend {
  let kept: TrendPoint[] = []
  function forget(now: number): void {
    // The last one before the span still holds at its beginning.
    const first = kept.findLastIndex(({ at }) => at <= now - SPAN)
    if (first > 0) kept = kept.slice(first)
  }
  return {
    note(waiting) {
      const now = clock()
      add(kept, now, waiting)
      forget(now)
    },
    fill(waits) {
      const now = clock()
      const [begin, end] = [now - SPAN, kept[0]?.at ?? now]
      const steps = waits.filter(({ to }) => to === null || to > begin).flatMap(({ from, to }) => [{ at: Math.max(begin, from), by: 1 }, ...(to === null ? [] : [{ at: to, by: -1 }])])
      const past: TrendPoint[] = [{ at: begin, waiting: 0 }]
      let waiting = 0
      for (const { at, by } of steps.filter((step) => step.at < end).sort((a, b) => a.at - b.at)) add(past, at, waiting += by)
      kept = [...past, ...kept]
      forget(now)
    },
    points() {
      forget(clock())
      return kept
    },
  }
}

/** None while nothing changes; a busy moment is one point: how it stands at its end. */
function add(points: TrendPoint[], at: number, waiting: number): void {
  const last = points.at(-1)
  if (last?.waiting === waiting) return
  if (last !== undefined && at - last.at < STEP) points[points.length - 1] = { at: last.at, waiting }
  else points.push({ at, waiting })
}
