import { DELIVERING, OVER } from './dispatch.js'

/** Lines between the city and its counties: `migrations/0057_counties.sql`. */
/** A county whose line is switched off is a county still: what its people do waits. */
export const READ_LINES = `select name, peer, units from line where enabled or peer = 'city'`
export const READ_LINE = `select name, peer, url, units, peer_keys as keys from line where enabled and name = $1`
export const READ_SKEW = `select skew from line where name = $1`
export const READ_CITY = `select name, peer, url, units, peer_keys as keys from line where enabled and peer = 'city'`
export const READ_SIGNER = `select id, private_key as "privateKey" from line_key order by created_at desc, id limit 1`
export const ADD_SIGNER = `insert into line_key (id, private_key) values ($1, $2)`

/**
 * Who dials is one node, as long as it lives (`presence.ts`) and the line does not fail it. The turn is never one that was, nor, after a restored backup, one that may have been.
 * $1 line, $2 node
 */
export const DIAL = `
update line set dialler = $2, turn = greatest(turn + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)
where name = $1 and (dialler in ('', $2) or not exists (select from node_presence where node = dialler and at > now() - interval '10 seconds'))
returning turn, (select acked from line_out o where o.line = line.name) as acked`
/** $1 line, $2 turn */
export const DIALLED_SINCE = `select 1 from line where name = $1 and turn > $2`
/** $1 line, $2 node, $3 up */
export const STANDS = `update line set up = $3, turned_at = case when up = $3 then turned_at else clock_timestamp() end, dialler = case when $3 then dialler else '' end where name = $1 and dialler = $2`
/** A line that was not heard for so long is cut, whatever was said of it last. $1 line */
export const STANDING = `
select up and coalesce(heard_at > clock_timestamp() - interval '15 s', false) as up, (extract(epoch from case when up and heard_at <= clock_timestamp() - interval '15 s' then heard_at else turned_at end) * 1000)::bigint as since
from line where name = $1`
export const TAKE_TURN = `update line set turn = $2 where name = $1 and turn < $2`
/** $1 line, $2 skew, $3 number of its last message */
export const HEARD = `
with behind as (update line_in set last = $3, moved_at = case when have < last then moved_at else clock_timestamp() end where line = $1 and last <> $3)
update line set heard_at = clock_timestamp(), skew = $2 where name = $1`
export const NOTE_TROUBLE = `update line set trouble = $2, troubled_at = clock_timestamp() where name = $1 and (trouble <> $2 or trouble = 'refused')`
/** What was not understood was read meanwhile; what was refused is shown for a day. $1 line */
export const TROUBLE_OVER = `update line set trouble = '' where name = $1 and (trouble = 'not-understood' or (trouble = 'refused' and troubled_at <= clock_timestamp() - interval '1 day'))`

/** Photos of the other side's that are not here yet, and how much of each has come. $1 line */
const COMING = `
select p.id, p.told_at, (p.told ->> 'bytes')::integer as bytes, coalesce((select sum(octet_length(q.data)) from line_photo_part q where q.line = p.line and q.id = p.id), 0)::integer as come
from line_photo p where p.line = $1 and not p.ours and p.done_at is null`
/** $1 line, $2 id, $3 at, $4 data */
export const TAKE_PIECE = `insert into line_photo_part (line, id, at, data) select $1, w.id, $3, $4 from (${COMING}) w where w.id = $2 and w.come = $3 and w.come < w.bytes on conflict do nothing`
export const WHOLE_PHOTOS = `select w.id from (${COMING}) w where w.come >= w.bytes order by w.told_at`
export const READ_PIECES = `select p.ticket_id, p.told, (select string_agg(q.data, ''::bytea order by q.at) from line_photo_part q where q.line = $1 and q.id = $2) as content from line_photo p where p.line = $1 and p.id = $2`
/** $1 line, $2 id, $3 result */
export const END_PHOTO = `
with gone as (delete from line_photo_part where line = $1 and id = $2)
update line_photo set done_at = clock_timestamp(), result = $3 where line = $1 and id = $2 and not ours and done_at is null`
/** $1 line, $2 id, $3 ticket */
export const OFFER_PHOTO = `insert into line_photo (line, id, ticket_id, ours, done_at) values ($1, $2, $3, true, clock_timestamp()) on conflict do nothing returning id`
export const MAY_HAVE = `select 1 from line_photo where line = $1 and id = $2 and ours`
/** $1 line, $2 id, $3 ticket, $4 what is told of it */
export const EXPECT_PHOTO = `insert into line_photo (line, id, ticket_id, ours, told) values ($1, $2, $3, false, $4) on conflict do nothing returning id`
/** Photos of what is the line's now that it was not told of. $1 line, $2 units */
export const PHOTOS_UNTOLD = `
select a.id, a.ticket_id from attachment a join ticket t on t.id = a.ticket_id
where t.state not in ('closed', 'void') and (t.unit_id = any($2) or (t.assist && $2 and t.assist <> '{}'))
  and exists (select from line_ticket l where l.line = $1 and l.ticket_id = t.id) and not exists (select from line_photo p where p.line = $1 and p.id = a.id)
order by a.at limit 100`
/** $1 id → what a line is told of it */
export const PHOTO_TOLD = `
select a.ticket_id, a.unit_id, a.by_id, coalesce(nullif(p.display_name, ''), nullif(a.by_name, ''), '-') as by, a.at, a.type, a.width, a.height, a.bytes, encode(a.sha256, 'hex') as sha256, encode(a.thumbnail, 'base64') as thumbnail
from attachment a left join person p on p.id = a.by_id where a.id = $1`

