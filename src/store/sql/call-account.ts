/** Who is called back once: a number, as far as it is known. Who stays unnamed is not to be known again by it. */
const PERSON = `case when b.number = '' or t.anonymous then b.call_id::text else b.number end`
/** Whom the number is known as; who wants to stay unnamed is not named. */
const NAME = `case when t.anonymous then '' else coalesce(nullif(z.name, ''), t.caller_name, '') end as name`
/** A claim lasts ten minutes; then somebody else may take it. */
const LAPSED = `b.state = 'claimed' and b.claimed_at < now() - interval '10 minutes'`
/**
 * People to be called back, who may have given up more than once: the line is the task that somebody has taken, else the one that was promised, else the oldest;
 * he waits since the first. $1 limit, $2 offset. Those who wait longest come first.
 */
export const OPEN_CALL_BACK_LIST = `
with task as (
  select b.*, case when ${LAPSED} then 'open' else b.state end as held, ${PERSON} as person, t.anonymous from call_back_task b left join ticket t on t.id = b.call_id where b.state <> 'done'
), one as (
  select distinct on (person) person, task.*, min(since) over w as first_since, count(*) over w ::int as calls, sum(attempts) over w ::int as all_attempts from task
  window w as (partition by person) order by person, held = 'claimed' desc, reason in ('asked', 'message') desc, since
)
select o.*, o.held as state, o.first_since as since, o.all_attempts as attempts, case when o.anonymous then '' else o.number end as number, ${NAME}, p.display_name as claimed_name, null as done_name, t.number as ticket_number, coalesce(c.category, t.category) as category, coalesce(nullif(c.place, ''), t.place) as place, count(*) over ()::int as total
from one o left join person p on p.id = o.claimed_by left join ticket t on t.id = o.call_id left join call c on c.id = o.call_id left join citizen z on z.number = o.number
order by o.first_since limit $1 offset $2`
/** What is done, each call for itself, newest first: years of them, of which those that are shown alone are looked up. $1 limit, $2 offset */
export const DONE_CALL_BACK_LIST = `
select b.*, 1 as calls, case when t.anonymous then '' else b.number end as number, ${NAME}, p.display_name as claimed_name, d.display_name as done_name, t.number as ticket_number, coalesce(c.category, t.category) as category, coalesce(nullif(c.place, ''), t.place) as place,
  (select count(*)::int from call_back_task where state = 'done') as total
from (select * from call_back_task where state = 'done' order by done_at desc limit $1 offset $2) b
left join person p on p.id = b.claimed_by left join person d on d.id = b.done_by
left join ticket t on t.id = b.call_id left join call c on c.id = b.call_id left join citizen z on z.number = b.number
order by b.done_at desc`

/** Another text whenever one of both lists is another. Who is done was open before, or is done now. */
export const CALL_BACK_MARK = `
select (select count(*)::text || ' ' || coalesce(md5(string_agg(concat_ws(' ', b.call_id, b.number, b.reason, b.since, case when ${LAPSED} then 'open' else b.state end, b.claimed_by, b.attempts, t.version), ',' order by b.call_id)), '')
    from call_back_task b left join ticket t on t.id = b.call_id where b.state <> 'done')
  || ' ' || coalesce((select max(done_at)::text from call_back_task where state = 'done'), '') as mark`

export const CLAIM_CALL_BACK = `
update call_back_task b set state = 'claimed', claimed_by = $2, claimed_at = now()
where call_id = $1 and (state = 'open' or (state = 'claimed' and claimed_by = $2) or ${LAPSED}) returning call_id`

export const CALL_BACK = `select b.state, p.display_name as claimed_name from call_back_task b left join person p on p.id = b.claimed_by where call_id = $1`

/** What is settled with a person is settled for each of his calls that somebody else has not taken. $1 call, $2 person, $3 outcome, $4 note → of those the call itself, if it was open */
export const SETTLE_CALL_BACK = `
with asked as (select b.call_id, ${PERSON} as person from call_back_task b left join ticket t on t.id = b.call_id where b.call_id = $1 and b.state <> 'done'),
settled as (
  update call_back_task set state = 'done', outcome = $3, note = $4, done_by = $2, done_at = now()
  where state <> 'done' and call_id in (
    select b.call_id from call_back_task b left join ticket t on t.id = b.call_id, asked a
    where b.call_id = a.call_id or (b.state <> 'done' and ${PERSON} = a.person and (b.state = 'open' or b.claimed_by = $2)))
  returning call_id)
select call_id from settled where call_id = $1`

export const COUNT_EDGE = `insert into edge_count (id, edge, minute, invites, cancelled, unseen, marked) values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do nothing returning id`
export const REFUSE_EDGE = `
insert into edge_refusal (edge_count_id, cause, class, status, count) select $1, cause, class, status, sum(count)
from jsonb_to_recordset($2::jsonb) as r (cause text, class text, status integer, count integer) group by cause, class, status`

/** $1 edge, $2 until, $3 pending. Of its reports those stay that may still be asked for: the last of more than ten seconds ago, and those after it. */
export const REPORT_EDGE = `
with old as (delete from edge_report where edge = $1 and told_at < (select max(told_at) from edge_report where edge = $1 and told_at < now() - interval '10 seconds'))
insert into edge_report (edge, until, pending) values ($1, $2, $3) on conflict (edge, until) do update set pending = excluded.pending, told_at = now()`

