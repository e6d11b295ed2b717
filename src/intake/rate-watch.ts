import { judge, nextLook, type Jump } from './core/flow-watch.js'
import type { EditionStore, Published } from './flow-ports.js'

/** How far back the rates of an earlier edition count, ms. */
const COMPARED = 14 * 86_400_000
/** So many editions before the current one are looked at for one that took enough calls. */
const EARLIER = 5

export interface RateWatchOptions {
  readonly store: Pick<EditionStore, 'tally' | 'earlier' | 'switchTo'>
  /** Calls of the new and of the old edition each, before they are compared. */
  readonly calls: number
  readonly clock: () => number
  readonly onReturned: (jump: Jump) => void
}

/** Watch over a new edition: when wrong keys or hang-ups jump under it, the one before is switched to. */
export function makeRateWatch({ store, calls, clock, onReturned }: RateWatchOptions) {
  const rule = { calls }
  let lookAt = calls
  return {
    /** Another edition runs: it is judged anew. */
    restart(): void { lookAt = calls },
    /** Compares the current edition with one before it. → whether it was switched away from */
    async look(now: Published): Promise<boolean> {
      const tally = await store.tally(now.hash, now.at)
      if (tally.calls < lookAt) return false
      for (const earlier of await store.earlier(EARLIER)) {
        const before = await store.tally(earlier.hash, clock() - COMPARED)
        if (before.calls < rule.calls) continue
        lookAt = nextLook(tally.calls, rule)
        const jump = judge(before, tally, rule)
        if (jump === null) return false
        const switched = await store.switchTo({ number: earlier.number, by: { id: null, name: 'automatic' }, reason: 'automatic', details: { from: now.number, ...jump }, after: now.switch })
        if (switched) onReturned(jump)
        return true
      }
      return false
    },
  }
}
