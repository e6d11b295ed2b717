import { randomUUID } from 'node:crypto'
import { Logger, run, runMigrations, type JobHelpers, type Runner } from 'graphile-worker'
import type { Pool } from 'pg'
import { tagged } from './blame.js'
import { FORGET_KEYS } from './sql/flow-edition.js'
import { FORGET_SESSIONS, MARK_ATTENTION, READ_ON, READ_WORDS } from './sql/ticket.js'

export interface JobsDeps {
  readonly pool: Pool
  /** Keys that callers pressed in flows are kept so long, days; absent: until somebody clears them. */
  readonly keepKeys?: number | undefined
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void }
}

/** What graphile-worker says, one line each without its stack. */
const quiet = (logger: Pick<JobsDeps['logger'], 'warn' | 'error'>): Logger =>
  new Logger(() => (level: string, message) => {
    const [line = ''] = message.split('\n')
    if (level === 'error') logger.error({}, line)
    else if (level === 'warning') logger.warn({}, line)
  })

/** Says everything once until `calm`, whatever the figures in it: in an outage the worker tries again every second or two, and says so each time. */
export function sayOnce({ warn, error }: Pick<JobsDeps['logger'], 'warn' | 'error'>) {
  const said = new Set<string>()
  const once = (say: (fields: object, text: string) => void) => (fields: object, text: string): void => {
    const gist = text.replace(/\d+/g, '#')
    if (said.has(gist)) return
    said.add(gist)
    say(fields, text)
  }
  return { warn: once(warn), error: once(error), calm() { said.clear() } }
}

/** graphile-worker's own schema, before anything adds a job. */
export async function migrateJobs(pool: Pool, logger: JobsDeps['logger']): Promise<void> {
  await runMigrations({ pgPool: pool, logger: quiet(logger) })
}

/** So long a job reads words before it makes room for others, ms. */
const READING = 1_000
/** And so long it leaves alone what somebody has his hands on, ms. */
const HELD = 1_000

/** Through all tickets from before, in one job after the other: none is long, and each goes on where the last one was. @param after the ticket behind which it begins */
async function readWords(after = '00000000-0000-0000-0000-000000000000', helpers: Pick<JobHelpers, 'query'>): Promise<void> {
  const until = performance.now() + READING
  let at = after
  let held = false
  while (!held && performance.now() < until) {
    const { rows: [row] } = await helpers.query<{ last: string | null; read: number; left: number }>(READ_WORDS, [at])
    if (row?.last == null) return
    if (row.left === 0) at = row.last
    else held = row.read === 0
  }
  await helpers.query(READ_ON, [at, held ? HELD : 0])
}

/** Clears keys whose time is over, in portions: of years that are cleared for the first time there are many. */
async function forgetKeys(days: number | undefined, { query }: Pick<JobHelpers, 'query'>): Promise<void> {
  if (days === undefined) return
  while (((await query(FORGET_KEYS, [days])).rowCount ?? 0) > 0);
}

/** Runs jobs. The runner ends when PostgreSQL goes; it is started again until `close`. */
export function startJobs({ pool, keepKeys, logger }: JobsDeps): { close(): Promise<void> } {
  let runner: Runner | null = null
  let closed = false
  let retry: NodeJS.Timeout | null = null
  const voice = sayOnce({ warn: (fields, text) => { logger.warn(fields, text) }, error: (fields, text) => { logger.error(fields, text) } })

  async function start(): Promise<void> {
    retry = null
    try {
      const mine = await run({
        pgPool: pool, concurrency: 2, pollInterval: 2_000, noHandleSignals: true, logger: quiet(voice),
        // Every night; a night that was missed is made up for.
        crontab: '23 3 * * * sessions_forget ?fill=1d\n38 3 * * * flow_keys_forget ?fill=1d',
        taskList: {
          'sessions_forget': async (_payload, helpers) => { await helpers.query(FORGET_SESSIONS) },
          'flow_keys_forget': (_payload, helpers) => forgetKeys(keepKeys, helpers),
          'ticket.read-words': (payload, helpers) => readWords((payload as { after?: string }).after, helpers),
          'ticket.follow-up': async (payload, helpers) => { await helpers.query(MARK_ATTENTION, [(payload as { ticketId: string }).ticketId, randomUUID()]) },
        },
      })
      if (closed) return await mine.stop()
      runner = mine
      // PostgreSQL answered: what goes wrong from now on is news.
      mine.events.on('worker:getJob:empty', voice.calm)
      mine.events.on('job:start', voice.calm)
      await mine.promise
    } catch (error) {
      if (!closed) voice.warn({ err: tagged(error) }, 'jobs stopped')
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
