import type { Pool } from 'pg'
import type { Rules } from '../dispatch/core/rules.js'
import { blame, isDeadlock } from './blame.js'
import { inTransaction } from './pool.js'
import { makePen, MOVED_ON, NOT_ALONE, type Pen } from './ticket-pen.js'

/** So often in all: who lost to somebody else wins, sooner or later. */
const TRIES = 4

/** Runs `work` in one transaction and queues, last of all, what counties must hear: so no lock is taken behind that of a line. Where others had the same tickets in hand, in another order, it runs again: nothing of it stayed. */
export async function withPen<T>(pool: Pool, rules: () => Rules, work: (pen: Pen) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await inTransaction(pool, async (client) => {
        const { pen, finish } = makePen(client, rules())
        const result = await work(pen)
        await finish()
        return result
      })
    } catch (error) {
      if (tries === TRIES || (error !== MOVED_ON && !isDeadlock(error))) throw error
    }
  }
}

/**
 * Runs `work` without a transaction around it, where it writes one ticket and nothing else: it is read, and written in one statement if its row is the one that was read. That is
 * two questions instead of four, and no lock is held while the rules are asked. → null: nothing was written, it takes a transaction
 */
export async function withoutLocks<T>(pool: Pool, rules: Rules, work: (pen: Pen) => Promise<T>): Promise<T | null> {
  const client = await pool.connect()
  let fit = false
  try {
    const result = await work(makePen(client, rules, true).pen)
    fit = true
    return result
  } catch (error) {
    const busy = error === NOT_ALONE || isDeadlock(error)
    fit = busy || blame(error) === 'facts'
    if (busy) return null
    throw error
  } finally {
    client.release(!fit)
  }
}
