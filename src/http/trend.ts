import type { TrendPoint } from '../contracts/ws.js'

/** ms. */
const SPAN = 30 * 60_000
/** Points closer together than this become one, ms. */
const STEP = 5_000

/** Who waited over the last half hour, so that a desk which opens or reloads has it too. At most one point in `STEP`; each holds until the next. */
export function makeTrend(clock: () => number): { note(waiting: number): void; points(): readonly TrendPoint[] } {
  let kept: TrendPoint[] = []
  function forget(now: number): void {
    // The last one before the span still holds at its beginning.
    const first = kept.findLastIndex(({ at }) => at <= now - SPAN)
    if (first > 0) kept = kept.slice(first)
  }
  return {
    note(waiting) {
      const now = clock()
      const last = kept.at(-1)
      if (last?.waiting === waiting) return
      if (last !== undefined && now - last.at < STEP) kept[kept.length - 1] = { at: last.at, waiting }
      else kept.push({ at: now, waiting })
      forget(now)
    },
    points() {
      forget(clock())
      return kept
    },
  }
}
