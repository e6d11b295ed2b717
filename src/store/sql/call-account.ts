/** $1 state class: `open` or `done`; $2 limit, $3 offset. Those who wait longest come first; what is done, newest first. */
export const LIST_CALL_BACKS = `
select b.*, case when t.anonymous then '' else b.number end as number, p.display_name as claimed_name, d.display_name as done_name, t.number as ticket_number, c.category, c.place, count(*) over ()::int as total
from call_back_task b
left join person p on p.id = b.claimed_by left join person d on d.id = b.done_by
left join ticket t on t.id = b.call_id left join call c on c.id = b.call_id
where (b.state = 'done') = ($1 = 'done')
order by case when $1 = 'done' then b.done_at end desc, b.since limit $2 offset $3`

/** A claim lasts ten minutes; then somebody else may take it. */
export const CLAIM_CALL_BACK = `
update call_back_task set state = 'claimed', claimed_by = $2, claimed_at = now()
where call_id = $1 and (state = 'open' or (state = 'claimed' and (claimed_by = $2 or claimed_at < now() - interval '10 minutes'))) returning call_id`

export const CALL_BACK = `select b.state, p.display_name as claimed_name from call_back_task b left join person p on p.id = b.claimed_by where call_id = $1`

export const SETTLE_CALL_BACK = `
update call_back_task set state = 'done', outcome = $3, note = $4, done_by = $2, done_at = now() where call_id = $1 and state <> 'done' returning call_id`

export const CALL_OF = `select * from call where id = $1`

export const COUNT_EDGE = `insert into edge_count (id, edge, minute, invites, cancelled, unseen) values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing returning id`
export const REFUSE_EDGE = `
insert into edge_refusal (edge_count_id, cause, class, status, count) select $1, cause, class, status, sum(count)
from jsonb_to_recordset($2::jsonb) as r (cause text, class text, status integer, count integer) group by cause, class, status`

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
  count(*)::int as calls,
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
