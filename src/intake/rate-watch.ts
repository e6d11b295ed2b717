import { callsOf, judge, nextLook, type Jump, type Tally } from './core/flow-watch.js'
import { losesEntry, type Edition } from './edition.js'
import type { EditionStore, Published } from './flow-ports.js'
import { loadInTurns } from './running-flows.js'

/** How far back the rates of an earlier edition count, ms. */
const COMPARED = 14 * 86_400_000
/** So many editions before the current one are looked at for one that took enough calls. */
const EARLIER = 5
/** Of more calls of a flow than that, the last ones tell as much. */
const MOST_TALLIED = 5_000

export interface RateWatchOptions {
  readonly store: Pick<EditionStore, 'reached' | 'tally' | 'earlier' | 'content' | 'arounds' | 'switchTo'>
  /** Calls of the new and of the old edition each, before they are compared. */
  readonly calls: number
  readonly clock: () => number
  readonly onReturned: (jump: Jump) => void
  /** They jumped, and there is no edition to go back to but one that this program cannot run, or (`flow`) one without what callers of a node enter. */
  readonly onBarred: (edition: number, flow: string | null, jump: Jump) => void
}

interface Earlier { readonly number: number; readonly before: readonly Tally[]; /** It cannot be gone back to. */ readonly barred: boolean; /** What callers enter and it does not have. */ readonly flow: string | null }

/** Watch over a new edition: when wrong keys, hang-ups or failures jump under it, the one before is switched to. */
export function makeRateWatch({ store, calls: least, clock, onReturned, onBarred }: RateWatchOptions) {
  const rule = { calls: least }
  let lookAt = least
  /** The last edition that took enough calls and can be gone back to; where there is none, the last of the others (`barred`). */
  async function earlierWithCalls(now: Published): Promise<Earlier | null> {
    let barred: Earlier | null = null
    let runs: Edition | null = null
    for (const { number, hash } of await store.earlier(EARLIER)) {
      const before = await store.tally(hash, clock() - COMPARED, MOST_TALLIED)
      if (callsOf(before) < rule.calls) continue
      // One that this program cannot run would leave callers where they are; one without the flow that they enter today, with music alone.
      const edition = await loadInTurns(await store.content(number), hash)
      if (edition.faults.length > 0) {
        barred ??= { number, before, flow: null, barred: true }
        continue
      }
      runs ??= await loadInTurns(await store.content(now.number), now.hash)
      const flow = losesEntry(edition, runs, await store.arounds())
      if (flow === null) return { number, before, flow, barred: false }
      barred ??= { number, before, flow, barred: true }
    }
    return barred
  }
  return {
    /** Another edition runs: it is judged anew. */
    restart(): void { lookAt = least },
    /** Compares the current edition with one before it. → whether it was switched away from */
    async look(now: Published): Promise<boolean> {
      // No call of an earlier edition is that young any more.
      if (clock() - now.at > COMPARED || !await store.reached(now.hash, now.at, lookAt)) return false
      const tally = await store.tally(now.hash, now.at, MOST_TALLIED)
      // Not of all of them the end is known.
      const calls = callsOf(tally)
      if (calls < Math.min(lookAt, MOST_TALLIED / 2)) return false
      const one = await earlierWithCalls(now)
      // Also where there is none: each look reads thousands of calls, and PostgreSQL has others to serve.
      lookAt = nextLook(Math.max(calls, lookAt), rule)
      const jump = one === null ? null : judge(one.before, tally, rule)
      if (one === null || jump === null) return false
      if (one.barred) {
        onBarred(one.number, one.flow, jump)
        return false
      }
      const switched = await store.switchTo({ number: one.number, by: { id: null, name: 'automatic' }, reason: 'automatic', details: { from: now.number, ...jump }, after: now.switch })
      if (switched) onReturned(jump)
      return true
    },
  }
}
