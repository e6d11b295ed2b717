import { FLOW_ENDS, LOST, OWN_ENDS } from '../../contracts/call.js'
import type { CallRecord } from '../../intake/ports.js'
import { textsOf } from './texts.js'

/** Whoever writes had the citizen's socket no earlier than anybody who wrote before: what the flow and the queue made of him, he knows best. */
const KNOWS = '(call.held_at is null or excluded.held_at >= call.held_at)'
/** What every call has from its beginning: where nobody had the socket yet, only something else than that is news. */
const better = (column: string, beginning: string): string =>
  `case when excluded.held_at >= call.held_at or (call.held_at is null and excluded.${column} <> ${beginning}) then excluded.${column} else call.${column} end`
const known = (column: string): string => `case when ${KNOWS} then coalesce(excluded.${column}, call.${column}) else coalesce(call.${column}, excluded.${column}) end`
const told = (column: string): string => `case when excluded.${column} = '[]' then call.${column} when ${KNOWS} or call.${column} = '[]' then excluded.${column} else call.${column} end`

/** A flow was done with him: for the intake his call was over then, whenever it ends. */
const SERVED = `(call.hangup_cause in (${textsOf(FLOW_ENDS)}) and excluded.ended_at is not null and excluded.answered_at is null)`
/** That end was our own reckoning, and since then he has come back to a socket of ours, or was answered. */
const BACK = `(call.hangup_cause in (${textsOf(OWN_ENDS)}) and greatest(excluded.held_at, excluded.answered_at) > call.ended_at)`

/**
 * Upsert of a call. A replay, or a node that knows less of him, never undoes what is known: an end that FreeSWITCH told stays, an answer keeps its first time (V4);
 * class, language, category, tags and way through the flow are the word of the node that had his socket last.
 * Parameters: see `callValues`.
 */
export const SAVE_CALL = `
insert into call (id, number, caller_name, verified, called_number, lat, lon, uncertainty, place, state, class, category, language, tags, path,
                  flow_name, flow_version, created_at, queued_at, answered_at, ended_at, operator_id, hangup_cause, pbx_host, held_at, edge, edge_mark)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
on conflict (id) do update set
  number = coalesce(nullif(excluded.number, ''), call.number), caller_name = coalesce(nullif(excluded.caller_name, ''), call.caller_name),
  verified = case when excluded.number in ('', call.number) then call.verified or excluded.verified else excluded.verified end, place = coalesce(nullif(excluded.place, ''), call.place),
  lat = coalesce(excluded.lat, call.lat), lon = coalesce(excluded.lon, call.lon), uncertainty = coalesce(excluded.uncertainty, call.uncertainty),
  state = case when ${SERVED} then call.state
               when excluded.state = 'abandoned' and call.answered_at is not null then 'ended' else excluded.state end,
  class = case when call.class = 'emergency' then call.class else ${better('class', "'standard'")} end, category = ${known('category')}, language = ${better('language', "'zh-CN'")},
  tags = ${told('tags')}, path = ${told('path')}, flow_name = ${known('flow_name')}, flow_version = ${known('flow_version')}, held_at = greatest(call.held_at, excluded.held_at),
  queued_at = least(call.queued_at, excluded.queued_at), answered_at = coalesce(call.answered_at, excluded.answered_at),
  pbx_host = coalesce(excluded.pbx_host, call.pbx_host), edge = coalesce(call.edge, excluded.edge), edge_mark = coalesce(call.edge_mark, excluded.edge_mark), operator_id = coalesce(excluded.operator_id, call.operator_id),
  ended_at = case when ${SERVED} then call.ended_at else excluded.ended_at end, hangup_cause = case when ${SERVED} then call.hangup_cause else excluded.hangup_cause end
where call.ended_at is null or excluded.ended_at is not null or ${BACK}`

const date = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms))

