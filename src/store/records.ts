import type { Pool } from 'pg'
import type { TicketAct } from '../contracts/acts.js'
import type { CallerContext, Hint } from '../contracts/call.js'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import { NO_WORK, type ActResult, type Ticket } from '../contracts/ticket.js'
import { applyAct } from '../dispatch/core/acts.js'
import type { Rules } from '../dispatch/core/rules.js'
import { idFrom } from '../dispatch/ids.js'
import type { TicketStore } from '../dispatch/tickets.js'
import type { CallerContexts, CallRecord, IntakeRecords, TicketOpening } from '../intake/ports.js'
import type { Journal } from './journal.js'
import { callOf, earlierCallOf, summaryOf, ticketOf, type CallRow, type TicketRow } from './rows.js'
import * as callSql from './sql/call.js'
import { listTickets, MOST_COUNTED } from './sql/list.js'
import * as sql from './sql/ticket.js'
import { makeTicketActs } from './ticket-acts.js'

/** What the journal keeps. Each is idempotent by its key and id: draining twice does no harm. */
export type JournalRecord =
  | { readonly type: 'call'; readonly key: string; readonly record: CallRecord }
  | { readonly type: 'ticket'; readonly key: string; readonly opening: TicketOpening }
  | { readonly type: 'call-back'; readonly key: string; readonly at: number }
  | { readonly type: 'act'; readonly key: string; readonly act: TicketAct; readonly who: Self; readonly at: number }

export interface RecordsDeps {
  readonly pool: Pool
  readonly journal: Journal<JournalRecord>
  /** A write that takes longer than this goes to the journal, ms. */
  readonly deadline: number
  readonly contextDeadline: number
  readonly timeZone: string
  readonly clock: () => number
  readonly logger: { warn(fields: object, text: string): void; error(fields: object, text: string): void }
  /** A ticket became final, or changed while draining. */
  readonly onTicket: (ticket: Ticket) => void
  readonly onStatus: () => void
  /** The rules of the city, as last read. */
  readonly rules: () => Rules
}

/** Tickets kept in memory, so that acts on them can be shown while PostgreSQL is away. */
const REMEMBERED = 2_000

/** PostgreSQL is away, slow or full: the facts are not at fault, so the write is kept and tried again. */
function isAway(error: unknown): boolean {
  if (error instanceof LiandongError) return false
  const code = (error as { code?: unknown }).code
  // A SQLSTATE of class 22, 23, 42 says that the statement is wrong; every other failure is the server's or the network's.
  return typeof code !== 'string' || !/^(22|23|42)/.test(code)
}