/** $1 line. One statement, so that what it says belongs together. */
export const LINE_STATE = `
select (extract(epoch from clock_timestamp()) * 1000)::bigint as now, i.have,
  (select coalesce(array_agg(seq order by seq), '{}') from (select seq from line_inbox where line = $1 and seq > i.have order by seq limit 1000) beyond) as held,
  (select id from line_inbox where line = $1 and seq = i.have) as tip,
  (select o.last from line_out o where o.line = $1) as last,
  (select json_build_object('id', w.id, 'from', w.come) from (${COMING}) w where w.come < w.bytes order by w.told_at, w.id limit 1) as wants
from line_in i where i.line = $1`

/** A message into the outbox, numbered: whoever numbers one holds the row until he commits, so that numbers come in the order of commits. $1 line, $2 id, $3 kind, $4 ticket, $5 body */
export const TELL = `
with next as (update line_out set last = last + 1 where line = $1 returning last)
insert into line_outbox (line, seq, id, kind, ticket_id, body) select $1, last, $2, $3, $4, $5 from next`
/** $1 line, $2 the other side has so many, $3 of which it holds these, $4 most */
export const OUTGOING = `
select seq, id, (extract(epoch from created_at) * 1000)::bigint as at, body from line_outbox where line = $1 and seq > $2 and not seq = any($3::bigint[]) order by seq limit $4`
export const LOCK_OUT = `select last, acked from line_out where line = $1 for update`
/** Locked before what stands in their outboxes, and in one order. $1 lines */
export const LOCK_OUTS = `select 1 from line_out where line = any($1::text[]) order by line for update`
export const OWN_AT = `select id from line_outbox where line = $1 and seq = $2`
/** What the other side shows is told, if its number $2 is the message that we call so. Before the line is locked, as whoever writes a ticket does it. $1 line, $2 it has so many, $3 the id of the last of these, as it says; null: it does not say */
export const SHOWN_THERE = `
with told as (
  select body from line_outbox o where line = $1 and seq <= $2 and acked_at is null and ($3::text is null or exists (select from line_outbox tip where tip.line = $1 and tip.seq = $2 and tip.id::text = $3::text))
), shown as materialized (
  select o.id from outbox o where o.receipt_at is null and o.id in (select (n ->> 'id')::uuid from told, jsonb_array_elements(coalesce(body -> 'notices', '[]')) n where n ->> 'kind' not in (${DELIVERING})) order by o.id for update
)
update outbox set receipt_at = clock_timestamp(), next_at = null from shown where outbox.id = shown.id`
export const ACKED = `update line_outbox set acked_at = clock_timestamp() where line = $1 and seq <= $2 and acked_at is null`
export const MOVE_ACK = `update line_out set acked = greatest(acked, $2) where line = $1`
/** What the other side may lack gets numbers behind what it has: first out of the way, then in order. */
export const RENUMBER_AWAY = `update line_outbox set seq = -seq where line = $1 and acked_at is null and seq > 0`
export const RENUMBER = `
with renewed as (select seq, row_number() over (order by seq desc) as place from line_outbox where line = $1 and seq < 0)
update line_outbox o set seq = $2 + r.place from renewed r where o.line = $1 and o.seq = r.seq`
export const RENUMBERED = `
with noted as (insert into audit (act, subject, details) values ('line.renumbered', $1, jsonb_build_object('from', $2::bigint)))
update line_out set last = $2 + (select count(*) from line_outbox where line = $1 and seq > $2), acked = $2 where line = $1`

