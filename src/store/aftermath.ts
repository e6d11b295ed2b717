import type { Pool } from 'pg'
import { KEPT_ELSEWHERE } from './sql/dispatch.js'

/** Clocks wait for a journal no longer than this, ms: one that cannot be drained stops nothing. */
const LONGEST = 30_000
/** Within this another node that lives has said whether it keeps something, ms: it speaks every two seconds. */
const ROUND = 5_000

export interface Aftermath {
  /** PostgreSQL did not answer. */
  lost(): void
  /** Tickets on which somebody acted, and was told that it is kept, and PostgreSQL does not know it yet; `others`: another node may have some. */
  waiting(): Promise<{ readonly tickets: ReadonlySet<string>; readonly others: boolean }>
}

const NOTHING: ReadonlySet<string> = new Set()
export const NO_AFTERMATH: Aftermath = { lost: () => undefined, waiting: () => Promise.resolve({ tickets: NOTHING, others: false }) }

/**
 * PostgreSQL is back, and what people did in time meanwhile is still in journals: their limits are judged when that is written.
 * @param kept tickets of which this node's journal has acts
 */
export function makeAftermath(pool: Pool, node: string, kept: () => ReadonlySet<string>, now: () => number = () => performance.now()): Aftermath {
  let away = false
  /** When PostgreSQL was first asked again; null: nothing is waited for. */
  let since: number | null = null
  return {
    lost() { away = true },
    async waiting() {
      const tickets = kept()
      if (away) since = now()
      else if (tickets.size > 0) since ??= now()
      away = false
      if (since === null) return { tickets: NOTHING, others: false }
      const passed = now() - since
      if (passed > LONGEST) {
        if (tickets.size === 0) since = null
        return { tickets: NOTHING, others: false }
      }
      const { rows: [row] } = await pool.query<{ keeps: boolean | null; silent: boolean | null }>({ name: 'kept-elsewhere', text: KEPT_ELSEWHERE, values: [node, passed] })
      const others = row?.keeps === true || (row?.silent === true && passed < ROUND)
      if (tickets.size === 0 && !others) since = null
      return { tickets, others }
    },
  }
}
