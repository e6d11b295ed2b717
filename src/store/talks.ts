import type { Pool } from 'pg'
import type { CallAct } from '../contracts/call.js'
import type { CallLogRow } from '../contracts/routes/talk.js'
import { CALL_EVENTS, NUMBER_OF } from './sql/call-event.js'

interface EventRow { call_id: string; at: Date; act: CallAct; leg_id: string | null; operator_id: string | null; line: string | null; detail: string; display_name: string | null }

/** What is read about talks: who was in a call and when. */
export function makeTalkStore(pool: Pool) {
  return {
    /** The number at which the citizen of a call, or of a ticket that came without one, is called back; null: nobody knows one. */
    async numberOf(callId: string): Promise<string | null> {
      const { rows: [row] } = await pool.query<{ number: string | null }>(NUMBER_OF, [callId])
      return row?.number ?? null
    },
    async callEvents(callId: string): Promise<CallLogRow[]> {
      const { rows } = await pool.query<EventRow>(CALL_EVENTS, [callId])
      return rows.map(({ call_id, at, act, leg_id, operator_id, line, detail, display_name }) => ({
        callId: call_id, at: at.getTime(), act, detail,
        ...(leg_id === null ? {} : { legId: leg_id }), ...(operator_id === null ? {} : { operatorId: operator_id }),
        ...(line === null ? {} : { line }), ...(display_name === null ? {} : { displayName: display_name }),
      }))
    },
  }
}
