import type { Pool } from 'pg'
import type { Recording } from '../contracts/routes/recordings.js'
import type { RecordingStore } from '../recording/ports.js'
import { inTransaction } from './pool.js'
import * as sql from './sql/recording.js'

interface Row {
  id: string; call_id: string; state: Recording['state']; began_at: Date; ended_at: Date | null; bytes: number | null; duration_ms: number | null; held_at: Date | null; hold_reason: string
  deleted_at: Date | null; held_by: string | null; kept_until: Date | null; plays: number
}

/** The index of recordings, who heard them and who holds them. */
export function makeRecordingStore(pool: Pool): RecordingStore {
  const yes = async (text: string, values: unknown[]): Promise<boolean> => (await pool.query<{ yes: boolean }>(text, values)).rows[0]?.yes === true
  /** @returns whether there was one */
  const removeOne = (due: string, values: unknown[], remove: (id: string) => Promise<void>): Promise<boolean> => inTransaction(pool, async (client) => {
    const { rows: [row] } = await client.query<{ id: string }>(due, values)
    if (row === undefined) return false
    // The row is locked: who wants to hold it waits, and is told that it is gone. A death between the two leaves a row whose file the next turn removes again.
    await remove(row.id)
    await client.query(sql.RECORDING_DELETED, [row.id])
    return true
  })

  return {
    async begun(id, callId, node, at) { await pool.query(sql.RECORDING_BEGUN, [id, callId, node, new Date(at)]) },
    async over(ids) { return new Map((await pool.query<{ id: string; call_id: string }>(sql.RECORDINGS_OVER, [ids])).rows.map(({ id, call_id }) => [id, call_id])) },
    async keep({ id, callId, state, beganAt, endedAt, bytes, durationMs, sha256 }, node) {
      const { rowCount } = await pool.query(sql.KEEP_RECORDING, [id, callId, node, state, new Date(beganAt), new Date(endedAt), bytes, durationMs, sha256])
      return (rowCount ?? 0) > 0 || ((await pool.query(sql.IS_RECORDING, [id, sha256])).rowCount ?? 0) > 0 ? 'kept' : 'other'
    },
    async unfinished(node) { return (await pool.query<{ id: string }>(sql.RECORDINGS_UNFINISHED, [node])).rows.map(({ id }) => id) },
    async mark(id, state) { await pool.query(sql.MARK_RECORDING, [id, state]) },
    async ofTicket(ticketId, { standard, emergency }) { return (await pool.query<Row>(sql.RECORDINGS_OF, [standard, emergency, ticketId])).rows.map(recordingOf) },
    async find(id) {
      const { rows: [row] } = await pool.query<{ call_id: string; node: string; state: Recording['state']; bytes: number | null; duration_ms: number | null; sha256: string | null; deleted_at: Date | null }>(sql.READ_RECORDING, [id])
      return row === undefined ? null : { callId: row.call_id, node: row.node, state: row.state, bytes: row.bytes, durationMs: row.duration_ms, sha256: row.sha256 ?? '', deletedAt: row.deleted_at?.getTime() ?? null }
    },
    tookPart: (callId, personId) => yes(sql.TOOK_PART, [callId, personId]),
    async notePlay(playId, id, personId, reason) { await pool.query(sql.NOTE_PLAY, [playId, id, personId, reason]) },
    isPlay: (playId, id, personId, within) => yes(sql.IS_PLAY, [playId, id, personId, within / 1000]),
    async plays(id) { return (await pool.query<{ at: Date; by: string; reason: string }>(sql.RECORDING_PLAYS, [id])).rows.map(({ at, ...row }) => ({ ...row, at: at.getTime() })) },
    async hold(id, on, personId, reason) { return ((await pool.query(sql.HOLD_RECORDING, [id, on, personId, reason])).rowCount ?? 0) > 0 },
    async index(node, after, most) { return (await pool.query<{ id: string; call_id: string; bytes: number; sha256: string }>(sql.RECORDING_INDEX, [node, after, most])).rows.map(({ call_id: callId, ...row }) => ({ ...row, callId })) },
    async held() { return (await pool.query<{ id: string; call_id: string; at: Date; by: string; reason: string }>(sql.RECORDINGS_HELD)).rows.map(({ call_id: callId, at, ...row }) => ({ ...row, callId, at: at.getTime() })) },
    async removeDue(node, { standard, emergency }, most, remove) {
      for (let count = 0; ; count += 1) if (count === most || !await removeOne(sql.RECORDING_DUE, [standard, emergency, node], remove)) return count
    },
    async removeDueElsewhere(node, { standard, emergency }, after, most, there, remove) {
      const { rows } = await pool.query<{ id: string }>(sql.RECORDINGS_DUE_ELSEWHERE, [standard, emergency, node, after, most])
      for (const { id } of rows) if (await there(id)) await removeOne(sql.RECORDING_DUE_STILL, [standard, emergency, id], remove)
      return rows.length < most ? null : rows.at(-1)?.id ?? null
    },
  }
}

const recordingOf = (row: Row): Recording => ({
  id: row.id, callId: row.call_id, state: row.state, beganAt: row.began_at.getTime(), plays: row.plays,
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at.getTime() }),
  ...(row.bytes === null ? {} : { bytes: row.bytes }),
  ...(row.duration_ms === null ? {} : { durationMs: row.duration_ms }),
  ...(row.kept_until === null || row.state === 'deleted' ? {} : { keptUntil: row.kept_until.getTime() }),
  ...(row.held_at === null ? {} : { held: { by: row.held_by ?? '', at: row.held_at.getTime(), reason: row.hold_reason } }),
  ...(row.deleted_at === null ? {} : { deletedAt: row.deleted_at.getTime() }),
})