/** $1 line, $2 seq, $3 id, $4 payload, $5 key, $6 signature */
export const RECEIVE = `insert into line_inbox (line, seq, id, payload, key_id, signature) values ($1, $2, $3, $4, $5, $6) on conflict (line, seq) do nothing`
export const RECEIVED_AT = `select id from line_inbox where line = $1 and seq = $2`
export const LOCK_IN = `select have from line_in where line = $1 for update`
export const NEXT_IN = `select seq, id, payload, received_at, exists (select from line_inbox before where before.line = $1 and before.id = i.id and before.seq <> i.seq and before.applied_at is not null) as known
from line_inbox i where i.line = $1 and i.seq = $2`
/** $1 line, $2 seq, $3 result, $4 what is kept of it; null: all */
export const APPLIED = `
with done as (update line_inbox set applied_at = clock_timestamp(), result = $3, payload = coalesce($4, payload) where line = $1 and seq = $2)
update line_in set have = $2, moved_at = clock_timestamp() where line = $1`

/**
 * What was told of a ticket and may be under way still, or be asked for again: without what the complainant wants kept back by now. $1 line, $2 ticket, $3 the caller as he may be told, $4 fields as they may be,
 * $5 text of its notices by kind, $6 place; null: their words may stay
 */
export const KEEP_BACK = `
update line_outbox set body = body || jsonb_build_object(
  'ticket', (body -> 'ticket') || jsonb_build_object('caller', $3::jsonb, 'tags', '[]'::jsonb, 'fields', (body #> '{ticket,fields}') || $4::jsonb),
  'notices', case when $5::jsonb is null then body -> 'notices' else (select coalesce(jsonb_agg(n || jsonb_build_object('text', $5::jsonb -> (n ->> 'kind'), 'place', $6::text)), '[]') from jsonb_array_elements(body -> 'notices') n) end)
where line = $1 and ticket_id = $2 and kind = 'ticket'`
export const TICKET_TOLD = `insert into line_ticket (line, ticket_id, version) values ($1, $2, $3) on conflict (line, ticket_id) do update set version = excluded.version`
export const TICKET_VERSION = `select version from line_ticket where line = $1 and ticket_id = $2`
export const HAVE = `select have from line_in where line = $1`
/** What is the county's and was not told, or changed since. $1 line, $2 units */
export const UNTOLD = `
select t.id from ticket t left join line_ticket l on l.line = $1 and l.ticket_id = t.id
where (t.state not in ('closed', 'void') and (t.unit_id = any($2) or (t.assist && $2 and t.assist <> '{}')) and coalesce(l.version, 0) < t.version) or (l.version < t.version)
order by t.id limit 200`
/** Terminal notices that this transaction wrote; who waited for the ticket finds those of whom he waited for besides, and a county has each once. $1 ticket, $2 units */
export const NEW_NOTICES = `select id, kind, unit_id, body, created_at from outbox where ticket_id = $1 and unit_id = any($2) and channel = 'terminal' and created_at >= now()`
/** Everything of the county's that the city has not told back, in order. $1 line, $2 ticket, $3 up to */
export const PENDING = `select body from line_outbox where line = $1 and ticket_id = $2 and seq > $3 and kind in ('act', 'receipt') order by seq`

/** A person of a county: known by name, without a log-in here. $1 id, $2 log-in name, $3 name, $4 unit */
export const PUT_COUNTY_PERSON = `
insert into person (id, login_name, display_name, role, unit_id) values ($1, $2, $3, 'unit', $4)
on conflict (id) do update set display_name = excluded.display_name, unit_id = excluded.unit_id where (person.display_name, person.unit_id) is distinct from (excluded.display_name, excluded.unit_id)`
export const NOTE_LINE_REVEAL = `insert into audit (person_id, act, subject, details) values ($1, 'caller.reveal', $2, jsonb_build_object('reason', $3::text, 'unit', $4::text, 'line', $5::text))`
export const CONFIRM_BY_LINE = `update outbox set receipt_at = clock_timestamp(), sent_at = coalesce(sent_at, clock_timestamp()), next_at = null where id = $1 and unit_id = $2 and receipt_at is null`

