import type { Pool } from 'pg'
import type { TicketAct } from '../contracts/acts.js'
import type { CallEvent } from '../contracts/call.js'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import type { ActResult, Ticket } from '../contracts/ticket.js'
import { applyAct, fieldsSetBy, type Transition } from '../dispatch/core/acts.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import type { TicketStore } from '../dispatch/tickets.js'
import type { CallBackWish, CallerContexts, CallRecord, IntakeRecords, TicketOpening, VoiceMessage } from '../intake/ports.js'
import { blame, cannotBeMade, inTime } from './blame.js'
import { makeDrain } from './drain.js'
import type { Journal } from './journal.js'
import type { Recovery } from './recovery.js'
import { makeLookups } from './lookups.js'
import { makeMemory } from './memory.js'
import { provisionalTicket } from './provisional.js'
import * as callSql from './sql/call.js'
import { callEventValues, NOTE_CALL } from './sql/call-event.js'
import * as flowSql from './sql/flow.js'
import { END_SESSION } from './sql/people.js'
import { DONE_BY } from './sql/ticket.js'
import { makeTicketActs } from './ticket-acts.js'
import { makeTicketWrites } from './ticket-writes.js'

/** What the journal keeps. Each is idempotent by its key and id: draining twice does no harm. */
export type JournalRecord =
  | { readonly type: 'call'; readonly key: string; readonly record: CallRecord }
  /** `number`: provisional; absent when the ticket had its final one already. */
  | { readonly type: 'ticket'; readonly key: string; readonly opening: TicketOpening; readonly number?: string }
  | { readonly type: 'call-back'; readonly key: string; readonly at: number }
  | { readonly type: 'message'; readonly key: string; readonly message: VoiceMessage }
  | { readonly type: 'wish'; readonly key: string; readonly wish: CallBackWish }
  | { readonly type: 'event'; readonly key: string; readonly event: CallEvent }
  /** Somebody signed out. `tokenHash`: hex. */
  | { readonly type: 'sign-out'; readonly key: string; readonly tokenHash: string }
  | { readonly type: 'act'; readonly key: string; readonly act: TicketAct; readonly who: Self; readonly at: number }

export interface RecordsDeps {
  readonly pool: Pool
  /** For lists and look-ups. */
  readonly readPool: Pool
  readonly journal: Journal<JournalRecord>
  /** A write that takes longer than this goes to the journal, ms. */
  readonly deadline: number
  readonly contextDeadline: number
  readonly timeZone: string
  readonly clock: () => number
  /** Resolves when the number is kept: it will not come again. */
  readonly provisionalNumber: () => Promise<string>
  /** PostgreSQL was not there at the start: nothing is tried before the first drain. */
  readonly awayAtFirst?: boolean
  /** What a crash of PostgreSQL leaves askew is mended before anything is written again. */
  readonly recovery?: Recovery
  readonly logger: { info(fields: object, text: string): void; warn(fields: object, text: string): void; error(fields: object, text: string): void }
  /** A ticket became final, or changed while draining. */
  readonly onTicket: (ticket: Ticket) => void
  readonly onStatus: () => void
  /** The rules of the city, as last read. */
  readonly rules: () => Rules
}

export interface RecordsStatus { readonly database: 'up' | 'down'; readonly journal: number; readonly rejected: number }

/** Tickets kept in memory, so that acts on them can be shown while PostgreSQL is away. */
const REMEMBERED = 2_000

