import type { Logger } from 'pino'
import { inTime } from '../store/blame.js'

/** What asks PostgreSQL shares this at the end, ms: it may not answer, and a stop is given 20 s in all. What is not written yet is found undone by the next run. */
const FAREWELL = 2_000

export interface Closing {
  /** To be closed before what was opened earlier. */
  add(close: () => unknown): void
  /** … and asks PostgreSQL while it closes. */
  addAsking(close: () => Promise<void>): void
  /** Closes what is open, the last first. Never rejects: what fails is logged, and the rest goes on. */
  closeAll(): Promise<void>
}

/** The order in which everything ends. @param monotonic ms */
export function makeClosing(logger: Logger, monotonic: () => number): Closing {
  const closers: (() => unknown)[] = []
  let farewells: number | null = null
  return {
    add(close) { closers.push(close) },
    addAsking(close) {
      closers.push(() => {
        farewells ??= monotonic() + FAREWELL
        return inTime(close(), Math.max(0, farewells - monotonic()))
      })
    },
    async closeAll() {
      for (const close of closers.splice(0).reverse()) {
        try {
          await close()
        } catch (error) {
          logger.error({ err: error }, 'stopping')
        }
      }
    },
  }
}