/** $1 JSON each */
export const PUT_CLOCK_RULES = `insert into clock_rule (clock, category, priority, minutes, hours, basis) select clock, category, priority, minutes, hours, basis from jsonb_to_recordset($1::jsonb) as x (clock text, category text, priority text, minutes integer, hours text, basis text)`
export const PUT_YEARS = `insert into calendar_year (year, source) select year, source from jsonb_to_recordset($1::jsonb) as x (year integer, source text)`
export const PUT_DAYS = `insert into calendar_day (day, kind, name) select day, kind, name from jsonb_to_recordset($1::jsonb) as x (day date, kind text, name text)`
/** $1 id, $2 name, $3 English name, $4 telephone, $5 standby, $6 categories, $7 office hours */
export const RENEW_UNIT = `
insert into unit (id, name, name_en, phone, standby, categories, office_hours, position) values ($1, $2, $3, $4, $5, $6, $7, (select coalesce(max(position), 0) + 1 from unit))
on conflict (id) do update set name = excluded.name, name_en = excluded.name_en, phone = excluded.phone, standby = excluded.standby, categories = excluded.categories, office_hours = excluded.office_hours`
/** What a county counts by, and what units are called now. $1 its units */
export const CITY_RULES = `
select coalesce((select jsonb_agg(jsonb_build_object('clock', clock, 'category', category, 'priority', priority, 'minutes', minutes, 'hours', hours, 'basis', basis) order by clock, category, priority) from clock_rule), '[]') as clocks,
  coalesce((select jsonb_agg(jsonb_build_object('day', to_char(day, 'YYYY-MM-DD'), 'kind', kind, 'name', name) order by day) from calendar_day), '[]') as days,
  coalesce((select jsonb_agg(jsonb_build_object('year', year, 'source', source) order by year) from calendar_year), '[]') as years,
  coalesce((select jsonb_agg(jsonb_build_object('id', id, 'name', name, 'nameEn', name_en, 'phone', phone, 'standby', standby, 'categories', categories, 'officeHours', office_hours) order by id) from (select * from unit order by id = any($1) desc, id limit 500) near), '[]') as units`
/** $1 line, $2 hash → whether it is news */
export const RULES_TOLD = `update line set rules_told = $2 where name = $1 and rules_told <> $2`
/** The same parameters: a unit of the city's that is none of the county's. */
export const RENEW_KNOWN_UNIT = `update unit set name = $2, name_en = $3, phone = $4, standby = $5, categories = $6, office_hours = $7 where id = $1`
/** A ticket that the city gave: number and call are the city's. $1 id, $2 number, $3 number called from, $4 verified, $5 opened, $6 answered, $7 act id */
export const ADOPT_TICKET = `
with adopted as (
  insert into ticket (id, number, state, version, number_called_from, number_verified, opened_at, answered_at) values ($1, $2, 'open', 1, $3, $4, $5, $6) on conflict (id) do nothing returning id
)
insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, marks) select id, 1, $7, 'open', $6, null, '{}', '{}' from adopted`
export const SET_CALLER = `update ticket set number_called_from = $2 where id = $1 and number_called_from <> $2`
/** A notice of the city's for the county's own terminals and channels; once. $1 id, $2 kind, $3 unit, $4 ticket, $5 body, $6 nobody need be told: it was told here, or is over */
export const ADOPT_NOTICE = `
with adopted as (insert into outbox (id, kind, audience, channel, unit_id, ticket_id, body, receipt_at) values ($1, $2, 'unit', 'terminal', $3, $4, $5, case when $6 then clock_timestamp() end) on conflict (id) do nothing returning unit_id)
insert into outbox (kind, audience, channel, unit_id, address, ticket_id, body)
select $2, 'unit', c.channel, c.unit_id, c.address, $4, $5 from adopted a join unit_channel c on c.unit_id = a.unit_id and c.enabled where not $6`
/** What a county fired by itself of this clock, since the ticket is its. $1 ticket, $2 act, $3 clock */
export const FIRED_HERE = `select 1 from ticket_history h join ticket t on t.id = h.ticket_id where h.ticket_id = $1 and h.act = $2 and h.changes ? 'provisional' and h.changes -> 'clock' ->> 1 = $3 and h.at >= coalesce(t.dispatched_at, t.opened_at) limit 1`
export const ACTS_DONE = `select act_id from ticket_history where act_id = any($1::uuid[])`
/** The city was not heard for $2 ms. $1 line */
export const IS_CUT = `select coalesce(heard_at < clock_timestamp() - $2 * interval '1 ms', true) as cut from line where name = $1`
/** Units of counties that are telling what they did meanwhile. One whose messages are not taken up any more, for whatever reason, is waited for no longer. */
export const BEHIND = `select l.units from line l join line_in i on i.line = l.name where l.peer = 'county' and l.enabled and i.have < i.last and l.heard_at > clock_timestamp() - interval '15 s' and i.moved_at > clock_timestamp() - interval '30 s'`
export const OWN_PEOPLE = `select id from person where unit_id = any($1)`
export const UNIT_KNOWN = `select 1 from unit where id = $1`

