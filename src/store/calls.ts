import type { Pool } from 'pg'
import type { CallRecord } from '../intake/ports.js'
import { callOf, type CallRow } from './rows.js'
import { CALL_OF } from './sql/call.js'

/** What is written down of a call; null: nothing. */
export async function readCall(pool: Pick<Pool, 'query'>, callId: string): Promise<CallRecord | null> {
  const { rows: [row] } = await pool.query<CallRow>(CALL_OF, [callId])
  return row === undefined ? null : callOf(row)
}
