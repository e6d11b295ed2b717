import type { Pool } from 'pg'
import type { CallerContext, Hint, TicketSummary } from '../contracts/call.js'
import { LiandongError } from '../contracts/errors.js'
import { spellingsOf } from '../contracts/telephone.js'
import { plainPlace } from '../dispatch/core/cluster.js'
import { instantOf, localOf } from '../dispatch/core/zone.js'
import type { TicketStore } from '../dispatch/tickets.js'
import type { CallerContexts, IntakeRecords } from '../intake/ports.js'
import { inTime } from './blame.js'
import { readCall } from './calls.js'
import { callOf, earlierCallOf, summaryOf, type CallRow, type TicketRow } from './rows.js'
import * as callSql from './sql/call.js'
import { NEARBY } from './sql/cluster.js'
import { listTickets, MOST_COUNTED } from './sql/list.js'
import * as sql from './sql/ticket.js'

export interface LookupDeps {
  /** Of their own: a list that takes long never stands before an answer. */
  readonly pool: Pool
  readonly contextDeadline: number
  readonly timeZone: string
  readonly clock: () => number
  readonly logger: { warn(fields: object, text: string): void }
  readonly isUp: () => boolean
}

/** So many tickets in hand nearby are shown as the telephone rings. */
const MOST_NEARBY = 5

/** An act that is known so much later than it was done was not done here and now, ms. */
const LATE = 60_000

/** Everything that is only read. */
export function makeLookups({ pool, contextDeadline, timeZone, clock, logger, isUp }: LookupDeps): CallerContexts & Pick<TicketStore, 'list' | 'history' | 'units' | 'calls'> & Pick<IntakeRecords, 'unfinishedCalls' | 'callRecord' | 'today'> & { waits(since: number): Promise<readonly { readonly from: number; readonly to: number | null }[]> } {
  return {
    async lookUp(query) {
      const nothing: CallerContext = { complete: false, hints: [], earlierCalls: [], earlierTickets: [], nearby: [] }
      if (!isUp()) return nothing
      const known = query.number === '' ? null : spellingsOf(query.number)
      const { category, location, place = '' } = query
      try {
        const [citizen, calls, mine, nearby] = await inTime(Promise.all([
          known === null ? null : pool.query<{ name: string | null; address: string | null; hints: Hint[] }>(callSql.CITIZEN, [known]),
          known === null ? null : pool.query<CallRow>(callSql.EARLIER_CALLS, [known, query.callId]),
          known === null ? null : pool.query<TicketRow>(callSql.EARLIER_TICKETS, [known, query.callId]),
          category === undefined ? null : pool.query<TicketRow & { distance: number | null }>(NEARBY, [query.callId, category, location?.lat ?? null, location?.lon ?? null, plainPlace(place), location?.uncertaintyMetres ?? null, MOST_NEARBY]),
        ]), contextDeadline)
        const person = citizen?.rows[0]
        return {
          complete: true,
          ...(person?.name == null ? {} : { knownName: person.name }),
          ...(person?.address == null ? {} : { knownAddress: person.address }),
          hints: person?.hints ?? [],
          earlierCalls: calls?.rows.map(earlierCallOf) ?? [],
          earlierTickets: mine?.rows.map((row) => summaryOf(row)) ?? [],
          nearby: nearby?.rows.map((row) => summaryOf(row)) ?? [],
        }
      } catch (error) {
        logger.warn({ err: error, callId: query.callId }, 'caller not looked up')
        return nothing
      }
    },
    async unfinishedCalls() {
      const { rows } = await pool.query<CallRow>(callSql.UNFINISHED_CALLS)
      return rows.map(callOf)
    },
    callRecord: (callId) => readCall(pool, callId),
    async today() {
      if (!isUp()) throw new LiandongError('database.down')
      const { rows: [row] } = await pool.query<{ answered: number; in_time: number; promised: number; abandoned: number }>(callSql.TODAY, [startOfDay(clock(), timeZone), new Date(clock())])
      return { answered: row?.answered ?? 0, answeredInTime: row?.in_time ?? 0, promised: row?.promised ?? 0, abandoned: row?.abandoned ?? 0 }
    },
    async waits(since) {
      const { rows } = await pool.query<{ queued_at: Date; left_at: Date | null }>(callSql.WAITS, [new Date(since)])
      return rows.map(({ queued_at, left_at }) => ({ from: queued_at.getTime(), to: left_at?.getTime() ?? null }))
    },
    async list(query) {
      const { page, newest, count, countHasPage, values } = listTickets(query)
      const given = [...values, query.limit, query.offset]
      const ask = async (text: string): Promise<readonly TicketRow[]> => (await pool.query<TicketRow>(text, given)).rows
      const answer = (rows: readonly TicketRow[], total: number): { tickets: TicketSummary[]; total: number; more?: true } => ({ tickets: rows.map((row) => summaryOf(row, query.own === true ? query.unitId : undefined)), ...total > MOST_COUNTED ? { total: MOST_COUNTED, more: true } : { total } })
      if (!countHasPage) {
        const [rows, { rows: [row] }] = await Promise.all([ask(page), pool.query<{ total: number }>(count, [...values])])
        return answer(rows, row?.total ?? 0)
      }
      const { rows } = await pool.query<Partial<TicketRow> & { total: number }>(count, given)
      const total = rows[0]?.total ?? 0
      if (total <= MOST_COUNTED) return answer(rows.filter((row): row is TicketRow & { total: number } => row.id != null), total)
      // What so many have is found among the newest, as a rule.
      const first = newest === null ? [] : await ask(newest)
      return answer(first.length === query.limit ? first : await ask(page), total)
    },
    async history(ticketId) {
      const { rows } = await pool.query<{ version: number; act_id: string; act: string; at: Date; recorded_at: Date; by_id: string | null; display_name: string | null; changes: Record<string, [unknown, unknown]>; note: string; names: Record<string, string> | null }>(sql.READ_HISTORY, [ticketId])
      return rows.map((row) => ({ version: row.version, actId: row.act_id, act: row.act, at: row.at.getTime(), ...(row.recorded_at.getTime() - row.at.getTime() > LATE ? { recordedAt: row.recorded_at.getTime() } : {}), by: row.by_id === null ? null : { id: row.by_id, displayName: row.display_name ?? '' }, changes: row.changes, ...(row.names !== null && { names: row.names }), note: row.note }))
    },
    async units() {
      const { rows } = await pool.query<{ id: string; name: string; name_en: string; phone: string; standby: boolean; categories: string[]; office_hours: string }>(sql.LIST_UNITS)
      return rows.map(({ name_en, office_hours, ...unit }) => ({ ...unit, nameEn: name_en, officeHours: office_hours }))
    },
    async calls(query) {
      const { rows } = await pool.query<CallRow & { total: number }>(callSql.LIST_CALLS, [query.number === undefined ? null : spellingsOf(query.number), query.operatorId ?? null, query.limit, query.offset])
      return { calls: rows.map(callOf), total: rows[0]?.total ?? 0 }
    },
  }
}

/** When the city's day that contains `now` (ms since epoch) began: its midnight, or where the clock was put forward then, the instant after. */
export const startOfDay = (now: number, timeZone: string): Date => new Date(instantOf(localOf(now, timeZone).day, 0, timeZone))
