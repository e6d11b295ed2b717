import { randomUUID } from 'node:crypto'
import { Logger, run, runMigrations, type Runner } from 'graphile-worker'
import type { Pool } from 'pg'
import { FORGET_SESSIONS, MARK_ATTENTION } from './sql/ticket.js'

export interface JobsDeps {
  readonly pool: Pool
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void }
}

const quiet = (logger: JobsDeps['logger']): Logger =>
  new Logger(() => (level: string, message) => { if (level === 'error') logger.error({}, message); else if (level === 'warning') logger.warn({}, message) })

/** graphile-worker's own schema, before anything adds a job. */
export async function migrateJobs(pool: Pool, logger: JobsDeps['logger']): Promise<void> {
  await runMigrations({ pgPool: pool, logger: quiet(logger) })
}

/** Runs jobs. The runner ends when PostgreSQL goes; it is started again until `close`. */
export function startJobs({ pool, logger }: JobsDeps): { close(): Promise<void> } {
  let runner: Runner | null = null
  let closed = false
  let retry: NodeJS.Timeout | null = null

  async function start(): Promise<void> {
    retry = null
    try {
      const mine = await run({
        pgPool: pool, concurrency: 2, pollInterval: 2_000, noHandleSignals: true, logger: quiet(logger),
        // Every night; a night that was missed is made up for.
        crontab: '23 3 * * * sessions_forget ?fill=1d',
        taskList: {
          'sessions_forget': async (_payload, helpers) => { await helpers.query(FORGET_SESSIONS) },
          'ticket.follow-up': async (payload, helpers) => { await helpers.query(MARK_ATTENTION, [(payload as { ticketId: string }).ticketId, randomUUID()]) },
        },
      })
      if (closed) return await mine.stop()
      runner = mine
      await mine.promise
    } catch (error) {
      if (!closed) logger.warn({ err: error }, 'jobs stopped')
    }
    runner = null
    if (!closed) retry = setTimeout(() => void start(), 1_000)
  }

  void start()
  return {
    async close() {
      closed = true
      if (retry !== null) clearTimeout(retry)
      await runner?.stop().catch(() => undefined)
    },
  }
}
