import { ANY } from '../../dispatch/core/opened.js'

/** What a ticket is made of: all of its row but the words it is found by, which are as long as the rest, and where it is counted. */
export const TICKET = [
  'id', 'number', 'state', 'version', 'kind', 'category', 'place', 'lat', 'lon', 'uncertainty', 'description', 'caller_name', 'call_back', 'attention', 'outcome', 'unit_id', 'operator_id', 'number_called_from',
  'number_verified', 'tags', 'provisional_number', 'opened_at', 'answered_at', 'dispatched_at', 'closed_at', 'work', 'assist', 'priority', 'due_at', 'merged_into', 'members',
].join(', ')

/** Whose number called, as marks have it: see `callerText`. */
const CALLER_MARK = `encode(sha256(convert_to(id::text || ' ' || number_called_from || ' ' || number_verified::text, 'UTF8')), 'hex')`
/** What the caller keyed, and under which number it was read out while PostgreSQL was away: `tagsText` is the same. */
const TAGS_MARK = `encode(sha256(convert_to(id::text || ' ' || tags::text, 'UTF8')), 'hex')`
const MICROSECONDS = (time: string): string => `(extract(epoch from ${time}) * 1000000)::bigint`

/**
 * The moment of answering, in one statement and so in one transaction: ticket, its first history row, audit, job. Keyed by the call:
 * doubles, replays and a second node open nothing more and get the ticket that is there. The first row says what the ticket began with. What the caller
 * said by keys stands in his call's row, where the node that opens has only seen him in a snapshot. It has the hall's clocks from the beginning, of whatever kind it will be, and a danger by its category one more: as of now,
 * or, where it was opened while PostgreSQL was away, as of the answer, by the database's clock.
 * $1 id, $2 category, $3 place, $4 lat, $5 lon, $6 caller's name, $7 call-back, $8 operator, $9 number, $10 verified, $11 tags, $12 answered at, $13 act id, $14 uncertainty of the place, $15 provisional number or '',
 * $16 category → with what it begins, as `beginnings` says, $17 by how much this clock is ahead of that by which it was answered, ms
 */
