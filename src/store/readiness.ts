import { isOutOfReach } from './blame.js'
import { makeKeptRules } from './kept-rules.js'
import { startJobs } from './jobs.js'
import type { Pools } from './pools.js'
import type { Access } from './roles.js'
import type { Rules } from '../dispatch/core/rules.js'
import { noRules, readRules } from './rules.js'
import { bringUpToDate } from './schema.js'

export interface ReadinessDeps {
  readonly access: Access
  readonly pools: Pick<Pools, 'work' | 'jobs'>
  /** Where calendar and limits are kept for a start without PostgreSQL. */
  readonly home: string
  readonly migrations: string
  readonly timeZone: string
  /** Keys that callers pressed in flows are kept so long, days; absent: until somebody clears them. */
  readonly keepKeys?: number
  /** What the person who starts it sees. */
  readonly onProgress: (zh: string, en: string) => void
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void }
}

/** What must be so before PostgreSQL is of use: schema, the city's rules, jobs; and what waits for that while it is away at the start. Nothing is asked before `prepare`. */
export function makeReadiness({ access, pools, home, migrations, timeZone, keepKeys, onProgress, logger }: ReadinessDeps) {
  let prepared = false
  const waiting: (() => Promise<void>)[] = []
  // While PostgreSQL is away the last ones count.
  const kept = makeKeptRules(home, logger)
  const { calendar, ...limits } = kept.last()
  let rules: Rules = { ...noRules(timeZone), ...limits, calendar: { zone: timeZone, ...calendar } }
  let jobs: { close(): Promise<void> } | null = null
  /** Why PostgreSQL could not be used, as last told: not every second anew. */
  let unusable = ''

  async function refreshRules(): Promise<void> {
    rules = await readRules(pools.work, timeZone)
    kept.keep(rules)
  }

  /** Schema up to date, then everything that waited for it. @throws as long as PostgreSQL is away. */
  async function prepare(): Promise<void> {
    const applied = await bringUpToDate(access, migrations, logger)
    if (applied.length > 0) onProgress(`数据库结构：${applied.length} 步，完成`, `schema: ${applied.length} ${applied.length === 1 ? 'step' : 'steps'}, done`)
    await refreshRules()
    for (let work = waiting[0]; work !== undefined; work = waiting[0]) {
      await work()
      waiting.shift()
    }
    prepared = true
    jobs = startJobs({ pool: pools.jobs, logger, keepKeys })
  }

  return {
    prepare,
    /** Tries once more, if it is not so yet. Never rejects. */
    async tryAgain(): Promise<void> {
      if (prepared) return
      try {
        await prepare()
      } catch (error) {
        const { message } = error as Error
        if (!isOutOfReach(error) && message !== unusable) logger.error({ err: error }, 'PostgreSQL is there and cannot be used')
        unusable = message
      }
    },
    prepared: () => prepared,
    rules: () => rules,
    refreshRules,
    /** Work that needs PostgreSQL: done when this resolves, or, while PostgreSQL is away at the start, as soon as it is there. */
    async whenReady(work: () => Promise<void>): Promise<void> {
      if (prepared) await work()
      else waiting.push(work)
    },
    async close(): Promise<void> { await Promise.all([jobs?.close(), kept.close()]) },
  }
}
