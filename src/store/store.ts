import { join } from 'node:path'
import type { Self } from '../contracts/people.js'
import type { Ticket } from '../contracts/ticket.js'
import type { NewAttachment } from '../dispatch/attachments.js'
import { makeAftermath } from './aftermath.js'
import { blame, inTime, isOutOfReach } from './blame.js'
import { followChanges } from './changes.js'
import { makeAttachmentStore } from './attachments.js'
import { makeBoardStore } from './board.js'
import { makeCallerStore } from './callers.js'
import { makeCitizenStore } from './citizen.js'
import { makeClusters } from './clusters.js'
import { makeEditionStore } from './flow-editions.js'
import { giveHallClocks } from './hall-clocks.js'
import { makeHallStore } from './hall.js'
import { openJournal } from './journal.js'
import { adoptJournals, takeJournal } from './journal-lock.js'
import { watchModes } from './modes.js'
import { makePeopleStore } from './people.js'
import { makePhoneStore } from './phones.js'
import { makePlaceStore } from './places.js'
import { endPools, openPools } from './pools.js'
import { makeProvisionalNumbers } from './provisional.js'
import { makeRecords, type JournalRecord } from './records.js'
import { photoFor } from './line-told.js'
import { makeLineStore } from './lines.js'
import { makeMyDay } from './my-day.js'
import { makeOutboxStore } from './outbox.js'
import { recountDue } from './recount.js'
import { makeReadiness } from './readiness.js'
import { makeRecovery } from './recovery.js'
import { givenAccess, type DatabaseSettings } from './roles.js'
import { startLocalServer, type LocalServer } from './server.js'
import { makeCallAccount } from './call-account.js'
import { makeTalkStore } from './talks.js'
import { makeRecordingStore } from './recordings.js'
import { makeTicketActs } from './ticket-acts.js'
import { withPen } from './with-pen.js'

export interface StoreOptions extends DatabaseSettings {
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
  /** A statement of the call path may not take longer than this, ms; then the journal takes over. */
  readonly deadline?: number
  /** Keys that callers pressed in flows are kept so long, days; absent: until somebody clears them. */
  readonly keepKeys?: number
  /** Between two polls for changes, ms. */
  readonly pollEvery?: number
  /** How long a predecessor on the same journal may take to end, ms. */
  readonly lockPatience?: number
}

const STATEMENT = 2_000
const DRAIN_EVERY = 1_000
/** Closing does not wait longer for a PostgreSQL that does not answer. */
const FAREWELL = 3_000
const LOCK_PATIENCE = 3_000
/** The flows' switches are looked at this often, ms: so soon the next caller hears of one. */
const MODES_EVERY = 1_000
/** The city's rules are read again this often, ms. */
const RULES_EVERY = 15_000

export type Store = Awaited<ReturnType<typeof openStore>>

/** PostgreSQL, schema, journal, jobs: one place that opens and closes them. */
export async function openStore(options: StoreOptions) {
  const file = join(options.home, 'journal', `${options.node}.log`)
  const self: { pid: number; url?: string } = { pid: process.pid }
  const unlock = await takeJournal(file, options.lockPatience ?? LOCK_PATIENCE, () => self)
  let server: LocalServer | null = null
  try {
    if (options.databaseUrl === '') server = await startLocalServer({ directory: join(options.home, 'postgres'), onProgress: options.onProgress })
    return { ...await openWith(options, file, server, unlock), /** Where the desk is, for who starts a second one here. */ served(url: string) { self.url = url } }
  } catch (error) {
    unlock()
    await server?.stop()
    throw error
  }
}