/** The values of `SAVE_CALL`. */
export const callValues = (record: CallRecord): unknown[] => [
  record.callId, record.caller.number, record.caller.name, record.caller.verified, record.calledNumber,
  record.location?.lat ?? null, record.location?.lon ?? null, record.location?.uncertaintyMetres ?? null, record.locationText ?? '',
  record.state, record.class, record.category ?? null, record.language, JSON.stringify(record.tags), JSON.stringify(record.path),
  record.flow?.name ?? null, record.flow?.version ?? null, date(record.createdAt), date(record.queuedAt), date(record.answeredAt), date(record.endedAt),
  record.operatorId ?? null, record.hangupCause ?? null, record.host ?? null, date(record.heldAt), record.edge?.name ?? null, record.edge?.mark ?? null,
]

export const CALL_OF = `select * from call where id = $1`

/** Calls without an end, of the last day: what a restart must look after. */
export const UNFINISHED_CALLS = `select * from call where ended_at is null and created_at > now() - interval '1 day'`

/**
 * Calls whose end was missed (we were away, FreeSWITCH knows them no more): they end now, by the last that is known of them.
 * $1 ids, $2 when it was noticed. An end that comes after all (CDR) puts its own time in.
 */
export const END_MISSED = `
update call set ended_at = $2, state = case when answered_at is null then 'abandoned' else 'ended' end, hangup_cause = '${LOST}'
where id = any($1::uuid[]) and ended_at is null`

/**
 * $1: start of the server's day, $2 now. In time: answered within 15 s of joining the queue (NENA-STA-020, GB/T 33358); it is measured against
 * everybody who was promised that: who was answered, who gave up after more than 15 s, and who waits for longer than that.
 */
export const TODAY = `
select count(*) filter (where answered_at is not null)::int as answered,
       count(*) filter (where answered_at - queued_at <= interval '15 seconds')::int as in_time,
       count(*) filter (where answered_at is not null or (state = 'abandoned' and ended_at - queued_at > interval '15 seconds')
         or (state in ('queued', 'offered') and ended_at is null and $2::timestamptz - queued_at > interval '15 seconds'))::int as promised,
       count(*) filter (where state = 'abandoned')::int as abandoned
from call where created_at >= $1`

/** Who waited since $1, and until when; null: nobody knows of an end. Whoever waited for an hour before that is left out. */
export const WAITS = `
select queued_at, coalesce(answered_at, ended_at) as left_at from call
where created_at > $1::timestamptz - interval '1 hour' and state <> 'refused' and coalesce(answered_at, ended_at, 'infinity') > $1`

/** $1 the number, however it is written (`spellingsOf`), $2 the call of now */
export const EARLIER_CALLS = `select * from call where number = any($1::text[]) and id <> $2 and not exists (select from ticket t where t.id = call.id and t.anonymous) order by created_at desc limit 10`
/** What operators wrote down; a name that only a ticket has is better than none. $1 the number, however it is written, as it is dialled first */
export const CITIZEN = `
select coalesce(nullif(name, ''), (select caller_name from ticket where number_called_from = any($1::text[]) and caller_name <> '' and not anonymous order by opened_at desc limit 1)) as name,
  nullif(address, '') as address, coalesce(hints, '[]') as hints
from (select) asked left join lateral (select * from citizen where number = any($1::text[]) order by array_position($1::text[], number) limit 1) known on true`
/** Open ones first, then newest. $1 the number, however it is written, $2 the call of now */
export const EARLIER_TICKETS = `select * from ticket where number_called_from = any($1::text[]) and id <> $2 and not anonymous order by (state in ('closed', 'void', 'merged')), opened_at desc limit 10`

export const LIST_CALLS = `
select call.*, case when t.anonymous then '' else call.number end as number, case when t.anonymous then '' else call.caller_name end as caller_name, count(*) over ()::int as total
from call left join ticket t on t.id = call.id
where ($1::text[] is null or (call.number = any($1) and t.anonymous is not true)) and ($2::uuid is null or call.operator_id = $2)
order by call.created_at desc limit $3 offset $4`
