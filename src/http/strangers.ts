import { makeRecent } from '../time/recent.js'

interface Count { readonly since: number; asked: number }

/** Requests of which only the answer tells whether somebody we know sent them. */
export interface Strangers {
  /** One came; a stranger's, until it is said otherwise. → ms until this address is heard again, 0: it is heard now */
  came(request: object, address: string): number
  /** It was not a stranger's. */
  known(request: object): void
}

/** Addresses that are counted at a time. */
const MOST_ADDRESSES = 20_000

/** Strangers are heard so often within so long from one address, ms; who is known, as often as he likes. @param clock monotonic, ms */
export function makeStrangers(most: number, within: number, clock: () => number = () => performance.now()): Strangers {
  const counts = makeRecent<Count>(within, MOST_ADDRESSES)
  const countOf = new WeakMap<object, Count>()
  return {
    came(request, address) {
      const now = clock()
      const found = counts.get(address, now)
      const count = found ?? { since: now, asked: 0 }
      if (found === undefined) counts.put(address, count)
      if (count.asked >= most) return count.since + within - now
      count.asked += 1
      countOf.set(request, count)
      return 0
    },
    known(request) {
      const count = countOf.get(request)
      if (count === undefined) return
      count.asked -= 1
      countOf.delete(request)
    },
  }
}