/** Everything the intake and the tickets write, through PostgreSQL while it is there and through the journal while it is not. */
export function makeRecords(deps: RecordsDeps): IntakeRecords & CallerContexts & TicketStore & {
  status(): { readonly database: 'up' | 'down'; readonly journal: number }
  /** Tries to reach PostgreSQL and drains the journal; resolves when there is nothing more to do now. */
  drain(): Promise<void>
} {
  const { pool, journal, clock } = deps
  let up = true
  let draining: Promise<void> | null = null
  let provisionals = 0
  const tickets = new Map<string, Ticket>()
  const acts = makeTicketActs(pool, deps.rules)
  for (const record of journal.records) replay(record)

  function remember(ticket: Ticket): Ticket {
    tickets.delete(ticket.id)
    tickets.set(ticket.id, ticket)
    if (tickets.size > REMEMBERED) for (const [id] of tickets) { if (!journal.has(id)) { tickets.delete(id); break } }
    return ticket
  }

  /** Journal records of an earlier run, into memory: their tickets are shown before they are drained. */
  function replay(record: JournalRecord): void {
    if (record.type === 'ticket') remember(provisional(record.opening))
    const ticket = tickets.get(record.key)
    if (record.type === 'act' && ticket !== undefined) remember(imagine(ticket, record.act, record.who, record.at))
  }

  /** What an act will make of a ticket that PostgreSQL cannot be asked about. */
  function imagine(ticket: Ticket, one: TicketAct, who: Self, at: number): Ticket {
    return applyAct(ticket, one, { role: who.role, id: who.id, unitId: who.unitId }, { now: at, rules: deps.rules() }).ticket
  }

  function setUp(now: boolean): void {
    if (up === now) return
    up = now
    if (!now) deps.logger.warn({}, 'PostgreSQL is away: writing to the journal')
    deps.onStatus()
  }

  /** Runs `attempt` against PostgreSQL, or keeps `record`. Order is kept for each key. */
  async function write<T>(record: JournalRecord, attempt: () => Promise<T>): Promise<{ readonly value: T } | null> {
    if (up && !journal.has(record.key)) {
      try {
        return { value: await within(attempt(), deps.deadline) }
      } catch (error) {
        if (!isAway(error)) throw error
        setUp(false)
      }
    }
    await journal.append(record)
    deps.onStatus()
    return null
  }

  async function apply(record: JournalRecord): Promise<Ticket | null> {
    switch (record.type) {
      case 'call': await pool.query(callSql.SAVE_CALL, callSql.callValues(record.record)); return null
      case 'ticket': return open(record.opening)
      case 'call-back': return markCallBack(record.key, record.at)
      case 'act': return (await acts.act(record.key, record.act, record.who, record.at, true)).ticket
    }
  }

  async function open(opening: TicketOpening): Promise<Ticket> {
    const { record } = opening
    const values = [
      record.callId, record.category ?? null, opening.place, record.location?.lat ?? null, record.location?.lon ?? null, opening.callerName, opening.callBack,
      opening.operatorId === '' ? null : opening.operatorId, record.caller.number, record.caller.verified, JSON.stringify(record.tags), new Date(opening.answeredAt), idFrom(`open ${record.callId}`), record.location?.uncertaintyMetres ?? null,
    ]
    const { rows: [opened] } = await pool.query<TicketRow>({ name: 'open-ticket', text: sql.OPEN_TICKET, values })
    if (opened !== undefined) return ticketOf(opened)
    return read(record.callId)
  }

  async function read(ticketId: string): Promise<Ticket> {
    const { rows: [row] } = await pool.query<TicketRow>(sql.READ_TICKET, [ticketId])
    if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
    return ticketOf(row)
  }

  async function markCallBack(ticketId: string, at: number): Promise<Ticket | null> {
    await pool.query(sql.MARK_CALL_BACK, [ticketId, idFrom(`call-back ${ticketId}`), new Date(at)])
    return read(ticketId).catch((error: unknown) => { if (error instanceof LiandongError) return null; throw error })
  }

  function provisional({ record, operatorId, answeredAt, callBack, place, callerName }: TicketOpening): Ticket {
    provisionals += 1
    return {
      id: record.callId, number: `P-${String(provisionals).padStart(4, '0')}`, provisional: true, state: 'open', version: 1,
      fields: { kind: null, category: record.category ?? null, place, point: record.location ?? null, description: '', callerName, callBack },
      outcome: null, unitId: null, operatorId: operatorId === '' ? null : operatorId, caller: record.caller, tags: [...record.tags],
      openedAt: clock(), answeredAt, dispatchedAt: null, closedAt: null, work: NO_WORK,
    }
  }

  async function drainOnce(): Promise<void> {
    try {
      await within(pool.query('select 1'), deps.deadline)
    } catch {
      return setUp(false)
    }
    while (journal.records.length > 0) {
      const [record] = journal.records
      if (record === undefined) break
      let ticket: Ticket | null = null
      try {
        ticket = await within(apply(record), deps.deadline * 5)
      } catch (error) {
        if (isAway(error)) return setUp(false)
        deps.logger.error({ err: error, callId: record.key }, 'the database refuses a journal record for good; it is kept in journal.rejected')
        journal.reject(record, (error as Error).message)
      }
      journal.forget(1)
      if (ticket !== null && !journal.has(ticket.id)) deps.onTicket(remember(ticket))
    }
    setUp(true)
    deps.onStatus()
  }

  return {
    status: () => ({ database: up ? 'up' : 'down', journal: journal.records.length }),
    drain() {
      draining ??= drainOnce().finally(() => { draining = null })
      return draining
    },

    async saveCall(record) { await write({ type: 'call', key: record.callId, record }, () => pool.query({ name: 'save-call', text: callSql.SAVE_CALL, values: callSql.callValues(record) })) },
    async openTicket(opening) {
      const key = opening.record.callId
      const known = tickets.get(key)
      if (known !== undefined && journal.has(key)) return known
      const done = await write({ type: 'ticket', key, opening }, () => open(opening))
      return remember(done?.value ?? tickets.get(key) ?? provisional(opening))
    },
    async markCallBack(callId, at) {
      const done = await write({ type: 'call-back', key: callId, at }, () => markCallBack(callId, at))
      const ticket = tickets.get(callId)
      if (done?.value != null) deps.onTicket(remember(done.value))
      else if (ticket !== undefined) deps.onTicket(remember({ ...ticket, fields: { ...ticket.fields, callBack: true } }))
    },
    async unfinishedCalls() {
      const { rows } = await pool.query<CallRow>(callSql.UNFINISHED_CALLS)
      return rows.map(callOf)
    },
    async today() {
      if (!up) throw new LiandongError('database.down')
      const { rows: [row] } = await pool.query<{ answered: number; in_time: number; abandoned: number }>(callSql.TODAY, [startOfDay(clock(), deps.timeZone)])
      return { answered: row?.answered ?? 0, answeredInTime: row?.in_time ?? 0, abandoned: row?.abandoned ?? 0 }
    },

    async lookUp(query) {
      const nothing: CallerContext = { complete: false, hints: [], earlierCalls: [], earlierTickets: [], nearby: [] }
      if (!up) return nothing
      const known = query.number !== ''
      const near = query.location !== undefined && query.category !== undefined
      try {
        const [citizen, calls, mine, nearby] = await within(Promise.all([
          known ? pool.query<{ name: string | null; address: string | null; hints: Hint[] }>(callSql.CITIZEN, [query.number]) : null,
          known ? pool.query<CallRow>(callSql.EARLIER_CALLS, [query.number, query.callId]) : null,
          known ? pool.query<TicketRow>(callSql.EARLIER_TICKETS, [query.number, query.callId]) : null,
          near ? pool.query<TicketRow & { distance: number }>(callSql.NEARBY, [query.category, query.location.lat, query.location.lon, 0.0045, query.callId]) : null,
        ]), deps.contextDeadline)
        const person = citizen?.rows[0]
        return {
          complete: true,
          ...(person?.name == null ? {} : { knownName: person.name }),
          ...(person?.address == null ? {} : { knownAddress: person.address }),
          hints: person?.hints ?? [],
          earlierCalls: calls?.rows.map(earlierCallOf) ?? [],
          earlierTickets: mine?.rows.map(summaryOf) ?? [],
          nearby: nearby?.rows.map(summaryOf) ?? [],
        }
      } catch (error) {
        deps.logger.warn({ err: error, callId: query.callId }, 'caller not looked up')
        return nothing
      }
    },

    async act(ticketId, one, who): Promise<ActResult> {
      const at = clock()
      const known = tickets.get(ticketId)
      if ((!up || journal.has(ticketId)) && known === undefined) throw new LiandongError('database.down')
      // Refuse before keeping: what the journal takes is acknowledged.
      const expected = !up || journal.has(ticketId) ? imagine(known as Ticket, one, who, at) : null
      const done = await write({ type: 'act', key: ticketId, act: one, who, at }, () => acts.act(ticketId, one, who, at, false))
      if (done !== null) {
        for (const other of done.value.also) deps.onTicket(remember(other))
        return { ticket: remember(done.value.ticket), stored: 'database' }
      }
      const ticket = expected ?? (known === undefined ? null : imagine(known, one, who, at))
      if (ticket === null) throw new LiandongError('database.down')
      return { ticket: remember(ticket), stored: 'journal' }
    },
    async get(ticketId) {
      const known = tickets.get(ticketId)
      if (known !== undefined && (!up || journal.has(ticketId))) return known
      return remember(await read(ticketId))
    },
    async list(query) {
      const { page, count, values } = listTickets(query)
      const [{ rows }, { rows: [counted] }] = await Promise.all([pool.query<TicketRow>(page, [...values, query.limit, query.offset]), pool.query<{ total: number }>(count, [...values])])
      const total = counted?.total ?? 0
      return total > MOST_COUNTED ? { tickets: rows.map(summaryOf), total: MOST_COUNTED, more: true } : { tickets: rows.map(summaryOf), total }
    },
    async history(ticketId) {
      const { rows } = await pool.query<{ version: number; act_id: string; act: string; at: Date; by_id: string | null; display_name: string | null; changes: Record<string, [unknown, unknown]>; note: string }>(sql.READ_HISTORY, [ticketId])
      return rows.map((row) => ({ version: row.version, actId: row.act_id, act: row.act, at: row.at.getTime(), by: row.by_id === null ? null : { id: row.by_id, displayName: row.display_name ?? '' }, changes: row.changes, note: row.note }))
    },
    async units() {
      const { rows } = await pool.query<{ id: string; name: string; name_en: string; phone: string; standby: boolean; categories: string[]; office_hours: string }>(sql.LIST_UNITS)
      return rows.map(({ name_en, office_hours, ...unit }) => ({ ...unit, nameEn: name_en, officeHours: office_hours }))
    },
    async calls(query) {
      const { rows } = await pool.query<CallRow & { total: number }>(callSql.LIST_CALLS, [query.number ?? null, query.operatorId ?? null, query.limit, query.offset])
      return { calls: rows.map(callOf), total: rows[0]?.total ?? 0 }
    },
  }
}

/** Midnight of the city's day that contains `now`. */
export function startOfDay(now: number, timeZone: string): Date {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).formatToParts(now)
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0)
  return new Date(now - ((part('hour') * 60 + part('minute')) * 60 + part('second')) * 1000 - (now % 1000))
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([work, new Promise<never>((_, reject) => { timer = setTimeout(reject, ms, new Error(`no answer from PostgreSQL in ${ms} ms`)) })])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