/** Everything the intake and the tickets write, through PostgreSQL while it is there and through the journal while it is not. */
export function makeRecords(deps: RecordsDeps): IntakeRecords & CallerContexts & TicketStore & Pick<ReturnType<typeof makeLookups>, 'waits'> & {
  status(): RecordsStatus
  /** Tries to reach PostgreSQL and drains the journal; resolves when there is nothing more to do now. Never rejects. @param usable false: the schema is not there yet. */
  drain(usable?: boolean): Promise<void>
  /** A session is over. Resolves once that is durable: committed, or fsynced to the journal. */
  endSession(tokenHash: Buffer): Promise<void>
  /** It is over, and PostgreSQL does not know it yet. */
  isEnding(tokenHash: Buffer): boolean
  close(): void
} {
  const { pool, journal, clock, logger } = deps
  let up = deps.awayAtFirst !== true
  let awaySince: number | null = null
  let closed = false
  const memory = makeMemory(REMEMBERED, (id) => journal.has(id))
  const writes = { ...makeTicketWrites(pool, deps.rules, (fields, text) => { logger.error(fields, text) }), act: makeTicketActs(pool, deps.rules).act }
  /** The last write in hand for each key: one call's rows, one ticket's acts are written one after the other. */
  const lanes = new Map<string, Promise<unknown>>()
  /** Openings that neither PostgreSQL nor the disk would take: tried again at each turn of the drain. */
  const owed = new Set<() => void>()
  /** What the drain made of tickets that the journal has more about. */
  const drained = new Map<string, Ticket>()
  for (const record of journal.records) replay(record)

  /** Journal records of an earlier run, into memory: their tickets are shown before they are drained. What cannot be applied the drain decides on. */
  function replay(record: JournalRecord): void {
    try {
      if (record.type === 'ticket' && record.number !== undefined) memory.remember(provisionalTicket(record.opening, record.number, record.opening.answeredAt, deps.rules()))
      const ticket = memory.get(record.key)
      if (ticket === undefined) return
      if (record.type === 'call-back') memory.remember(calledBack(ticket))
      if (record.type === 'act' && memory.done(record.key, record.act.actId) === undefined) {
        const { ticket: after, changes } = imagine(ticket, record.act, record.who, record.at)
        memory.note(memory.remember(after).id, record.act.actId, { stored: 'journal', version: after.version, personId: record.who.id, window: record.act.window, fields: Object.keys(changes) })
      }
    } catch (error) {
      logger.warn({ err: error, callId: record.key }, 'a journal record cannot be shown yet; the database decides')
    }
  }

  /** What an act will make of a ticket that PostgreSQL cannot be asked about. @param elsewhere see `ActContext`: as far as it was done at this node */
  function imagine(ticket: Ticket, one: TicketAct, who: Self, at: number, elsewhere?: ReadonlySet<string>): Transition {
    return applyAct(ticket, one, { role: who.role, id: who.id, unitId: who.unitId }, { now: at, rules: deps.rules(), past: { said: memory.said(ticket.id), ended: [] }, ...(elsewhere !== undefined && { changedElsewhere: elsewhere }) })
  }

  function setUp(now: boolean, why?: unknown): void {
    if (up === now) return
    up = now
    if (!now) {
      deps.recovery?.suspect()
      awaySince = deps.clock()
      // Away, or only too slow: its error says which.
      logger.warn({ err: why }, 'PostgreSQL is away: writing to the journal')
    } else if (awaySince !== null) {
      logger.info({ awayMs: deps.clock() - awaySince, journal: journal.records.length }, 'PostgreSQL is back: the journal drains')
      awaySince = null
    }
    deps.onStatus()
  }

  function inTurn<T>(lane: string, work: () => Promise<T>): Promise<T> {
    const before = lanes.get(lane)
    const mine = before === undefined ? work() : before.then(work, work)
    lanes.set(lane, mine)
    const end = (): void => { if (lanes.get(lane) === mine) lanes.delete(lane) }
    mine.then(end, end)
    return mine
  }

  /**
   * Runs `attempt` against PostgreSQL, or keeps a record in the journal. Order is kept for each key.
   * @param refused what is no trouble of PostgreSQL's, and not to be kept.
   * @param keep makes the record; throws where it may not be kept, for what the journal takes is acknowledged; null where it was written before.
   */
  async function write<T>(key: string, keep: () => JournalRecord | null | Promise<JournalRecord>, attempt: () => Promise<T>, refused: (error: unknown) => boolean = () => false): Promise<{ readonly value: T } | null> {
    if (up && !journal.has(key)) {
      try {
        return { value: await inTime(attempt(), deps.deadline) }
      } catch (error) {
        const fault = blame(error)
        if (fault === 'facts' || refused(error)) throw error
        if (fault === 'server') setUp(false, error)
        else logger.error({ err: error, callId: key }, 'a write failed by a defect of ours; it is kept in the journal')
      }
    }
    const made = keep()
    const record = made instanceof Promise ? await made : made
    if (record === null) return null
    await journal.append(record)
    deps.onStatus()
    return null
  }

  const drain = makeDrain({
    pool, journal, writes, deadline: deps.deadline, logger, setUp, clock,
    status: deps.onStatus,
    needed: () => !up || journal.records.length > 0 || owed.size > 0 || deps.recovery?.due() === true,
    recovery: deps.recovery,
    onReached() { for (const tryAgain of [...owed]) tryAgain() },
    onDrained(key, ticket, also) {
      for (const one of ticket === null ? also : [ticket, ...also]) drained.set(one.id, one)
      for (const id of [key, ...also.map((one) => one.id)]) {
        const last = drained.get(id)
        if (last === undefined || journal.has(id)) continue
        // The last record of this ticket and its call, of whatever type: what is shown from now on is final.
        drained.delete(id)
        deps.onTicket(memory.settle(last))
      }
    },
  })

  async function openTicket(opening: TicketOpening): Promise<Ticket> {
    const key = opening.record.callId
    const known = memory.get(key)
    const credited = opening.insteadOf !== undefined
    if (known !== undefined && journal.has(key) && !credited) return known
    let ticket = credited && known !== undefined && known.operatorId === opening.insteadOf ? { ...known, version: known.version + 1, operatorId: opening.operatorId } : known
    const shown = async (): Promise<Ticket> => ticket ??= provisionalTicket(opening, await deps.provisionalNumber(), clock(), deps.rules())
    const kept = async (): Promise<JournalRecord> => {
      const { provisional, number } = await shown()
      return { type: 'ticket', key, opening, ...(provisional ? { number } : {}) }
    }
    for (;;) {
      try {
        const done = await write(key, kept, () => writes.open(opening, ticket?.provisional === true ? ticket.number : ''))
        return memory.remember(done?.value ?? await shown())
      } catch (error) {
        if (closed || blame(error) === 'facts') throw error
        logger.error({ err: error, callId: key }, 'a ticket is only in memory: neither PostgreSQL nor the journal takes it; trying on')
        deps.onTicket(memory.remember(await shown()))
        await new Promise<void>((resolve) => {
          const tryAgain = (): void => { owed.delete(tryAgain); resolve() }
          owed.add(tryAgain)
        })
      }
    }
  }

  async function act(ticketId: string, one: TicketAct, who: Self): Promise<ActResult> {
    const at = clock()
    const before = memory.done(ticketId, one.actId)
    /** It is sent again: what is known of it, while PostgreSQL cannot be asked. */
    const again = (): ActResult | null => {
      const ticket = memory.get(ticketId)
      return before === undefined || ticket === undefined ? null : { ticket, stored: before }
    }
    const known = !up || journal.has(ticketId) ? again() : null
    if (known !== null) return known
    /** What the act makes of the ticket as we know it; refused here, before it is kept. */
    const expected = (): Transition => {
      const now = memory.get(ticketId)
      if (now === undefined) throw new LiandongError('database.down')
      return imagine(now, one, who, at, memory.changedElsewhere(ticketId, one.baseVersion, who.id, one.window))
    }
    const done = await write(ticketId, () => { if (again() !== null) return null; expected(); return { type: 'act', key: ticketId, act: one, who, at } }, () => writes.act(ticketId, one, who, at, false), cannotBeMade)
    for (const other of done?.value.also ?? []) deps.onTicket(memory.remember(other))
    const noted = (result: ActResult, fields: readonly string[]): ActResult => {
      memory.note(ticketId, one.actId, { stored: result.stored, version: result.ticket.version, personId: who.id, window: one.window, fields })
      return result
    }
    if (done !== null) return noted({ ticket: memory.remember(done.value.ticket), stored: 'database' }, fieldsSetBy(one))
    const sentAgain = again()
    if (sentAgain !== null) return sentAgain
    const { ticket, changes } = expected()
    return noted({ ticket: memory.remember(ticket), stored: 'journal' }, Object.keys(changes))
  }

  return {
    ...makeLookups({ pool: deps.readPool, contextDeadline: deps.contextDeadline, timeZone: deps.timeZone, clock, logger, isUp: () => up }),
    status: () => ({ database: up ? 'up' : 'down', journal: journal.records.length, rejected: journal.rejected() }),
    drain,
    close() {
      closed = true
      for (const tryAgain of [...owed]) tryAgain()
    },

    saveCall: (record) => inTurn(`call ${record.callId}`, async () => {
      await write(record.callId, () => ({ type: 'call', key: record.callId, record }), () => pool.query({ name: 'save-call', text: callSql.SAVE_CALL, values: callSql.callValues(record) }))
    }),
    openTicket: (opening) => inTurn(`ticket ${opening.record.callId}`, () => openTicket(opening)),
    markCallBack: (callId, at) => inTurn(`ticket ${callId}`, async () => {
      const done = await write(callId, () => ({ type: 'call-back', key: callId, at }), () => writes.markCallBack(callId, at))
      const ticket = done === null ? memory.get(callId) : done.value ?? undefined
      if (ticket !== undefined) deps.onTicket(memory.remember(done === null ? calledBack(ticket) : ticket))
    }),
    saveMessage: (message) => inTurn(`call ${message.callId}`, async () => {
      await write(message.callId, () => ({ type: 'message', key: message.callId, message }), () => pool.query(flowSql.SAVE_MESSAGE, flowSql.messageValues(message)))
    }),
    wishCallBack: (wish) => inTurn(`call ${wish.callId}`, async () => {
      await write(wish.callId, () => ({ type: 'wish', key: wish.callId, wish }), () => pool.query(flowSql.WISH_CALL_BACK, flowSql.wishValues(wish)))
    }),
    async noteCall(event) {
      const key = `event ${event.callId}`
      await write(key, () => ({ type: 'event', key, event }), () => pool.query({ name: 'note-call', text: NOTE_CALL, values: callEventValues(event, idFrom) }))
    },
    async endSession(hash) {
      const [key, tokenHash] = [sessionKey(hash), hash.toString('hex')]
      await write(key, () => ({ type: 'sign-out', key, tokenHash }), () => pool.query(END_SESSION, [tokenHash]))
    },
    isEnding: (hash) => journal.has(sessionKey(hash)),
    async did(ticketId, actId, personId) {
      if (!up || journal.has(ticketId)) return memory.done(ticketId, actId) ?? null
      return (await pool.query(DONE_BY, [ticketId, actId, personId])).rowCount === 0 ? null : 'database'
    },
    act: (ticketId, one, who) => inTurn(`ticket ${ticketId}`, () => act(ticketId, one, who)),
    async get(ticketId) {
      const known = memory.get(ticketId)
      if (known !== undefined && (!up || journal.has(ticketId))) return known
      return memory.remember(await writes.read(ticketId))
    },
    async endMissed(callIds, at) { if (callIds.length > 0) await pool.query(callSql.END_MISSED, [callIds, new Date(at)]) },
  }
}

const sessionKey = (tokenHash: Buffer): string => `session ${tokenHash.toString('hex')}`

const calledBack = (ticket: Ticket): Ticket => (ticket.fields.callBack ? ticket : { ...ticket, version: ticket.version + 1, fields: { ...ticket.fields, callBack: true } })