export const OPEN_TICKET = `
with said as (
  select coalesce($2::text, (select category from call where id = $1::uuid)) as category, coalesce((select tags from call where id = $1::uuid), '[]') as tags,
    floor(extract(epoch from case when $15::text = '' then now() else least(now(), $12::timestamptz + $17::double precision * interval '1 ms') end) * 1000)::bigint as since
), beginning as (
  select said.*, coalesce($16::jsonb -> category, $16::jsonb -> '${ANY}') as it from said
), runs as (
  select c.clock, since, since + c.warn as warn, since + c.urge as urge, since + c.supervise as supervise, since + c.notice as notice
  from beginning, jsonb_to_recordset(it -> 'clocks') as c (clock text, warn bigint, urge bigint, supervise bigint, notice bigint)
), opened as (
  insert into ticket (id, number, state, version, category, place, lat, lon, caller_name, call_back, operator_id, number_called_from, number_verified, tags, answered_at, uncertainty, provisional_number, work, due_at)
  select $1, ticket_label(nextval('ticket_number')), 'open', 1, category, $3, $4, $5, $6, $7, (select id from person where id = $8::uuid), $9, $10, coalesce(nullif($11::jsonb, '[]'), tags), $12, $14::double precision, $15,
    case when (it -> 'hazard')::boolean then '{"hazard": true, "hazardBy": "category"}' else '{}' end::jsonb || coalesce((select jsonb_build_object('clocks', jsonb_agg(jsonb_build_object(
      'clock', clock, 'unitId', null, 'startedAt', since, 'at', jsonb_build_object('warn', warn, 'urge', urge, 'supervise', supervise, 'notice', notice), 'next', 'warn'))) from runs having count(*) > 0), '{}'),
    (select timestamptz 'epoch' + min(urge) * interval '1 ms' from runs)
  from beginning
  where not exists (select from ticket where id = $1)
  on conflict (id) do nothing
  returning *
), begun as (
  insert into ticket_clock (ticket_id, clock, started_at, unit_id, due_at, next_stage, next_at)
  select id, clock, timestamptz 'epoch' + since * interval '1 ms', null, timestamptz 'epoch' + urge * interval '1 ms', 'warn', timestamptz 'epoch' + warn * interval '1 ms' from opened, runs
), history as (
  insert into ticket_history (ticket_id, version, act_id, act, at, by_id, marks, changes)
  select id, 1, $13, 'open', answered_at, operator_id, jsonb_build_object('openedAt', ${MICROSECONDS('opened_at')}, 'answeredAt', ${MICROSECONDS('answered_at')}, 'caller', ${CALLER_MARK}, 'number', number, 'operator', operator_id, 'tags', ${TAGS_MARK}, 'provisional', provisional_number)
    || case when work ? 'hazard' then '{"hazardBy": "category"}' else '{}' end::jsonb || coalesce((select jsonb_build_object('runs', jsonb_agg(jsonb_build_array(clock, null, since, urge, warn, supervise, notice, 'warn'))) from runs having count(*) > 0), '{}'), jsonb_strip_nulls(jsonb_build_object(
    'hazard', case when work ? 'hazard' then jsonb_build_array(false, true) end,
    'category', case when category is not null then jsonb_build_array(null, category) end,
    'place', case when place <> '' then jsonb_build_array('', place) end,
    'point', case when lat is not null then jsonb_build_array(null, jsonb_build_object('lat', lat, 'lon', lon)) end,
    'callerName', case when caller_name <> '' then jsonb_build_array('', caller_name) end,
    'callBack', case when call_back then jsonb_build_array(false, true) end)) from opened
), noted as (
  insert into audit (person_id, act, subject, details)
  select operator_id, 'ticket.open', id::text, jsonb_build_object('number', number, 'callBack', call_back) from opened
), job as (
  select graphile_worker.add_job('ticket.follow-up', json_build_object('ticketId', id), run_at := now() + interval '15 minutes', job_key := 'follow-up:' || id) from opened
)
select opened.*, (select count(*) from job) as jobs from opened`

/**
 * Another node opened the ticket first and knew less (a restart, a call of which it had only heard the answer): what is empty there and was
 * never touched is filled, once for the same facts. The history names what: of the caller's number only that it is there now (units read histories; `marks` say which), of what he said by keys the questions. Each number that was given out meanwhile is kept; the one of the operator's own node is shown.
 * $1 id, $2 category, $3 place, $4 lat, $5 lon, $6 caller's name, $7 operator, $8 number, $9 verified, $10 tags, $11 uncertainty, $12 provisional number or '', $13 act id, $14 the operator's desk is where $12 was given out,
 * $15 an operator who never had the caller, or null
 */
