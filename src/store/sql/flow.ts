import type { CallBackWish, VoiceMessage } from '../../intake/ports.js'

/** $1 message, $2 call, $3 begun, $4 length or null. A replay never takes a length away. */
export const SAVE_MESSAGE = `
insert into voice_message (id, call_id, begun_at, duration_ms) values ($1, $2, $3, $4)
on conflict (id) do update set duration_ms = coalesce(excluded.duration_ms, voice_message.duration_ms)`

/** $1 call, $2 number, $3 reason, $4 when. The number that he keyed in stands against the one he called from; the first wish keeps its time. */
export const WISH_CALL_BACK = `
with wished as (
  insert into call_back (call_id, number, reason, asked_at) values ($1, $2, $3, $4)
  on conflict (call_id) do update set number = case when excluded.reason = 'asked' then excluded.number else call_back.number end
  returning call_id, number, reason, asked_at
)
insert into call_back_task (call_id, number, reason, since) select call_id, number, reason, asked_at from wished
on conflict (call_id) do update set number = excluded.number, reason = excluded.reason where call_back_task.state <> 'done'`

export const messageValues = ({ messageId, callId, begunAt, duration }: VoiceMessage): unknown[] => [messageId, callId, new Date(begunAt), duration]
export const wishValues = ({ callId, number, reason, at }: CallBackWish): unknown[] => [callId, number, reason, new Date(at)]

export const READ_MODES = `select name, until from flow_mode`
/** $1 name, $2 until or null, $3 who. */
export const SET_MODE = `
insert into flow_mode (name, until, set_by) values ($1, $2, $3)
on conflict (name) do update set until = excluded.until, set_by = excluded.set_by, set_at = now()`
export const CLEAR_MODE = `delete from flow_mode where name = $1`
