import type { Ticket } from '../contracts/ticket.js'
import { startLoop, type Loop } from './loop.js'

/** What the clockwork needs of the database: which clocks have come to a stage is its time's business, not ours. */
export interface ClockStore {
  /** `failed`: why tickets stay behind whose stage could not be written; they hold nobody else up. */
  fireDue(): Promise<{ readonly fired: readonly Ticket[]; readonly late: readonly number[]; readonly failed: readonly unknown[]; readonly next: number | null }>
}

export interface ClockworkDeps {
  readonly store: ClockStore
  readonly onFired: (ticket: Ticket) => void
  /** How late a stage came, ms. */
  readonly onLate: (ms: number) => void
  readonly onError: (error: unknown) => void
}

/** Looks at least so often, ms: another node's act may have begun a clock that is due sooner than what this one waits for. */
const LOOK_EVERY = 250
/** Two nodes that wait for the same moment do not look in the same instant, ms. */
const LEAST = 15

/**
 * Fires every stage of every clock, once, well within a second. The wait between two looks is monotonic (`setTimeout`), what is due is decided
 * by PostgreSQL: a step of this machine's clock moves nothing. What came due while no node ran is fired by the first that starts.
 */
export const startClockwork = ({ store, onFired, onLate, onError }: ClockworkDeps): Loop => startLoop({
  every: LOOK_EVERY, afterFailure: 1_000, onError,
  async look() {
    const { fired, late, failed, next } = await store.fireDue()
    for (const error of failed) onError(error)
    for (const ms of late) onLate(ms)
    for (const ticket of fired) onFired(ticket)
    return next === null ? undefined : Math.max(LEAST, Math.min(LOOK_EVERY, next))
  },
})