/**
 * Each edge's part of one day. $1 a date, $2 its time zone, $3 a call may be written down so much later than its INVITE was told of, s, $4 s without a word that are silence.
 * An edge belongs to the day when it counted then, when calls then have its marks, or when its last word is of then or of the day before.
 * A call that FreeSWITCH refused, or whose caller hung up before FreeSWITCH answered, has its outcome at the edge; one that two FreeSWITCHes took is one.
 */
export const EDGES_OF_DAY = `
with day as (select a, b, (extract(epoch from a) * 1000000)::bigint as first, (extract(epoch from b) * 1000000)::bigint as past
             from (select ($1::date)::timestamp at time zone $2 as a, ($1::date + 1)::timestamp at time zone $2 as b) d),
told as (select distinct on (edge) edge, until, pending, told_at from edge_report where told_at <= now() - make_interval(secs => $3) order by edge, told_at desc, until desc),
latest as (select edge, max(told_at) as told_at, max(until) as until from edge_report group by edge),
kept as (select c.* from edge_count c, day where minute >= a and minute < b and marked),
counted as (select kept.edge, sum(invites)::int as invites, sum(cancelled)::int as cancelled from kept join told on told.edge = kept.edge and kept.told_at <= told.told_at group by kept.edge),
refused as (select kept.edge, sum(count)::int as n from kept join told on told.edge = kept.edge and kept.told_at <= told.told_at join edge_refusal r on r.edge_count_id = kept.id group by kept.edge),
arrived as (
  select c.edge, count(distinct edge_mark) filter (where edge_mark <= told.until and not edge_mark = any (told.pending) and c.state <> 'refused' and c.hangup_cause is distinct from 'ORIGINATOR_CANCEL')::int as calls
  from day, call c left join told on told.edge = c.edge where edge_mark >= first and edge_mark < past group by c.edge),
here as (select edge from kept union select edge from arrived union select edge from latest, day where until >= first - 86400000000 and until < past)
select here.edge, coalesce(counted.invites, 0) as invites, coalesce(counted.cancelled, 0) as cancelled, coalesce(refused.n, 0) as refused, coalesce(arrived.calls, 0) as calls, latest.told_at, told.edge is not null as heard,
  (select count(*)::int from unnest(told.pending) as mark where mark >= first and mark < past) as pending,
  latest.edge is null or (latest.until < past and latest.told_at < now() - make_interval(secs => $4)) as silent
from day, here left join told on told.edge = here.edge left join latest on latest.edge = here.edge left join counted on counted.edge = here.edge left join refused on refused.edge = here.edge left join arrived on arrived.edge = here.edge
order by here.edge`

/** One day of the city, $1 a date, $2 its time zone. Every call is in exactly one of the columns, or it is unaccounted. */
export const DAY_ACCOUNT = `
with day as (select ($1::date)::timestamp at time zone $2 as a, ($1::date + 1)::timestamp at time zone $2 as b)
select
  (select sum(invites)::int from edge_count where minute >= (select a from day) and minute < (select b from day)) as invites,
  (select coalesce(sum(cancelled), 0)::int from edge_count where minute >= (select a from day) and minute < (select b from day)) as edge_cancelled,
  (select coalesce(sum(unseen), 0)::int from edge_count where minute >= (select a from day) and minute < (select b from day)) as edge_unseen,
  (select coalesce(json_agg(json_build_object('cause', cause, 'class', class, 'status', status, 'count', count)), '[]') from (
     select cause, class, status, sum(count)::int as count from edge_refusal join edge_count on edge_count.id = edge_count_id
     where minute >= (select a from day) and minute < (select b from day) group by cause, class, status order by sum(count) desc) r) as edge_refused,
  (select sum(invites - cancelled)::int from edge_count where minute >= (select a from day) and minute < (select b from day) and not marked) as unmarked,
  (select coalesce(sum(count), 0)::int from edge_refusal join edge_count on edge_count.id = edge_count_id where minute >= (select a from day) and minute < (select b from day) and not marked) as unmarked_refused,
  count(*)::int as calls,
  count(*) filter (where edge is null)::int as straight,
  count(*) filter (where edge is null and state <> 'refused')::int as straight_taken,
  count(*) filter (where answered_at is not null)::int as answered,
  count(*) filter (where answered_at is null and state = 'abandoned')::int as abandoned,
  count(*) filter (where answered_at is null and state = 'refused')::int as refused,
  count(*) filter (where answered_at is null and state = 'ended')::int as settled,
  count(*) filter (where answered_at is null and ended_at is null)::int as waiting,
  (select coalesce(json_object_agg(coalesce(outcome, state), n), '{}') from (
     select b.outcome, b.state, count(*)::int as n from call c2 join call_back_task b on b.call_id = c2.id
     where c2.created_at >= (select a from day) and c2.created_at < (select b from day) and c2.answered_at is null and c2.state = 'abandoned' group by b.outcome, b.state) o) as call_backs,
  (select count(*)::int from call c3 where c3.created_at >= (select a from day) and c3.created_at < (select b from day) and c3.answered_at is null and c3.state = 'abandoned'
     and not exists (select from call_back_task b where b.call_id = c3.id)) as without_call_back
from call where created_at >= (select a from day) and created_at < (select b from day)`

export const OPEN_CALL_BACKS = `select count(*)::int as open from call_back_task where state <> 'done'`