export const FILL_TICKET = `
with known as (
  select t.*, (select coalesce(jsonb_object_agg(field, true), '{}') from ticket_history h, jsonb_object_keys(h.changes) field where h.ticket_id = t.id) as touched
  from ticket t where t.id = $1 and not exists (select from ticket_history where act_id = $13) for update of t
), better as (
  select id,
    case when category is null and not touched ? 'category' then $2::text end as new_category,
    case when place = '' and not touched ? 'place' then nullif($3::text, '') end as new_place,
    case when lat is null and not touched ? 'point' and $5::double precision is not null then $4::double precision end as new_lat,
    case when caller_name = '' and not touched ? 'callerName' then nullif($6::text, '') end as new_name,
    case when operator_id is null or operator_id = $15::uuid then (select p.id from person p where p.id = $7::uuid) end as new_operator,
    case when number_called_from = '' then nullif($8::text, '') end as new_number,
    case when tags = '[]' then nullif($10::jsonb, '[]') end as new_tags,
    case when provisional_number = '' or ($14::boolean and provisional_number <> $12) then nullif($12::text, '') end as new_provisional
  from known
), said as (
  insert into provisional_number select id, $12 from known where $12 <> '' on conflict do nothing
), filled as (
  update ticket t set version = t.version + 1,
    category = coalesce(new_category, category), place = coalesce(new_place, place), caller_name = coalesce(new_name, caller_name),
    lat = coalesce(new_lat, lat), lon = case when new_lat is null then lon else $5 end, uncertainty = case when new_lat is null then uncertainty else $11::double precision end,
    operator_id = coalesce(new_operator, operator_id), tags = coalesce(new_tags, tags), provisional_number = coalesce(new_provisional, provisional_number),
    number_called_from = coalesce(new_number, number_called_from), number_verified = case when new_number is null then number_verified else $9 end
  from better b
  where t.id = b.id and num_nonnulls(new_category, new_place, new_lat, new_name, new_operator, new_number, new_tags, new_provisional) > 0
  returning t.*, new_category, new_place, new_lat, new_name, new_number, new_operator, new_tags, new_provisional
), history as (
  insert into ticket_history (ticket_id, version, act_id, act, at, by_id, marks, changes)
  select id, version, $13, 'fill', now(), null, jsonb_strip_nulls(jsonb_build_object('caller', case when new_number is not null then ${CALLER_MARK} end, 'operator', new_operator, 'tags', case when new_tags is not null then ${TAGS_MARK} end, 'provisional', new_provisional)), jsonb_strip_nulls(jsonb_build_object(
    'category', case when new_category is not null then jsonb_build_array(null, new_category) end,
    'place', case when new_place is not null then jsonb_build_array('', new_place) end,
    'point', case when new_lat is not null then jsonb_build_array(null, jsonb_build_object('lat', lat, 'lon', lon)) end,
    'callerName', case when new_name is not null then jsonb_build_array('', new_name) end,
    'operator', case when new_operator is not null then jsonb_build_array((select display_name from known k join person p on p.id = k.operator_id), (select display_name from person p where p.id = new_operator)) end,
    'number', case when new_number is not null then jsonb_build_array(false, true) end,
    'tags', case when new_tags is not null then jsonb_build_array('', (select string_agg(distinct tag ->> 'key', ', ') from jsonb_array_elements(new_tags) tag)) end,
    'provisionalNumber', case when new_provisional is not null then jsonb_build_array((select provisional_number from known), new_provisional) end))
  from filled
  on conflict (act_id) do nothing
)
select * from filled`

export const READ_TICKET = `select ${TICKET} from ticket where id = $1`
export const LOCK_TICKET = `select ${TICKET} from ticket where id = $1 for update`
/** Whether somebody did this act. $1 ticket, $2 act, $3 person */
export const DONE_BY = `select from ticket_history where act_id = $2 and ticket_id = $1 and by_id = $3`
/** Fields that were changed after version $2 by others than $3, or in another window than $4. What arrived too late changed nothing. */
export const CHANGED_ELSEWHERE = `select distinct jsonb_object_keys(changes) as field from ticket_history where ticket_id = $1 and version > $2 and (by_id is distinct from $3::uuid or window_id is distinct from $4::uuid) and act <> 'late'`

/** The caller was gone in the instant of the answer. One more history row, by the system; a replay after the operator cleared the mark does not set it again. */
export const MARK_CALL_BACK = `
with marked as (
  update ticket set call_back = true, version = version + 1 where id = $1 and not call_back and not exists (select from ticket_history where act_id = $2)
  returning id, version
)
insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, marks)
select id, version, $2, 'call-back', $3, null, '{"callBack": [false, true]}', '{}' from marked
on conflict (act_id) do nothing`

/**
 * An acknowledged act that can no longer be done (the ticket was closed meanwhile): its text stands in the history and the supervisors are told.
 * $1 ticket, $2 act id, $3 at, $4 by, $5 what it wanted, $6 note
 */
