import { makeRecent } from '../time/recent.js'

/** So many that are tried at a time, and so many that were tried to the full. */
const MOST_KEPT = 20_000

export interface Guesses {
  /** How long nobody tries this any more, ms; 0: he may. */
  wait(what: string, now: number): number
  wrong(what: string, now: number): void
  /** The last one was none. */
  right(what: string): void
}

interface Tries { readonly since: number; readonly count: number }

/**
 * Who tries one after the other. What was tried to the full is kept by itself: whoever tries twenty thousand others does not wash it out.
 * @param most wrong tries of one thing `within` so long, ms, whatever addresses they come from; what is not there is counted alike
 */
export function makeGuesses({ most, within, kept = MOST_KEPT }: { readonly most: number; readonly within: number; readonly kept?: number }): Guesses {
  /** In the order of the last try. */
  const trying = makeRecent<Tries>(within, kept)
  /** In the order in which they began to wait. */
  const full = makeRecent<Tries>(within, kept)
  return {
    wait(what, now) { const one = full.get(what, now); return one === undefined ? 0 : one.since + within - now },
    wrong(what, now) {
      const { since, count } = trying.get(what, now) ?? { since: now, count: 0 }
      const tries = { since, count: count + 1 }
      if (tries.count < most) return trying.put(what, tries)
      trying.delete(what)
      full.put(what, tries)
    },
    right(what) {
      const one = full.get(what) ?? trying.get(what)
      full.delete(what)
      trying.delete(what)
      if (one !== undefined && one.count > 1) trying.put(what, { ...one, count: one.count - 1 })
    },
  }
}
