/**
 * The moment of answering, in one statement and so in one transaction: ticket, its first history row, audit, job. Keyed by the call:
 * doubles, replays and a second node open nothing more and get the ticket that is there.
 * $1 id, $2 category, $3 place, $4 lat, $5 lon, $6 caller's name, $7 call-back, $8 operator, $9 number, $10 verified, $11 tags, $12 answered at, $13 act id, $14 uncertainty of the place
 */
export const OPEN_TICKET = `
with opened as (
  insert into ticket (id, number, state, version, category, place, lat, lon, caller_name, call_back, operator_id, number_called_from, number_verified, tags, answered_at, uncertainty)
  select $1, ticket_label(nextval('ticket_number')), 'open', 1, $2, $3, $4, $5, $6, $7, (select id from person where id = $8::uuid), $9, $10, $11, $12, $14::double precision
  where not exists (select from ticket where id = $1)
  on conflict (id) do nothing
  returning *
), history as (
  insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes)
  select id, 1, $13, 'open', answered_at, operator_id, '{}' from opened
), noted as (
  insert into audit (person_id, act, subject, details)
  select operator_id, 'ticket.open', id::text, jsonb_build_object('number', number, 'callBack', call_back) from opened
), job as (
  select graphile_worker.add_job('ticket.follow-up', json_build_object('ticketId', id), run_at := now() + interval '15 minutes', job_key := 'follow-up:' || id) from opened
)
select opened.*, (select count(*) from job) as jobs from opened`

export const READ_TICKET = `select * from ticket where id = $1`
export const LOCK_TICKET = `select * from ticket where id = $1 for update`
export const ACT_DONE = `select 1 from ticket_history where act_id = $1`
/** Fields that others changed after version $2. */
export const CHANGED_BY_OTHERS = `select distinct jsonb_object_keys(changes) as field from ticket_history where ticket_id = $1 and version > $2 and by_id is distinct from $3`

export const UPDATE_TICKET = `
update ticket set state = $2, version = $3, kind = $4, category = $5, place = $6, lat = $7, lon = $8, description = $9, caller_name = $10, call_back = $11,
  outcome = $12, unit_id = $13, dispatched_at = $14, closed_at = $15, attention = attention and $4::text is null, uncertainty = $16
where id = $1 returning *`

export const ADD_HISTORY = `insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, note) values ($1, $2, $3, $4, $5, $6, $7, $8)`

/** The caller was gone in the instant of the answer. One more history row, by the system. */
export const MARK_CALL_BACK = `
with marked as (
  update ticket set call_back = true, version = version + 1 where id = $1 and not call_back returning id, version
)
insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes)
select id, version, $2, 'call-back', $3, null, '{"callBack": [false, true]}' from marked`

export const READ_HISTORY = `
select h.version, h.act_id, h.act, h.at, h.by_id, p.display_name, h.changes, h.note
from ticket_history h left join person p on p.id = h.by_id where h.ticket_id = $1 order by h.version`

/** $1 operator or null, $2 unit or null, $3 state or null, $4 text or null, $5 call-back or null, $6 limit, $7 offset */
export const LIST_TICKETS = `
select *, count(*) over ()::int as total from ticket
where ($1::uuid is null or operator_id = $1 or exists (select from ticket_history h where h.ticket_id = ticket.id and h.by_id = $1))
  and ($2::text is null or unit_id = $2) and ($3::text is null or state = $3)
  and ($4::text is null or replace(number, '-', '') like replace($4, '-', '') || '%' or number_called_from like $4 || '%' or place ilike '%' || $4 || '%' or description ilike '%' || $4 || '%')
  and ($5::boolean is null or call_back = $5)
order by opened_at desc limit $6 offset $7`

export const LIST_UNITS = `select id, name, name_en, phone, standby, categories from unit order by position`

/** The follow-up job: a ticket that nobody settled is marked, once, for the supervisors. */
export const MARK_ATTENTION = `
with marked as (
  update ticket set attention = true, version = version + 1 where id = $1 and kind is null and state <> 'closed' and not attention returning id, version
), history as (
  insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes)
  select id, version, $2, 'attention', now(), null, '{"attention": [false, true]}' from marked
)
insert into audit (act, subject) select 'ticket.attention', id::text from marked`

/** Poll for changes that a lost NOTIFY did not tell. $1: since. */
export const CHANGED_SINCE = `select ticket_id as id, max(version) as version from ticket_history where at > $1 group by ticket_id`