async function openWith(options: StoreOptions, file: string, server: LocalServer | null, unlock: () => void) {
  const { logger, node } = options
  const { deadline = STATEMENT } = options
  const access = server ?? givenAccess(options)
  const connectionString = access.url
  const pools = openPools(connectionString, node, deadline)
  const readiness = makeReadiness({ ...options, access, pools })
  const { rules } = readiness

  options.onProgress('更新数据库结构', 'bringing the schema up to date')
  try {
    await readiness.prepare()
  } catch (error) {
    if (server !== null || !isOutOfReach(error)) {
      await endPools(pools)
      throw error
    }
    options.onProgress('数据库暂不可用：先以日志缓存运行，恢复后自动接上', 'PostgreSQL is away: starting with the journal, the rest follows by itself')
    logger.error({ err: error }, 'PostgreSQL is away: starting with the journal')
  }

  const onTrouble = (fields: object, text: string): void => { logger.error(fields, text) }
  const journal = openJournal<JournalRecord>(file, { onTrouble })
  const adopted = await adoptJournals(file, (record) => journal.append(record as JournalRecord), onTrouble)
  if (adopted > 0) logger.warn({ adopted }, 'the journal of a node that is gone was taken over')
  const provisionalNumber = makeProvisionalNumbers({
    file: file.replace(/\.log$/, '.number'), onTrouble,
    dayOf: () => Number(new Intl.DateTimeFormat('en-GB', { timeZone: options.timeZone, day: 'numeric' }).format(options.clock())),
  })
  const recovery = makeRecovery(pools.call, logger)
  // A connection that is cut while nobody uses it.
  for (const pool of Object.values(pools)) pool.on('error', recovery.suspect)
  const records = makeRecords({ ...options, pool: pools.call, readPool: pools.read, journal, deadline, provisionalNumber, awayAtFirst: !readiness.prepared(), recovery, rules })
  const keptActs = (): ReadonlySet<string> => new Set(journal.records.flatMap((record) => (record.type === 'act' ? [record.key] : [])))
  const work = makeTicketActs(pools.work, rules, makeAftermath(pools.work, node, keptActs))
  const attachments = makeAttachmentStore(pools.people, options.home)
  const people = makePeopleStore(pools.people)

  let turning: Promise<void> | null = null
  async function turn(): Promise<void> {
    await readiness.tryAgain()
    // Before the schema is there nothing is drained; what waits for the disk may try again.
    await records.drain(readiness.prepared())
  }
  const timer = setInterval(() => { turning ??= turn().finally(() => { turning = null }) }, DRAIN_EVERY)
  let counting: Promise<void> | null = null
  let hallLookedAt = false
  /** What lies in the hall by an earlier program has its clocks, once; what units have in hand is counted by a calendar that was imported, here or elsewhere. */
  const countAnew = async (): Promise<void> => {
    const uncounted = (ticketId: string, error: unknown): void => { logger.error({ ticketId, err: error }, 'limits could not be counted anew') }
    if (!hallLookedAt) {
      const given = await giveHallClocks(pools.work, rules(), uncounted)
      hallLookedAt = true
      if (given > 0) logger.info({ tickets: given }, 'tickets of an earlier program have the hall’s clock from now on')
    }
    const moved = await recountDue(pools.work, options.timeZone, uncounted)
    if (moved > 0) logger.info({ tickets: moved }, 'limits were counted anew by another calendar')
  }
  const count = (): void => { counting ??= countAnew().catch((error: unknown) => { if (blame(error) !== 'server') logger.error({ err: error }, 'limits could not be counted anew') }).finally(() => { counting = null }) }
  if (readiness.prepared()) count()
  let refreshing: Promise<void> | null = null
  const rulesTimer = setInterval(() => {
    // Rules are read on while much is counted. PostgreSQL away: the next turn.
    if (readiness.prepared()) refreshing ??= readiness.refreshRules().then(count).catch(() => undefined).finally(() => { refreshing = null })
  }, RULES_EVERY)
  await records.drain(readiness.prepared())

  const modes = watchModes(pools.read, MODES_EVERY)
  let onChanged: (ticketId: string, version: number) => void = () => undefined
  let onOutbox: () => void = () => undefined
  let onFlows: () => void = () => undefined
  let onPerson: (personId: string) => void = () => undefined
  let onCaller: (number: string) => void = () => undefined
  let onSeat: (payload: string) => void = () => undefined
  let onLeft: (payload: string) => void = () => undefined
  let onList: (list: string) => void = () => undefined
  let onPhoto: (ticketId: string) => void = () => undefined
  const changes = followChanges({
    connectionString, pool: pools.read, onChanged: (ticketId, version) => { onChanged(ticketId, version) }, onOutbox() { onOutbox() }, onFlows() { onFlows() }, onPerson(personId) { onPerson(personId) }, onCaller(number) { onCaller(number) }, onSeat(payload) { onSeat(payload) }, onLeft(payload) { onLeft(payload) }, onList(list) { onList(list) }, onPhoto(ticketId) { onPhoto(ticketId) },
    ...(options.pollEvery === undefined ? {} : { every: options.pollEvery }),
  })

  return {
    records,
    hall: { ...makeHallStore(pools.people), delivered: work.delivered },
    clocks: { fireDue: work.fireDue },
    editions: makeEditionStore(pools.work),
    clusters: makeClusters(pools.work, work, onTrouble),
    outbox: makeOutboxStore(pools.work),
    citizens: makeCitizenStore(pools.people, rules),
    callers: makeCallerStore(pools.people),
    places: makePlaceStore(pools.people),
    board: makeBoardStore(pools.people, pools.exports),
    attachments: {
      ...attachments,
      async add(one: NewAttachment) {
        const { home } = rules()
        if (home === undefined) return attachments.add(one)
        // What is added at a county is told to the city in the same transaction.
        return withPen(pools.work, rules, async (pen) => {
          const added = await attachments.add(one, pen.client)
          const body = added.id === one.id ? await photoFor(pen.client, home.line, one.id, true) : null
          if (body !== null) await pen.tell(home.line, body)
          return added
        })
      },
      async noteReveal(who: Self, ticketId: string, reason: string) {
        await attachments.noteReveal(who, ticketId, reason)
        const { home } = rules()
        // The city keeps the account of who looked.
        if (home !== undefined) await withPen(pools.work, rules, async (pen) => pen.tell(home.line, { kind: 'reveal', ticketId, by: { id: who.id, name: who.displayName }, unitId: who.unitId ?? '', reason, at: (await pen.status(ticketId)).now }))
      },
    },
    lines: makeLineStore(pools.work, rules, attachments, onTrouble, node),
    people: { ...people, revoke: records.endSession, bySession: (tokenHash: Buffer) => (records.isEnding(tokenHash) ? Promise.resolve(null) : people.bySession(tokenHash)) },
    account: makeCallAccount({ pool: pools.read, timeZone: options.timeZone, clock: options.clock }),
    myDay: makeMyDay({ pool: pools.people, timeZone: options.timeZone, clock: options.clock }),
    talks: makeTalkStore(pools.people),
    recordings: makeRecordingStore(pools.work),
    phones: makePhoneStore(pools.work),
    pool: pools.call,
    /** Tickets on which somebody acted, and PostgreSQL does not know it yet. */
    keptActs,
    /** Switches of the flows that are on. */
    modes: modes.current,
    server,
    url: connectionString,
    /** Of the role that owns the tables. */
    ownerUrl: access.ownerUrl,
    rules,
    refreshRules: readiness.refreshRules,
    onTicketChanged(listenTo: (ticketId: string, version: number) => void) { onChanged = listenTo },
    /** PostgreSQL was there since the start, and has the schema. */
    prepared: readiness.prepared,
    whenReady: readiness.whenReady,
    /** Something was put into the outbox, on any node: a hint. */
    onOutbox(listenTo: () => void) { onOutbox = listenTo },
    /** Another edition of the flows was switched to, on any node: a hint. */
    onFlows(listenTo: () => void) { onFlows = listenTo },
    /** A session of this person ended before its time, or he may do something else than before, on any node: a hint. */
    onPerson(listenTo: (personId: string) => void) { onPerson = listenTo },
    /** Something was written down about the caller of this number, on any node: a hint. */
    onCaller(listenTo: (number: string) => void) { onCaller = listenTo },
    /** An operator's desk came up at a node: a hint. */
    onSeat(listenTo: (payload: string) => void) { onSeat = listenTo },
    /** An operator's last desk at a node is gone: a hint. */
    onLeft(listenTo: (payload: string) => void) { onLeft = listenTo },
    /** A list that is about no one ticket may be another: a hint. */
    onList(listenTo: (list: string) => void) { onList = listenTo },
    /** Who shows a ticket's photos is told of one more, on whichever node or line it came. */
    onPhoto(listenTo: (ticketId: string) => void) { onPhoto = listenTo },
    /** What the journal still keeps is drained by the next run. */
    async close() {
      clearInterval(timer)
      clearInterval(rulesTimer)
      records.close()
      const quiet = Promise.allSettled([(refreshing ?? Promise.resolve()).then(() => counting), (turning ?? Promise.resolve()).then(() => records.drain(readiness.prepared())), readiness.close(), changes.close(), modes.close()])
      const ended = quiet.then(() => endPools(pools))
      await inTime(ended, FAREWELL).catch((error: unknown) => { logger.warn({ err: error }, 'PostgreSQL was left without a farewell') })
      // A disk that does not answer keeps the journal until this process ends, and the lock with it.
      await inTime(journal.close(), FAREWELL).then(unlock, (error: unknown) => { logger.error({ err: error, file }, 'the disk did not take the last of the journal') })
      await server?.stop()
    },
  }
}