/** Acts of a conflict, from before they said so: of the unit of whoever did it, and known of no later than the first. */
const CONFLICT_ACTS = `
(select coalesce(jsonb_agg(jsonb_build_object('unitId', coalesce((select p.unit_id from person p join line l on l.name = c.line where p.id = (a ->> 'byId')::uuid and p.unit_id = any(l.units)), c.unit_id), 'base', c.base) || a order by n), '[]')
 from jsonb_array_elements(c.acts) with ordinality x (a, n))`
export const OPEN_CONFLICT = `select id, ${CONFLICT_ACTS} as acts from line_conflict c where line = $1 and ticket_id = $2 and decision is null for update`
/** Since when a unit has the ticket as it has it now, and whether the unit that leads has reported since. $1 ticket, $2 unit */
export const GIVEN_AT = `
with given as (
  select coalesce(max(version), 0) as version from ticket_history where ticket_id = $1
    and (act in ('dispatch', 'reassign', 'rule', 'redo', 'reopen') or (act = 'assist' and changes #> '{assist,1}' ? $2 and not changes #> '{assist,0}' ? $2))
)
select g.version, exists (select from ticket_history h where h.ticket_id = $1 and h.version > g.version and h.act = 'report') as reported from given g`
/** By which act the unit that led a ticket at this version had signed it. $1 ticket, $2 version */
export const SIGNED_BY = `
select by_id, (extract(epoch from at) * 1000)::bigint as at from ticket_history h where ticket_id = $1 and version <= $2 and changes #>> '{state,0}' = 'dispatched' and act in ('sign', 'progress')
  and not exists (select from ticket_history g where g.ticket_id = $1 and g.version <= $2 and g.version > h.version and g.act in ('dispatch', 'reassign', 'rule', 'reopen'))
order by version desc limit 1`
/** What else the unit that led a ticket at this version had of it, since it was given or sent back to it: when it was delivered, and each of its steps when it was done first. $1 ticket, $2 version, $3 unit */
export const HAD_BY = `
with since as (
  select * from ticket_history h where ticket_id = $1 and version <= $2
    and not exists (select from ticket_history g where g.ticket_id = $1 and g.version <= $2 and g.version >= h.version and g.act in ('dispatch', 'reassign', 'rule', 'reopen', 'redo'))
), steps as (
  select distinct on (1) substring(h.note from '^\\[(arrived|made-safe|repaired)\\]') as step, h.by_id, h.at, h.version from since h join person p on p.id = h.by_id
  where h.act = 'progress' and p.unit_id = $3 and h.note ~ '^\\[(arrived|made-safe|repaired)\\]' order by 1, h.version
)
select (select (changes #>> '{deliveredAt,1}')::bigint from since where changes #>> '{deliveredAt,1}' is not null order by version limit 1) as delivered_at,
  coalesce((select json_agg(json_build_object('step', step, 'byId', by_id, 'at', (extract(epoch from at) * 1000)::bigint) order by version) from steps), '[]') as steps`
