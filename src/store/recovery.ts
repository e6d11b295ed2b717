import type { Pool } from 'pg'
import { isLocked } from './blame.js'
import { inTransaction } from './pool.js'
import { MEND_TICKET_NUMBER, NO_TICKET_NOW } from './sql/ticket.js'

/** PostgreSQL may have crashed whenever it was not reached or a connection was cut, and at our own start. */
export interface Recovery {
  readonly suspect: () => void
  readonly due: () => boolean
  /** What could not be mended now, since tickets are being written, is due still. Rejects when PostgreSQL is away again: then nothing may be written before the next turn. */
  mend(): Promise<void>
}

/**
 * After a crash the sequence of ticket numbers goes on up to 32 further than it was (PostgreSQL logs it in such steps, SEQ_LOG_VALS in sequence.c),
 * and numbers that are read out would leap. It is put back to the last number that was given.
 */
export function makeRecovery(pool: Pool, logger: { info(fields: object, text: string): void }): Recovery {
  /** Reasons to suspect one; as many as that are looked into. */
  let reasons = 1
  let seen = 0
  return {
    suspect() { reasons += 1 },
    due: () => reasons > seen,
    async mend() {
      const upTo = reasons
      if (upTo === seen) return
      try {
        const leapt = await inTransaction(pool, async (client) => {
          await client.query(NO_TICKET_NOW)
          const { rows: [row] } = await client.query<{ leapt: number }>(MEND_TICKET_NUMBER)
          return row?.leapt ?? 0
        })
        seen = upTo
        if (leapt > 0) logger.info({ leapt }, 'PostgreSQL had crashed: ticket numbers go on where they were')
      } catch (error) {
        if (!isLocked(error)) throw error
      }
    },
  }
}
