import type { Ticket } from '../contracts/ticket.js'

/** What the clockwork needs of the database: which clocks have come to a stage is its time's business, not ours. */
export interface ClockStore {
  fireDue(): Promise<{ readonly fired: readonly Ticket[]; readonly late: readonly number[]; readonly next: number | null }>
}

export interface ClockworkDeps {
  readonly store: ClockStore
  readonly onFired: (ticket: Ticket) => void
  /** How late a stage came, ms. */
  readonly onLate: (ms: number) => void
  readonly onError: (error: unknown) => void
}

/** Looks at least so often, ms: another node's act may have begun a clock that is due sooner than what this one waits for. */
const LOOK_EVERY = 400
/** Two nodes that wait for the same moment do not look in the same instant, ms. */
const LEAST = 15
const AFTER_FAILURE = 1_000

/**
 * Fires every stage of every clock, once, well within a second. The wait between two looks is monotonic (`setTimeout`), what is due is decided
 * by PostgreSQL: a step of this machine's clock moves nothing. What came due while no node ran is fired by the first that starts.
 */
export function startClockwork({ store, onFired, onLate, onError }: ClockworkDeps): { close(): Promise<void> } {
  let closed = false
  let timer: NodeJS.Timeout | null = null
  let looking: Promise<void> = Promise.resolve()

  async function look(): Promise<void> {
    let wait = LOOK_EVERY
    try {
      const { fired, late, next } = await store.fireDue()
      for (const ms of late) onLate(ms)
      for (const ticket of fired) onFired(ticket)
      if (next !== null) wait = Math.max(LEAST, Math.min(LOOK_EVERY, next))
    } catch (error) {
      wait = AFTER_FAILURE
      if (!closed) onError(error)
    }
    if (!closed) timer = setTimeout(begin, wait)
  }
  function begin(): void { looking = look() }

  begin()
  return {
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      await looking
    },
  }
}
