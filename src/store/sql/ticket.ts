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

export const LIST_UNITS = `select id, name, name_en, phone, standby, categories, office_hours from unit order by position`

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
