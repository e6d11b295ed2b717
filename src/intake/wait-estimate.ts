/** Before anything was measured: what a caller of a quiet room waits at most, ms. */
const FIRST_GUESS = 30_000
/** Weight of the newest interval. */
const NEW = 0.2
/** A pause of the night says nothing of how fast callers are answered, ms. */
const LONGEST = 300_000

/** How long a caller will probably wait: his place in the queue times the usual time between two answers. */
export function makeWaitEstimate() {
  let interval = FIRST_GUESS
  let last: number | null = null
  return {
    /** A call was answered at this time, monotonic, ms: a clock that is set forth and back must not stop the count. */
    answered(at: number): void {
      if (last !== null && at > last) interval += (Math.min(at - last, LONGEST) - interval) * NEW
      last = Math.max(last ?? 0, at)
    },
    of: (position: number) => ({ position, expectedWaitSeconds: Math.round(position * interval / 1000) }),
  }
}
