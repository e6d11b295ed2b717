import { join } from 'node:path'
import { Client, Pool } from 'pg'
import type { Ticket } from '../contracts/ticket.js'
import { migrateJobs, startJobs } from './jobs.js'
import { makeCitizenStore } from './citizen.js'
import { makeClusters } from './clusters.js'
import { makeHallStore } from './hall.js'
import { openJournal } from './journal.js'
import { migrate } from './migrate.js'
import { makePeopleStore } from './people.js'
import { makeRecords, type JournalRecord } from './records.js'
import { makeOutboxStore } from './outbox.js'
import { noRules, readRules } from './rules.js'
import { startLocalServer, type LocalServer } from './server.js'
import { makeTicketActs } from './ticket-acts.js'

export interface StoreOptions {
  /** Empty: start PostgreSQL ourselves below `home`. */
  readonly databaseUrl: string
  readonly home: string
  readonly node: string
  readonly migrations: string
  readonly timeZone: string
  readonly contextDeadline: number
  readonly clock: () => number
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void }
  readonly onProgress: (zh: string, en: string) => void
  readonly onTicket: (ticket: Ticket) => void
  readonly onStatus: () => void
}

/** A statement of the call path may not take longer than this, ms; then the journal takes over. */
const STATEMENT = 2_000
const DRAIN_EVERY = 1_000
/** The city's rules are read again this often, ms. */
const RULES_EVERY = 15_000

/** A connection was cut; the next query on it tells. Without listeners the process would end. */
function bearErrors(pool: Pool): void {
  pool.on('error', () => undefined)
  pool.on('connect', (client) => { client.on('error', () => undefined) })
}

export type Store = Awaited<ReturnType<typeof openStore>>

/** PostgreSQL, schema, journal, jobs: one place that opens and closes them. */
export async function openStore(options: StoreOptions) {
  let server: LocalServer | null = null
  if (options.databaseUrl === '') server = await startLocalServer({ directory: join(options.home, 'postgres'), onProgress: options.onProgress })
  const connectionString = server?.url ?? options.databaseUrl
  const settings = { connectionString, connectionTimeoutMillis: 2_000, statement_timeout: STATEMENT, idle_in_transaction_session_timeout: 10_000, application_name: `liandong ${options.node}` }
  const pools = {
    /** Calls and tickets. Reports have their own, so that a long one never stands before an answer. */
    call: new Pool({ ...settings, max: 8 }),
    people: new Pool({ ...settings, max: 4 }),
    jobs: new Pool({ connectionString, max: 4 }),
    /** Clocks and the outbox. */
    work: new Pool({ ...settings, statement_timeout: 20_000, max: 4 }),
  }
  for (const pool of Object.values(pools)) bearErrors(pool)
  options.onProgress('更新数据库结构', 'bringing the schema up to date')
  // Migrations may take as long as they need.
  const patient = new Pool({ connectionString, max: 2 })
  bearErrors(patient)
  await migrateJobs(patient, options.logger)
  const applied = await migrate(patient, options.migrations)
  if (applied.length > 0) options.logger.info({ applied }, 'migrations applied')
  await patient.end()

  const journal = openJournal<JournalRecord>(join(options.home, 'journal', `${options.node}.log`))
  let rules = noRules(options.timeZone)
  const refreshRules = async (): Promise<void> => { rules = await readRules(pools.work, options.timeZone) }
  await refreshRules()
  // While PostgreSQL is away the last ones count.
  const rulesTimer = setInterval(() => { void refreshRules().catch(() => undefined) }, RULES_EVERY)
  const records = makeRecords({ pool: pools.call, journal, deadline: STATEMENT, rules: () => rules, ...options })
  const work = makeTicketActs(pools.work, () => rules)
  const jobs = startJobs({ pool: pools.jobs, logger: options.logger })
  const timer = setInterval(() => { if (records.status().database === 'down' || journal.records.length > 0) void records.drain() }, DRAIN_EVERY)
  await records.drain()

  let listener: Client | null = null
  let onChanged: (ticketId: string, version: number) => void = () => undefined
  let onOutbox: () => void = () => undefined
  let closed = false
  /** NOTIFY is a hint: the connection may be gone, and comes again. */
  async function listen(): Promise<void> {
    const client = new Client({ connectionString })
    client.on('error', () => undefined)
    client.on('notification', ({ channel, payload = '' }) => {
      if (channel === 'outbox') return onOutbox()
      const [ticketId = '', version = '0'] = payload.split(' ')
      onChanged(ticketId, Number(version))
    })
    client.on('end', () => { listener = null; if (!closed) setTimeout(() => { if (!closed) void listen() }, 1_000).unref() })
    try {
      await client.connect()
      await client.query('listen ticket_changed')
      await client.query('listen outbox')
      listener = client
    } catch {
      await client.end().catch(() => undefined)
    }
  }
  await listen()

  return {
    records,
    hall: { ...makeHallStore(pools.people), delivered: work.delivered },
    clocks: { fireDue: work.fireDue },
    clusters: makeClusters(pools.work, work),
    outbox: makeOutboxStore(pools.work),
    citizens: { ...makeCitizenStore(pools.people), openTicket: records.openTicket },
    people: makePeopleStore(pools.people),
    pool: pools.call,
    server,
    url: connectionString,
    rules: () => rules,
    refreshRules,
    onTicketChanged(listenTo: (ticketId: string, version: number) => void) { onChanged = listenTo },
    /** Something was put into the outbox, on any node: a hint. */
    onOutbox(listenTo: () => void) { onOutbox = listenTo },
    async close() {
      closed = true
      clearInterval(timer)
      clearInterval(rulesTimer)
      await records.drain()
      await jobs.close()
      await listener?.end().catch(() => undefined)
      await Promise.all(Object.values(pools).map((pool) => pool.end()))
      journal.close()
      await server?.stop()
    },
  }
}