/** Which unit led a ticket when this was its version. $1 ticket, $2 version */
export const LED_AT = `
select case when h.version is null then t.unit_id else h.changes #>> '{unitId,0}' end as lead
from ticket t left join lateral (select version, changes from ticket_history where ticket_id = t.id and version > $2 and changes ? 'unitId' order by version limit 1) h on true where t.id = $1`
/** Whether a unit led a ticket at this version, or helped. $1 ticket, $2 version, $3 unit */
export const CONCERNED_AT = `
select coalesce(case when l.version is null then t.unit_id else l.changes #>> '{unitId,0}' end = $3, false) or coalesce(case when a.version is null then $3 = any(t.assist) else (a.changes #> '{assist,0}') ? $3 end, false) as was
from ticket t
left join lateral (select version, changes from ticket_history where ticket_id = t.id and version > $2 and changes ? 'unitId' order by version limit 1) l on true
left join lateral (select version, changes from ticket_history where ticket_id = t.id and version > $2 and changes ? 'assist' order by version limit 1) a on true where t.id = $1`
/** Whether a line was told of a ticket, and a unit ever led it, or helped. $1 line, $2 ticket, $3 unit */
export const EVER_CONCERNED = `
select 1 from line_ticket where line = $1 and ticket_id = $2
  and exists (select from ticket_history h where h.ticket_id = $2 and (h.changes #>> '{unitId,1}' = $3 or coalesce((h.changes #> '{assist,1}') ? $3, false)))`
export const ADD_CONFLICT = `insert into line_conflict (line, ticket_id, unit_id, acts, base) values ($1, $2, $3, $4, $5) returning id`
export const EXTEND_CONFLICT = `update line_conflict set acts = acts || $2 where id = $1`
export const CONFLICT_TICKET = `select ticket_id from line_conflict where id = $1`
export const LOCK_CONFLICT = `select id, line, ticket_id, unit_id, ${CONFLICT_ACTS} as acts, decision from line_conflict c where id = $1 for update`
/** The hall's alarm is over with it, unless another line's conflict about the ticket is still open. $1 conflict, $2 side, $3 who, $4 his reason */
export const DECIDE_CONFLICT = `
with noted as (insert into audit (person_id, act, subject, details) values ($3, 'conflict.decide', $1::uuid::text, jsonb_build_object('side', $2::text))
), over as (
  update outbox o set dead_at = clock_timestamp(), next_at = null, error = '${OVER}' from line_conflict c
  where c.id = $1 and o.ticket_id = c.ticket_id and o.kind = 'conflict' and o.audience = 'hall' and o.channel = 'terminal' and o.receipt_at is null and o.dead_at is null
    and not exists (select from line_conflict other where other.ticket_id = c.ticket_id and other.id <> c.id and other.decision is null)
)
update line_conflict set decision = $2, decided_at = clock_timestamp(), decided_by = $3, note = $4 where id = $1`
export const RAISE_ATTENTION = `update ticket set attention = true where id = $1`
export const LIST_CONFLICTS = `
select c.id, c.line, c.ticket_id, t.number, c.unit_id, c.opened_at, ${CONFLICT_ACTS} as acts, c.decision, c.decided_at, d.display_name as decided_by, c.note,
  (select coalesce(jsonb_agg(jsonb_build_object('act', h.act, 'at', (extract(epoch from h.at) * 1000)::bigint, 'by', p.display_name, 'note', h.note) order by h.version), '[]')
   from ticket_history h left join person p on p.id = h.by_id
   where h.ticket_id = c.ticket_id and h.version > c.base and h.recorded_at <= c.opened_at and h.act not in ('conflict', 'warn', 'urge-clock', 'supervise-clock', 'notice-clock', 'undelivered')
     and not h.changes ? 'county') as city
from line_conflict c join ticket t on t.id = c.ticket_id left join person d on d.id = c.decided_by
where $1 or c.decision is null order by c.decision is not null, c.opened_at desc limit $2 offset $3`
export const LINE_VIEWS = `
select l.name, l.peer, l.units, l.heard_at, (extract(epoch from clock_timestamp() - l.heard_at) * 1000)::bigint as silent, l.skew, l.trouble, (select count(*)::int from line_outbox o where o.line = l.name and o.acked_at is null) as waiting,
  (select count(*)::int from line_conflict c where c.line = l.name and c.decision is null) as conflicts
from line l where l.enabled order by l.name`