export const ADD_LATE = `
with marked as (
  update ticket set attention = true, version = version + 1 where id = $1 and not exists (select from ticket_history where act_id = $2) returning id, version
)
insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, note, marks)
select id, version, $2, 'late', least($3::timestamptz, clock_timestamp()), $4, $5, $6, '{}' from marked`

export const READ_HISTORY = `
select h.version, h.act_id, h.act, h.at, h.recorded_at, h.by_id, p.display_name, h.changes, h.note,
  case when h.changes ?| array['assignee', 'assignees'] then (select jsonb_object_agg(a.id, a.display_name) from person a where a.id in (
    select (one #>> '{}')::uuid from jsonb_path_query(h.changes, '$.assignee[*] ? (@.type() == "string")') one
    union all select (one #>> '{}')::uuid from jsonb_path_query(h.changes, '$.assignees[*] ? (@.type() == "object").* ? (@.type() == "string")') one)) end as names
from ticket_history h left join person p on p.id = h.by_id where h.ticket_id = $1 order by h.version`

export const LIST_UNITS = `select id, name, name_en, phone, standby, categories, office_hours from unit order by position`

/** The follow-up job: a ticket that nobody settled is marked, once, for the supervisors. */
export const MARK_ATTENTION = `
with marked as (
  update ticket set attention = true, version = version + 1 where id = $1 and kind is null and state not in ('closed', 'void', 'merged') and not attention returning id, version
), history as (
  insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, marks)
  select id, version, $2, 'attention', now(), null, '{"attention": [false, true]}', '{}' from marked
)
insert into audit (act, subject) select 'ticket.attention', id::text from marked`

/**
 * Words that tickets have from before they were read as today (migration 0151), so many at a time, along the ids. What somebody has his hands on is left for the next time.
 * $1 the ticket behind which it looks → `last`: the last that was looked at, null when there is none; how many of these were read anew, and how many are left
 */
export const READ_WORDS = `
with looked as materialized (
  select id, place || ' ' || description || ' ' || caller_name as content, words from ticket where id > $1 order by id limit 1000
), late as materialized (
  select id from looked where words_may_differ(content) and words is distinct from ticket_words(content)
), free as materialized (
  select t.id from ticket t where t.id in (select id from late limit 100) for update skip locked
), read as (
  update ticket set place = place where id in (select id from free) returning id
)
select (select id from looked order by id desc limit 1) as last, (select count(*) from read)::int as read, ((select count(*) from late) - (select count(*) from read))::int as left`

/** Goes on with that. $1 the ticket behind which it looks, $2 in so many ms */
export const READ_ON = `select graphile_worker.add_job('ticket.read-words', json_build_object('after', $1::text), run_at := now() + $2 * interval '1 ms', job_key := 'read-words')`

/** Poll for changes that a lost NOTIFY did not tell. $1: since, by the database's clock, which is told again in the answer. */
export const CHANGED_SINCE = `
select now() as now, coalesce((select jsonb_object_agg(ticket_id, version) from (
  select ticket_id, max(version) as version from ticket_history where recorded_at > coalesce($1::timestamptz, now()) group by ticket_id) changed), '{}') as changed`

/** A session that was over or revoked a month ago tells nobody anything any more. */
export const FORGET_SESSIONS = `delete from session where least(expires_at, coalesce(revoked_at, expires_at)) < now() - interval '30 days'`

/** Nobody is between taking a number and committing its ticket while this is held; nobody waits long for it. */
export const NO_TICKET_NOW = `set local lock_timeout = '500ms'; lock table ticket in share row exclusive mode`
/** Under `NO_TICKET_NOW` → how many numbers behind the last one given are taken back. A crash makes it 32 at most. */
export const MEND_TICKET_NUMBER = `
with given as (
  select s.last_value, max(n) as n from ticket_number s, generate_series(s.last_value - 64, s.last_value) n join ticket on ticket.number = ticket_label(n) where s.is_called group by s.last_value
)
select (last_value - setval('ticket_number', n))::int as leapt from given where n < last_value`
