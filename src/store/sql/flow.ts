import type { CallBackWish, VoiceMessage } from '../../intake/ports.js'

/** $1 message, $2 call, $3 begun, $4 length or null. A replay never takes a length away. */
export const SAVE_MESSAGE = `
insert into voice_message (id, call_id, begun_at, duration_ms) values ($1, $2, $3, $4)
on conflict (id) do update set duration_ms = coalesce(excluded.duration_ms, voice_message.duration_ms)`

/**
 * $1 call, $2 number, $3 reason, $4 when. The number that he keyed in stands against the one he called from; the first wish keeps its reason
 * and its time, and a wish counts more than that he gave up or said nothing.
 */
export const WISH_CALL_BACK = `
insert into call_back_task (call_id, number, reason, since) values ($1, $2, $3, $4)
on conflict (call_id) do update set
  number = case when excluded.reason = 'asked' or call_back_task.reason not in ('asked', 'message') then excluded.number else call_back_task.number end,
  reason = case when call_back_task.reason in ('asked', 'message') then call_back_task.reason else excluded.reason end
where call_back_task.state <> 'done'`

/** The values of `SAVE_MESSAGE`. */
export const messageValues = ({ messageId, callId, begunAt, duration }: VoiceMessage): unknown[] => [messageId, callId, new Date(begunAt), duration]
/** The values of `WISH_CALL_BACK`. */
export const wishValues = ({ callId, number, reason, at }: CallBackWish): unknown[] => [callId, number, reason, new Date(at)]

export const READ_MODES = `select name, until from flow_mode`
/** $1 name, $2 until or null, $3 who. */
export const SET_MODE = `
insert into flow_mode (name, until, set_by) values ($1, $2, $3)
on conflict (name) do update set until = excluded.until, set_by = excluded.set_by, set_at = now()`
export const CLEAR_MODE = `delete from flow_mode where name = $1`
