/** A matter of police, fire or medical is kept longer, whatever the caller had pressed. `c`: the call, `t`: its ticket. */
const URGENT = `(coalesce(c.class, 'emergency') = 'emergency' or t.kind in ('police', 'fire', 'medical'))`
/** $1 days of others, $2 of emergencies. */
const KEPT = `make_interval(days => case when ${URGENT} then $2::int else $1::int end)`

export const RECORDING_BEGUN = `insert into recording (id, call_id, node, state, began_at) values ($1, $2, $3, 'recording', $4) on conflict (id) do nothing`

/** A call's own channel by its row; a citizen's leg of a call back by the record of who was in the call. */
export const RECORDINGS_OVER = `
select id, id as call_id from call where id = any($1::uuid[]) and ended_at is not null
union select leg_id, call_id from call_event where leg_id = any($1::uuid[]) and act in ('dialled', 'reached', 'ended')`

/** $1 id, $2 call, $3 node, $4 state, $5 began, $6 ended, $7 bytes, $8 ms, $9 sha256. What was taken in already stays as it is. */
export const KEEP_RECORDING = `
insert into recording (id, call_id, node, state, began_at, ended_at, bytes, duration_ms, sha256) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (id) do update set state = excluded.state, node = excluded.node, ended_at = excluded.ended_at, bytes = excluded.bytes, duration_ms = excluded.duration_ms, sha256 = excluded.sha256
where recording.state in ('recording', 'missing')`
export const IS_RECORDING = `select 1 from recording where id = $1 and sha256 = $2`

export const RECORDINGS_UNFINISHED = `
select r.id from recording r join call c on c.id = r.call_id
where r.state = 'recording' and r.node = $1 and c.ended_at < now() - interval '2 minutes' and r.began_at < now() - interval '2 minutes' limit 500`
export const MARK_RECORDING = `
with marked as (update recording set state = $2 where id = $1 and state not in ('deleted', $2) returning id, call_id, state)
insert into audit (act, subject, details) select 'recording.' || state, call_id::text, jsonb_build_object('recording', id) from marked`

export const RECORDINGS_OF = `
select r.id, r.call_id, r.state, r.began_at, r.ended_at, r.bytes::float8 as bytes, r.duration_ms, r.held_at, r.hold_reason, r.deleted_at, p.display_name as held_by,
  r.ended_at + ${KEPT} as kept_until, (select count(*)::int from recording_play where recording_id = r.id) as plays
from recording r left join call c on c.id = r.call_id left join ticket t on t.id = r.call_id left join person p on p.id = r.held_by
where r.call_id = $3 order by r.began_at, r.id`

export const READ_RECORDING = `select call_id, node, state, bytes::float8 as bytes, duration_ms, encode(sha256, 'hex') as sha256, deleted_at from recording where id = $1`

export const TOOK_PART = `
select exists (select from ticket where id = $1 and operator_id = $2) or exists (select from call where id = $1 and operator_id = $2)
  or exists (select from call_event where call_id = $1 and operator_id = $2 and act in ('answered', 'joined', 'taken-over', 'reached')) as yes`

/** One transaction: the play and its audit row. $1 play, $2 recording, $3 person, $4 reason */
export const NOTE_PLAY = `
with play as (insert into recording_play (id, recording_id, person_id, reason) values ($1, $2, $3, $4) returning recording_id, reason)
insert into audit (person_id, act, subject, details)
select $3, 'recording.play', r.call_id::text, jsonb_build_object('recording', r.id, 'reason', play.reason) from play join recording r on r.id = play.recording_id`
export const IS_PLAY = `select exists (select from recording_play where id = $1 and recording_id = $2 and person_id = $3 and at > now() - make_interval(secs => $4)) as yes`
export const RECORDING_PLAYS = `select a.at, p.display_name as by, a.reason from recording_play a join person p on p.id = a.person_id where a.recording_id = $1 order by a.at desc limit 500`

/** $1 id, $2 on, $3 person, $4 reason */
export const HOLD_RECORDING = `
with held as (
  update recording set held_by = case when $2 then $3::uuid end, held_at = case when $2 then now() end, hold_reason = case when $2 then $4 else '' end
  where id = $1 and state <> 'deleted' and (held_by is null) = $2 returning id, call_id
)
insert into audit (person_id, act, subject, details)
select $3, case when $2 then 'recording.hold' else 'recording.release' end, call_id::text, jsonb_build_object('recording', id, 'reason', $4::text) from held`

/** $1 node, $2 the last id seen, $3 how many. What is missing is told again until it is back. */
export const RECORDING_INDEX = `
select id, call_id, bytes::float8 as bytes, encode(sha256, 'hex') as sha256 from recording
where node = $1 and id > $2::uuid and sha256 is not null and state <> 'deleted' order by id limit $3`
export const RECORDINGS_HELD = `
select r.id, r.call_id, r.held_at as at, p.display_name as by, r.hold_reason as reason from recording r join person p on p.id = r.held_by order by r.held_at, r.id`

const DUE = `
select r.id from recording r left join call c on c.id = r.call_id left join ticket t on t.id = r.call_id
where r.state in ('kept', 'cut') and r.held_by is null and r.ended_at + ${KEPT} < now()`
/** $1, $2: days; $3 node. */
export const RECORDING_DUE = `${DUE} and r.node = $3 order by r.ended_at limit 1 for update of r skip locked`
/** $1, $2: days; $3 id. */
export const RECORDING_DUE_STILL = `${DUE} and r.id = $3 for update of r skip locked`
/** What other nodes took in. $1, $2: days; $3 node, $4 the last id seen, $5 how many */
export const RECORDINGS_DUE_ELSEWHERE = `${DUE} and r.node <> $3 and r.id > $4::uuid order by r.id limit $5`
export const RECORDING_DELETED = `
with gone as (update recording set state = 'deleted', deleted_at = now() where id = $1 returning id, call_id, began_at)
insert into audit (act, subject, details) select 'recording.delete', call_id::text, jsonb_build_object('recording', id, 'began', began_at) from gone`
