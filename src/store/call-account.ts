import type { Pool } from 'pg'
import type { CallBack, DayAccount, EdgeCounts } from '../contracts/routes/account.js'
import { LiandongError } from '../contracts/errors.js'
import type { CallRecord } from '../intake/ports.js'
import { readCall } from './calls.js'
import { inTransaction } from './pool.js'
import * as sql from './sql/call-account.js'

interface CallBackRow {
  call_id: string; number: string; name: string; reason: CallBack['reason']; since: Date; calls: number; state: CallBack['state']; attempts: number; last_attempt_at: Date | null; claimed_by: string | null; claimed_name: string | null
  outcome: NonNullable<CallBack['outcome']> | null; done_name: string | null; done_at: Date | null; note: string; ticket_number: string | null; category: string | null; place: string | null; total: number
}
interface AccountRow {
  invites: number | null; edge_refused: DayAccount['edgeRefused']; edge_cancelled: number; edge_unseen: number; calls: number; answered: number; abandoned: number; refused: number; settled: number; waiting: number
  call_backs: Record<string, number>; without_call_back: number; straight: number; straight_taken: number; unmarked: number | null; unmarked_refused: number
}
interface EdgeRow { edge: string; invites: number; cancelled: number; refused: number; calls: number; pending: number; told_at: Date | null; heard: boolean; silent: boolean }

/** An edge tells every half minute. What it tells of is written down by us within so long, s. */
const LAG = 5
/** So long without a word is silence, s. */
const SILENCE = 120

/** The account of calls: whom to call back, what the edge saw, whether each day adds up. */
export function makeCallAccount({ pool, timeZone, clock }: { readonly pool: Pool; readonly timeZone: string; readonly clock: () => number }) {
  return {
    async list(state: 'open' | 'done', limit: number, offset: number): Promise<{ callBacks: CallBack[]; total: number }> {
      const { rows } = await pool.query<CallBackRow>(state === 'done' ? sql.DONE_CALL_BACK_LIST : sql.OPEN_CALL_BACK_LIST, [limit, offset])
      return { callBacks: rows.map(callBackOf), total: rows[0]?.total ?? 0 }
    },
    /** Another text whenever somebody else, or something else of somebody, is on the lists. */
    async mark(): Promise<string> { return (await pool.query<{ mark: string }>(sql.CALL_BACK_MARK)).rows[0]?.mark ?? '' },
    /** → the call; null: there was none, its ticket came by another way. @throws LiandongError when somebody else has it or it is done. */
    async claim(callId: string, personId: string): Promise<CallRecord | null> {
      const { rowCount } = await pool.query(sql.CLAIM_CALL_BACK, [callId, personId])
      if (rowCount === 0) await refuse(callId)
      return readCall(pool, callId)
    },
    async settle(callId: string, personId: string, outcome: string, note: string): Promise<void> {
      const { rowCount } = await pool.query(sql.SETTLE_CALL_BACK, [callId, personId, outcome, note])
      if (rowCount === 0) await refuse(callId)
    },
    async count({ edge, rows, until, pending }: EdgeCounts): Promise<void> {
      await inTransaction(pool, async (client) => {
        for (const { id, minute, invites, cancelled = 0, unseen = 0, refused } of rows) {
          const { rowCount } = await client.query(sql.COUNT_EDGE, [id, edge, new Date(minute), invites, cancelled, unseen, until !== undefined])
          if ((rowCount ?? 0) > 0 && refused.length > 0) await client.query(sql.REFUSE_EDGE, [id, JSON.stringify(refused)])
        }
        if (until !== undefined && pending !== undefined) await client.query(sql.REPORT_EDGE, [edge, until, pending])
      })
    },
    /** @param day `2026-01-31` of the city; today when absent. @param expected an edge is to tell us: on a day of which none does, nobody knows. */
    async account(day: string | undefined, expected: boolean): Promise<DayAccount> {
      const today = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(clock())
      const date = day ?? today
      if (!isDate(date)) throw new LiandongError('request.invalid', { where: 'day', problem: date })
      const { rows: [row] } = await pool.query<AccountRow>(sql.DAY_ACCOUNT, [date, timeZone])
      const { rows: edgeRows } = await pool.query<EdgeRow>(sql.EDGES_OF_DAY, [date, timeZone, LAG, SILENCE])
      if (row === undefined) throw new Error('an aggregate without a row')
      const { invites, edge_refused: edgeRefused, edge_cancelled: edgeCancelled, edge_unseen: edgeUnseen, calls, answered, abandoned, refused, settled, waiting } = row
      const edges = edgeRows.map((one) => ({
        edge: one.edge, invites: one.invites, refused: one.refused, cancelled: one.cancelled, pending: one.pending, calls: one.calls,
        unaccounted: one.heard ? one.invites - one.refused - one.cancelled - one.pending - one.calls : null, ...(one.told_at === null ? {} : { toldAt: one.told_at.getTime() }), silent: one.silent,
      }))
      const unknown = edges.some(({ silent, unaccounted }) => silent || unaccounted === null) || (expected && date === today && invites === null && edges.length === 0)
      // Edges of before marks were: their INVITEs are calls without one. Whom one FreeSWITCH refused another one may have taken: the edge has counted him once.
      const unmarked = row.unmarked === null ? 0 : row.unmarked - row.unmarked_refused - row.straight_taken
      const strange = calls - answered - abandoned - refused - settled - waiting
      return {
        day: date, invites, straight: row.straight, edges, edgeRefused, edgeCancelled, edgeUnseen, calls, answered, abandoned, refused, settled, waiting,
        unaccounted: unknown ? null : [unmarked, strange, ...edges.map(({ unaccounted }) => unaccounted ?? 0)].reduce((sum, one) => sum + Math.abs(one), 0),
        callBacks: row.call_backs, withoutCallBack: row.without_call_back,
      }
    },
    async open(): Promise<number> {
      const { rows: [row] } = await pool.query<{ open: number }>(sql.OPEN_CALL_BACKS)
      return row?.open ?? 0
    },
  }

  async function refuse(callId: string): Promise<never> {
    const { rows: [row] } = await pool.query<{ state: string; claimed_name: string | null }>(sql.CALL_BACK, [callId])
    if (row === undefined) throw new LiandongError('request.not-found', { what: callId })
    throw new LiandongError(row.state === 'done' ? 'call-back.done' : 'call-back.taken', { name: row.claimed_name ?? '—' })
  }
}

const isDate = (text: string): boolean => { const date = new Date(`${text}T00:00:00Z`); return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) }

const callBackOf = (row: CallBackRow): CallBack => ({
  callId: row.call_id, number: row.number, name: row.name, reason: row.reason, since: row.since.getTime(), calls: row.calls, state: row.state, attempts: row.attempts, note: row.note, place: row.place ?? '',
  ...(row.last_attempt_at === null ? {} : { lastAttemptAt: row.last_attempt_at.getTime() }),
  ...(row.state !== 'claimed' || row.claimed_by === null ? {} : { claimedBy: { id: row.claimed_by, displayName: row.claimed_name ?? '' } }),
  ...(row.outcome === null ? {} : { outcome: row.outcome }),
  ...(row.done_name === null ? {} : { doneBy: row.done_name }),
  ...(row.done_at === null ? {} : { doneAt: row.done_at.getTime() }),
  ...(row.ticket_number === null ? {} : { ticketNumber: row.ticket_number }),
  ...(row.category === null ? {} : { category: row.category }),
})
