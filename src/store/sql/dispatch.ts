import { ALARMS, DELIVERS, MOST_NOTICES, PRESSES } from '../../contracts/dispatch.js'
import { STAGES } from '../../contracts/life-cycle.js'
import { NOT_MOBILE } from '../../delivery/ports.js'
import { dueSoon, ownDue } from './list.js'
import { TICKET } from './ticket.js'

/** Kinds of notices whose receipt is the delivery, as a list of SQL. */
const listOf = (kinds: Iterable<string>): string => [...kinds].map((kind) => `'${kind}'`).join(', ')
export const DELIVERING = listOf(DELIVERS)

/** What an act asks of the database after it has the ticket's row: was it done already, and what time is it here. */
export const ACT_STATUS = `select exists (select from ticket_history where act_id = $1) as done, clock_timestamp() as now`

/**
 * The ticket's row for an act, and with it what `ACT_STATUS` says: one question instead of two. All of it but the row is by what was committed when the question was asked.
 * Who waited for the row may have waited for this very act: then the row has another version than was `seen` at first, and has to ask again. $1 ticket, $2 act
 */
export const LOCK_FOR_ACT = `
with locked as materialized (select ${TICKET} from ticket where id = $1 for update)
select locked.*, exists (select from ticket_history where act_id = $2) as done, clock_timestamp() as now, (select version from ticket where id = $1) as seen from locked`

/**
 * The ticket's row for an act that concerns nothing else, as it was `seen`: nothing is locked, and it is written only if it is the same row still. $1 ticket, $2 act
 */
export const READ_FOR_ACT = `select ${TICKET}, xmin::text as seen, exists (select from ticket_history where act_id = $2) as done, clock_timestamp() as now from ticket where id = $1`

/** When a ticket was last sent back to its unit, or opened again. */
export const GIVEN_AGAIN = `select max(at) as at from ticket_history where ticket_id = $1 and act in ('redo', 'reopen')`
/** When a ticket had last been given to a unit, sent back to it or opened again, as it stood at a version. $1 ticket, $2 version */
export const GIVEN_BY = `select max(at) as at from ticket_history where ticket_id = $1 and version <= $2 and act in ('dispatch', 'reassign', 'rule', 'redo', 'reopen')`

/** Whether a unit could not reach us at a moment: all of us were away, or its county's line was cut. $1 unit, $2 when */
export const OUT_OF_REACH = `select exists (select from outage o left join line l on l.name = o.line where $2 between o.began and o.ended and (o.line is null or $1 = any(l.units))) as was`

/** The run `c` of a clock is the one that the ticket names as `w`. */
const SAME_RUN = `w.clock = c.clock and w.started_at = c.started_at and w.unit is not distinct from c.unit_id`

const INSTANT = (ms: string): string => `timestamptz 'epoch' + ${ms} * interval '1 ms'`

/** So many messages go to one address at a time, of so many that are looked at. */
const MOST_FOR_ONE = 4
const LOOK_AMONG = 200

/** A danger that nobody guards yet: its units have work to do, also where the rest of it was referred. */
const UNSAFE = `(coalesce(a.work ->> 'hazard', '') = 'true' and a.work ->> 'safeAt' is null)`

/** The error of what was not sent, or not shown, because it was no longer so. */
export const OVER = 'over'

/** What asks a unit to work; it goes no further when the ticket is no longer its own, or nobody's, or said to be done. `o` the message, `a` the ticket. */
const ASKS = `o.audience = 'unit' and o.kind in (${DELIVERING}, 'urge', 'supervise', 'warn', 'extension-answered', 'dispute-answered')`
const DONE = `a.state in ('reported', 'visited', 'closed', 'void', 'merged')`
const NO_LONGER = `(${DONE} or (a.state = 'referred' and not ${UNSAFE}) or not coalesce(o.unit_id = any(a.assist || a.unit_id), false))`

/** A named person `p` is somebody whose account was closed: he hears of nothing any more. */
export const LEFT = `exists (select from person x where x.id = p.person_id and x.disabled_at is not null)`

/** The clocks of ticket $1 as they are to be: which ended, which moved, which began. @param clocks parameter with all that run, as JSON; when; clocks that were met; false: none ends or begins; on which condition */
const clockSteps = (clocks: string, at: string, met: string, runs = true, only = ''): string => `wanted as (
  select clock, unit, ${INSTANT('started')} as started_at, ${INSTANT('due')} as due_at, stage, ${INSTANT('next')} as next_at
  from jsonb_to_recordset(${clocks}::jsonb) as x (clock text, unit text, started bigint, due bigint, stage text, next bigint)
), moved as (
  update ticket_clock c set due_at = w.due_at, next_stage = w.stage, next_at = w.next_at
  from wanted w where c.ticket_id = $1 and c.ended_at is null and ${SAME_RUN}
    and (c.due_at, c.next_at) is distinct from (w.due_at, w.next_at)${only}
)${runs ? `, ended as (
  update ticket_clock c set ended_at = ${at}, met = c.clock = any(${met}::text[]), next_stage = null, next_at = null
  where c.ticket_id = $1 and c.ended_at is null and not exists (select from wanted w where ${SAME_RUN})${only}
  returning c.clock, c.unit_id
), begun as (
  insert into ticket_clock (ticket_id, clock, started_at, unit_id, due_at, next_stage, next_at)
  select $1, w.clock, w.started_at, w.unit, w.due_at, w.stage, w.next_at from wanted w
  where not exists (select from ticket_clock c where c.ticket_id = $1 and c.ended_at is null and ${SAME_RUN})${only}
)` : ''}`

/** What is worked out of a ticket is renewed, and nothing was done to it. $1 ticket, $2 work, $3 due at, $4 clocks, $5 now, $6 clocks that were met */
export const SET_WORK = `with ${clockSteps('$4', '$5::timestamptz', '$6')} update ticket set work = $2, due_at = $3 where id = $1`

/** What of an act's statement an act needs. PostgreSQL makes ready what a statement names, whether there is anything to do or not: that took longer than the act. */
export interface ActParts {
  /** It changes words, by which the ticket is found; only then PostgreSQL reads them anew. */
  readonly words: boolean
  /** Clocks move. */
  readonly clocks: boolean
  /** Runs of clocks begin or end. */
  readonly runs: boolean
  /** Messages of before may be over: the ticket is somewhere else, or in another state, or safe, or what was asked for is answered. */
  readonly over: boolean
  /** Somebody is told. */
  readonly told: boolean
  /** The ticket was not locked: nothing at all is written unless its row is the one that was seen. */
  readonly alone: boolean
}

/** What stands beside the ticket is written when the ticket is. */
const WRITTEN = ' and exists (select from after)'

/**
 * An act, in one statement: ticket, history, clocks, outbox.
 * $1 id, $2 state, $3 version, $4 kind, $5 category, $6 place, $7 lat, $8 lon, $9 description, $10 caller's name, $11 call-back, $12 outcome, $13 unit, $14 dispatched at,
 * $15 closed at, $16 uncertainty, $17 work, $18 assist, $19 priority, $20 due at, $21 merged into, $22 members,
 * $23 act id, $24 act, $25 at, $26 by, $27 changes, $28 note, $29 clocks, $30 clocks that were met, $31 notices, $32 when the clocks ended that end, $33 marks, $34 window, $35 `alone`: the row that was seen
 */
const textOfAct = ({ words, clocks, runs, over, told, alone }: ActParts): string => `
with after as (
  update ticket set state = $2, version = $3, kind = $4, category = $5, lat = $7, lon = $8, call_back = $11,${words ? ' place = $6, description = $9, caller_name = $10,' : ''}
    outcome = $12, unit_id = $13, dispatched_at = $14, closed_at = $15, attention = attention and $4::text is null, uncertainty = $16,
    work = $17, assist = $18, priority = $19, due_at = $20, merged_into = $21, members = $22
  where id = $1${alone ? ' and xmin = $35::xid' : ''} returning *
), not_asked_for as (
  select ${[...words ? [] : ['$6::text', '$9::text', '$10::text'], ...clocks ? [] : ['$29::text'], ...runs ? [] : ['$30::text[]', '$32::timestamptz'], ...told ? [] : ['$31::text']].join(', ')}
), history as (
  insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, note, marks, window_id) select id, version, $23, $24, $25, $26, $27, $28, $33, $34 from after
)${clocks ? `, ${clockSteps('$29', '$32', '$30', runs, alone ? WRITTEN : '')}` : ''}${over ? `, over as (
  -- A unit has it, or has to do with it no more: the hall's alarm that it has not is over, whoever saw it. So is what the hall was asked for and did, and what it was told of a time limit that runs no more;
  -- a danger that another has to guard now is none the less told. And what asks a unit to work goes no further when the ticket is
  -- no longer its own, or nobody's, or said to be done: a webhook that comes back an hour later, a terminal next morning, or somebody who sends dead letters again, must not send out a crew
  -- beside the one that has it.
  update outbox o set dead_at = coalesce(o.dead_at, clock_timestamp()), next_at = null, error = '${OVER}' from after a
  where o.ticket_id = $1 and o.receipt_at is null and (
    ${runs ? `(o.kind = 'undelivered' and o.channel = 'terminal' and o.dead_at is null and o.body ->> 'about' in (select unit_id from ended where clock = 'delivery'))
    or (o.audience = 'hall' and o.channel = 'terminal' and o.dead_at is null and o.kind in (${listOf(STAGES)}) and exists (select from ended e where e.clock = o.body ->> 'clock' and (e.clock = 'safe' or e.unit_id is not distinct from o.body ->> 'about'))
      and not exists (select from wanted w where w.clock = o.body ->> 'clock' and (w.clock = 'safe' or w.unit is not distinct from o.body ->> 'about')))
    or ` : ''}(o.audience = 'hall' and o.channel = 'terminal' and o.dead_at is null and ((o.kind in ('filed', 'ungathered', 'raised') and a.state <> 'open') or (o.kind in ('reported', 'returned', 'referred') and a.state <> o.kind) or (o.kind = 'ruling-wanted' and a.state <> 'ruling')
      or (o.kind = 'extension-asked' and a.work -> 'extension' ->> 'state' is distinct from 'asked')
      or (o.kind in ('incident', 'disputed') and ${DONE}) or (o.kind = 'disputed' and o.body ->> 'about' is not null and not coalesce(a.work -> 'disputes', '[]') @> jsonb_build_array(jsonb_build_object('unitId', o.body ->> 'about')))))
    or (${ASKS} and (o.channel = 'terminal' or o.next_at is not null or o.dead_at is not null) and o.error <> '${OVER}' and ${NO_LONGER}))
)` : ''}${told ? `, drafts as (
  select * from jsonb_to_recordset($31::jsonb) as x (kind text, audience text, unit text, stage text, address text, body jsonb, again boolean)
), ways as (
  select kind, audience, 'terminal' as channel, unit, '' as address, body, again from drafts where audience in ('unit', 'hall')
  union all
  select d.kind, d.audience, c.channel, d.unit, c.address, d.body, d.again from drafts d join unit_channel c on c.unit_id = d.unit and c.enabled where d.audience = 'unit'
  union all
  select d.kind, d.audience, p.channel, d.unit, p.address, d.body, d.again from drafts d join named_person p on p.stage = d.stage and p.channel is not null and (p.unit_id is null or p.unit_id = d.unit) and not ${LEFT} where d.audience = 'person'
  union all
  select kind, audience, 'sms', null, address, body, again from drafts where audience = 'citizen' and address <> ''
), told as (
  -- Later than whatever the act says of when it was: that was asked for before. Nor before its transaction, by a clock that is set back: a county hears of what its own one wrote.
  insert into outbox (kind, audience, channel, unit_id, address, ticket_id, body, created_at, again)
  select kind, audience, channel, unit, address, $1, body, greatest(statement_timestamp(), now()), coalesce(again, false) from ways w where (w.again is not true or not exists (
    select from outbox o where o.ticket_id = $1 and o.kind = w.kind and o.unit_id is not distinct from w.unit and o.channel = w.channel and o.address = w.address
      and (w.audience <> 'hall' or o.body ->> 'about' is not distinct from w.body ->> 'about') and o.receipt_at is null and o.dead_at is null and (o.channel = 'terminal' or o.next_at is not null)))${alone ? WRITTEN : ''}
)` : ''}
select ${TICKET} from after`

/** What units have not read of a ticket, in its words as they are now. $1 ticket, $2 text by kind, $3 place, $4 units that are on it */
export const REWORD = `
update outbox set body = body - 'letter' || jsonb_build_object('text', $2::jsonb -> kind, 'place', $3::text)
where ticket_id = $1 and audience = 'unit' and unit_id = any($4::text[]) and receipt_at is null and (channel = 'terminal' or sent_at is null)`

/** Corrections that nobody has heard, nor hears in this moment. A county hears of each at once. $1 ticket, $2 units */
export const CORRECTIONS_WAITING = `
select id, unit_id, body -> 'changed' as changed from outbox
where ticket_id = $1 and kind = 'changed' and audience = 'unit' and unit_id = any($2::text[]) and receipt_at is null and dead_at is null and leased_until is null and tries = 0 and next_at > clock_timestamp() + interval '1 s' for update`
/** $1 message, $2 draft, $3 ms from now, $4 at most so long after it was written, $5 since when its unit has to confirm it: what is older than that says nothing when it is confirmed */
export const CORRECT_AGAIN = `update outbox set body = body || ($2::jsonb -> 'body'), created_at = greatest(created_at, $5::timestamptz), next_at = least(clock_timestamp() + $3::double precision * interval '1 ms', created_at + $4::double precision * interval '1 ms') where id = $1`
/** On each of a unit's ways on which none of these waits. $1 ticket, $2 draft, $3 corrections that wait, $4 ms from now */
export const TELL_CORRECTION = `
with d as (select * from jsonb_to_record($2::jsonb) as x (kind text, unit text, body jsonb)),
ways as (select 'terminal' as channel, '' as address union all select c.channel, c.address from unit_channel c join d on d.unit = c.unit_id where c.enabled)
insert into outbox (kind, audience, channel, unit_id, address, ticket_id, body, created_at, next_at)
select d.kind, 'unit', w.channel, d.unit, w.address, $1, d.body, greatest(statement_timestamp(), now()), clock_timestamp() + $4::double precision * interval '1 ms' from d, ways w
where not exists (select from outbox o where o.id = any($3::uuid[]) and o.unit_id = d.unit and o.channel = w.channel and o.address = w.address)`

/** Corrections that wait go out now: what comes after them to the same units does not wait behind them. $1 ticket, $2 units */
export const CORRECTIONS_GO = `
update outbox set next_at = clock_timestamp()
where ticket_id = $1 and kind = 'changed' and audience = 'unit' and unit_id = any($2::text[]) and receipt_at is null and dead_at is null and leased_until is null and tries = 0 and next_at > clock_timestamp()`

const acts = new Map<string, { readonly name: string; readonly text: string }>()
/** The statement of an act, to be prepared once by its name. */
export function writeAct(parts: ActParts): { readonly name: string; readonly text: string } {
  const name = ['write-act', ...(['words', 'clocks', 'runs', 'over', 'told', 'alone'] as const).filter((part) => parts[part])].join(' ')
  const known = acts.get(name) ?? { name, text: textOfAct(parts) }
  acts.set(name, known)
  return known
}

/** So many in one transaction: small, so that the first of many is not late for the last; of so many that are looked at, so that who comes second finds others. */
export const DUE_AT_ONCE = 20
const DUE_AMONG = 10 * DUE_AT_ONCE

/** Tickets whose clock has come to a stage, by the database's own time. Two nodes never take the same row; what one drops the other finds.
 * The time is asked once: compared with a function that changes, PostgreSQL would walk through every clock that runs, each time somebody looks.
 * An array, so that the plan never reads all tickets, however many clocks it guesses. $1 tickets that are left alone for now */
export const DUE_TICKETS = `
with due as materialized (select array(select ticket_id from ticket_clock where next_at <= (select clock_timestamp()) and ticket_id <> all($1::uuid[]) order by next_at limit ${DUE_AMONG}) as ids)
select ${TICKET}, clock_timestamp() as now from ticket t where t.id = any((select ids from due)::uuid[])
order by array_position((select ids from due), t.id) limit ${DUE_AT_ONCE} for update of t skip locked`

/** ms until the next clock comes to a stage, by the database's time; null when none runs. $1 tickets that are left alone for now */
export const NEXT_CLOCK = `select extract(epoch from min(next_at) - clock_timestamp()) * 1000 as ms from ticket_clock where next_at is not null and ticket_id <> all($1::uuid[])`

/** Tickets of which a unit's clock runs. */
export const RUNNING_OF_UNITS = `select distinct ticket_id as id from ticket_clock where ended_at is null and unit_id is not null and clock <> 'delivery' order by 1`

/** What lies in the hall for a unit, or for nobody knows whom yet, and has no clock of the hall's, or has one although nothing of it is owed; what was handed over on the line may be a danger by its category (`leftBehind` looks); and whether somebody said of it that it is dangerous, or is not. */
export const WITHOUT_HALL_CLOCK = `
select id, exists (select from ticket_history h where h.ticket_id = t.id and h.act = 'prioritise' and h.changes ? 'hazard') as said from ticket t
where state = 'open' and unit_id is null
  and ((coalesce(kind, 'joint-service') = 'joint-service' or coalesce(work ->> 'hazard', '') = 'true') <> work @> '{"clocks": [{"clock": "reassign"}]}' or (kind in ('police', 'fire', 'medical') and coalesce(work ->> 'hazard', '') <> 'true'))
order by id`

/**
 * Whether somebody said whether a ticket is dangerous, as what it is about by now; and the clocks of the hall that an edit ended, in that order, each with what the ticket was about then: of what was opened again, since then alone. $1 ticket
 */
export const HALL_PAST = `
select exists (select from ticket_history h where h.ticket_id = t.id and h.act = 'prioritise' and h.changes ? 'hazard'
    and not exists (select from ticket_history l where l.ticket_id = t.id and l.version > h.version and l.changes ? 'category')) as said,
  (select jsonb_agg(jsonb_build_object('clock', c.clock, 'startedAt', round(extract(epoch from c.started_at) * 1000), 'endedAt', round(extract(epoch from c.ended_at) * 1000), 'category', coalesce(
      (select l.changes -> 'category' -> 0 from ticket_history l where l.ticket_id = t.id and l.version >= h.version and l.changes ? 'category' order by l.version limit 1), to_jsonb(t.category))) order by h.version, c.id)
    from ticket_clock c join ticket_history h on h.ticket_id = c.ticket_id and h.act = 'edit' and h.at = c.ended_at
    where c.ticket_id = t.id and c.unit_id is null and not c.met and h.version > coalesce((select max(r.version) from ticket_history r where r.ticket_id = t.id and r.act in ('reopen', 'dispatch')), 0)) as ended
from ticket t where t.id = $1`

/** The calendar as it is, before another takes its place in the same transaction. */
export const KEEP_CALENDAR = `insert into recount_due (days, years) select coalesce(jsonb_object_agg(to_char(day, 'YYYY-MM-DD'), kind), '{}'), array(select year from calendar_year order by year) from calendar_day`
/** Calendars that were replaced, by which something is to be counted: nobody did yet, or no node counts by them any more (`settled`), since that was so long ago. $1 ms */
export const READ_RECOUNTS = `
select * from (select id, days, years, counted, since <= clock_timestamp() - $1::double precision * interval '1 ms' as settled from recount_due) due where settled or not counted order by id`
/** $1 those that were counted, $2 those of them that are not needed any more */
export const RECOUNTED = `with gone as (delete from recount_due where id = any($2::bigint[])) update recount_due set counted = true where id = any($1::bigint[]) and id <> all($2::bigint[])`
/** One counts, of whichever node; the lock goes with the connection. */
export const TRY_RECOUNT_LOCK = `select pg_try_advisory_lock(110113) as mine`
export const RECOUNT_UNLOCK = `select pg_advisory_unlock(110113)`

/** Whether another node keeps acts, by what it said lately; and whether one has said nothing since $2 ms ago, when PostgreSQL was back. $1 this node */
export const KEPT_ELSEWHERE = `
select bool_or(kept > 0 and at > clock_timestamp() - interval '10 s') as keeps, bool_or(at < clock_timestamp() - $2::double precision * interval '1 ms') as silent from node_presence where node <> $1`

/** A correction that is still being typed is not told yet. */
const UNREAD = `o.channel = 'terminal' and o.receipt_at is null and o.dead_at is null and (o.kind <> 'changed' or o.next_at <= clock_timestamp())`
/** @param undelivered which notices of a ticket say to `whose` reader that a unit `c.unit_id` has to confirm it */
const unread = (whose: string, undelivered: string): string => `
select o.id, o.kind, o.unit_id, o.ticket_id, o.body, o.created_at from (
  select o.* from outbox o where ${UNREAD} and o.created_at > now() - interval '7 days' and ${whose}
  union all
  select o.* from ticket_clock c join outbox o on o.ticket_id = c.ticket_id
  where c.clock = 'delivery' and c.ended_at is null and ${undelivered} and ${UNREAD} and o.created_at <= now() - interval '7 days' and ${whose}) o
order by case when o.kind in (${DELIVERING}, ${listOf(ALARMS)}) or o.body ->> 'clock' = 'safe' or (o.kind = 'disputed' and o.body ->> 'hazard' = 'true') then 1 when o.unit_id is not null and o.kind in (${listOf(PRESSES)}) then 2 else 3 end, o.created_at desc limit ${MOST_NOTICES}`
/**
 * Terminal notices that nobody confirmed, newest last; older than a week they are in the history only, but for what a unit has to confirm: an office that is closed
 * over Spring Festival hears of it when it opens, and the hall is alarmed until it has it. Of many: work, alarms and dangers, then what presses, then the newest. A danger is one as long as nobody guards it.
 */
export const NOTICES_OF_HALL = `select n.*, n.body || coalesce((select jsonb_build_object('hazard', ${UNSAFE}) || case when n.body ? 'unsorted' then jsonb_build_object('unsorted', a.kind is null) else '{}' end from ticket a where a.id = n.ticket_id), '{"hazard": false}') as body from (${unread(`o.unit_id is null and o.audience = 'hall'`, `o.kind = 'undelivered' and o.body ->> 'about' = c.unit_id`)}) n order by created_at`
/** The same of units, of each by itself: what one does not read holds nothing back from another. $1 units */
export const NOTICES_OF_UNITS = `select n.*, n.body || coalesce((select jsonb_build_object('hazard', ${UNSAFE}) from ticket a where a.id = n.ticket_id and (a.unit_id = n.unit_id or n.unit_id = any(a.assist))), '{}') as body from unnest($1::text[]) as u (unit) cross join lateral (${unread('o.unit_id = u.unit', `c.unit_id = u.unit and o.kind in (${DELIVERING})`)}) n order by n.created_at`

/** A terminal has shown it. Once only. $1 id, $2 unit (null: hall) */
export const CONFIRM_NOTICE = `
update outbox set receipt_at = clock_timestamp(), sent_at = coalesce(sent_at, clock_timestamp()), next_at = null
where id = $1 and channel = 'terminal' and (($2::text is null and audience = 'hall') or unit_id = $2) and receipt_at is null returning kind, unit_id, ticket_id`
/**
 * Whether a message was written before $2: its receipt says nothing of what the unit is told since. And what the unit was told after it that has it delivered, on whatever way, and
 * has not confirmed on any: raised twice, it may have heard of the first alone. What was only told once more is not new, nor are corrections that all say how it reads by now. $1 message
 */
export const WHAT_WAS_TOLD = `
select m.created_at < $2 as before, n.kind as newer, n.created_at as told_at from outbox m
left join lateral (
  select kind, created_at from outbox n where n.ticket_id = m.ticket_id and n.audience = 'unit' and n.unit_id = m.unit_id and n.kind in (${DELIVERING}) and n.kind <> 'dispatch' and (n.kind <> m.kind or n.kind <> 'changed') and not n.again and n.created_at > m.created_at and n.error <> '${OVER}'
    and not exists (select from outbox r where r.ticket_id = n.ticket_id and r.audience = 'unit' and r.unit_id = n.unit_id and r.kind in (${DELIVERING}) and r.created_at >= n.created_at and r.receipt_at is not null)
  order by created_at limit 1) n on true
where m.id = $1`
export const NOTICE_KNOWN = `select kind, unit_id, ticket_id from outbox where id = $1 and channel = 'terminal' and (($2::text is null and audience = 'hall') or unit_id = $2)`

/**
 * Messages of a channel whose time has come, taken for $3 ms: a sender that dies leaves them to the next. Work before word of it, and no more than ${MOST_FOR_ONE} at a time
 * to one address: a receiver that hangs must not take all places. What is about one ticket goes to one address in the order in which it was written: who is
 * told first that a ticket went elsewhere, and then that it is his, goes out for nothing. $1 channel, $2 most, $4 addresses that are busy
 */
export const TAKE_OUTBOX = `
update outbox set tries = tries + 1, next_at = clock_timestamp() + $3 * interval '1 ms', leased_until = clock_timestamp() + $3 * interval '1 ms'
where id in (
  select id from outbox where next_at <= clock_timestamp() and id in (
    select id from (
      select id, rank, due, row_number() over (partition by address order by rank, due) as turn from (
        select id, address, outbox_rank(kind, body) as rank, next_at as due from outbox o
        where channel = $1 and channel <> 'terminal' and next_at <= clock_timestamp() and not address = any($4::text[]) and not exists (
          select from outbox before where before.ticket_id = o.ticket_id and before.channel = o.channel and before.address = o.address and before.created_at < o.created_at
            and (before.next_at is not null or before.leased_until > clock_timestamp()))
        order by outbox_rank(kind, body), next_at limit ${LOOK_AMONG}) near) each
    where turn <= ${MOST_FOR_ONE} order by rank, due limit $2)
  for update skip locked)
returning id, kind, audience, channel, unit_id, address, ticket_id, body, tries, created_at,
  (select language = 'en' from call where call.id = outbox.ticket_id and audience = 'citizen') as english,
  (select secret from unit_channel c where c.unit_id = outbox.unit_id and c.channel = outbox.channel and c.address = outbox.address) as secret`
/** What was over meanwhile went out all the same. $1 id, $2 the other side has it */
export const OUTBOX_SENT = `
update outbox set sent_at = clock_timestamp(), receipt_at = case when $2 then clock_timestamp() end, next_at = null, leased_until = null, dead_at = null, error = '' where id = $1`
/**
 * What was over meanwhile stays so. A citizen whom no message reaches is to be called, also when he had been called about something else before.
 * $1 id, $2 error, $3 ms until the next try; null: given up
 */
export const OUTBOX_FAILED = `
with failed as (
  update outbox set leased_until = null, error = case when dead_at is null then $2 else error end, next_at = case when dead_at is null then clock_timestamp() + $3::double precision * interval '1 ms' end,
    dead_at = case when dead_at is null and $3::double precision is null then clock_timestamp() else dead_at end where id = $1 returning *
), called as (
  insert into call_back_task (call_id, number, reason, since) select ticket_id, address, 'untold', clock_timestamp() from failed where audience = 'citizen' and ticket_id is not null and dead_at is not null and error <> '${OVER}'
  on conflict (call_id) do update set number = excluded.number, reason = excluded.reason, since = excluded.since, state = 'open', claimed_by = null, claimed_at = null, outcome = null, done_by = null, done_at = null, note = ''
    where call_back_task.state = 'done'
)
select error = '${OVER}' as over from failed`
/** Nor what asks a unit to work that has the ticket no more, whichever program took it from it. */
export const REPLAY_OUTBOX = `
update outbox o set dead_at = null, tries = 0, error = '', next_at = clock_timestamp()
where o.id = $1 and o.dead_at is not null and o.error <> '${OVER}' and not exists (select from ticket a where a.id = o.ticket_id and ${ASKS} and ${NO_LONGER}) returning id`
/** As `outbox_given_up` has them. */
const DEAD = `channel <> 'terminal' and dead_at is not null and error not in ('${OVER}', '${NOT_MOBILE}')`
/** Another text whenever the dead letters are others. */
export const DEAD_MARK = `select count(*)::text || ' ' || coalesce(max(dead_at)::text, '') as mark from outbox where ${DEAD}`
/** @param dead only those that may be sent again, those to units before those to citizens, who are on the list of people to call back. $1 ticket, $2 most, $3 from which */
export const listOutbox = (dead: boolean): string => `
select *, count(*) over ()::int as total from outbox
where ${dead ? DEAD : `channel <> 'terminal'`} and ($1::uuid is null or ticket_id = $1) order by ${dead ? `audience = 'citizen', ` : ''}created_at desc limit $2 offset $3`

/** The tickets that follow a main ticket, locked in one order. $2 the state in which they are */
export const FOLLOWERS = `select * from ticket where merged_into = $1 and state = $2 order by id for update`

/** Counts by state and unit. Closed ones are counted by reports, not by the board. */
const board = (whose: string, due: string): string => `
select state, unit_id, count(*)::int as total, count(*) filter (where ${due} <= now())::int as late, count(*) filter (where ${dueSoon(due)})::int as soon
from ticket where state not in ('closed', 'void') ${whose} group by state, unit_id order by state, unit_id`
/** The whole hall's asks nothing of the rows, so that the index answers it alone. */
export const BOARD = board('', 'due_at')
/** What is late is late of the unit's own. $1 unit */
export const BOARD_OF_UNIT = board('and (unit_id = $1 or assist @> array[$1])', ownDue('$1'))

const IN_HAND = `state not in ('closed', 'void', 'merged')`
/**
 * What is in hand and whose district is not worked out by today's. Three walks along the index, each in its order: in one, PostgreSQL reads the whole table instead as
 * long as it believes that many are not placed, which is what it knew last until it looks again. $1 today's, $2 tickets that are left alone, $3 most
 */
export const UNPLACED = `
with unplaced as materialized (select array(
  ${['is null', '< $1', '> $1'].map((which) => `(select id from ticket where ${IN_HAND} and area_by ${which} and id <> all($2::uuid[]) order by area_by limit $3)`).join(' union all ')} limit $3) as ids)
select id, version, lat, lon, place from ticket where id = any((select ids from unplaced)::uuid[]) and ${IN_HAND}`
/** What others have their hands on waits for the next time. $1 districts, $2 id, version and area of each */
export const PLACE_AREAS = `
with free as (
  select t.id, x.area from ticket t join jsonb_to_recordset($2::jsonb) as x (id uuid, version integer, area text) on x.id = t.id and x.version = t.version for update of t skip locked
)
update ticket t set area = free.area, area_by = $1 from free where t.id = free.id returning t.id`
/** Each district's; what is late, of a unit its own. $1 districts, $2 unit (null: all) */
export const AREAS = (unit: boolean): string => `
select area, count(*)::int as total, count(*) filter (where ${unit ? ownDue('$2') : 'due_at'} <= now())::int as late from ticket
where ${IN_HAND} and area_by = $1 ${unit ? `and (unit_id = $2 or (assist @> array[$2] and assist <> '{}'))` : ''} group by area`

export const READ_DUTIES = `select code, category, area, hours, unit_id, role, basis, to_char(valid_from, 'YYYY-MM-DD') as valid_from, to_char(valid_to, 'YYYY-MM-DD') as valid_to from duty_rule order by code, unit_id`
export const READ_CLOCK_RULES = `select clock, category, priority, minutes, hours from clock_rule`
export const READ_CALENDAR = `select to_char(day, 'YYYY-MM-DD') as day, kind from calendar_day order by day`
export const READ_YEARS = `select year from calendar_year order by year`
export const READ_UNITS = `select id, name, name_en, standby, office_hours, categories from unit order by position`
export const READ_OFFICERS = `select distinct person_id from named_person join person on person.id = person_id where stage = 'ruling' and disabled_at is null`
export const PERSON_OF_UNIT = `select 1 from person where id = $1 and unit_id = $2 and disabled_at is null`

/** Who may rule, how many are told of what is late, and the stages at which nobody is told for the whole city, nor for each unit. */
export const CHECK_NAMED = `
with reached as (select * from named_person p where not ${LEFT})
select (select count(*) from reached where stage = 'ruling' and person_id is not null)::int as officers, (select count(*) from reached where stage <> 'ruling')::int as told,
  array(select stage from unnest(array['supervise', 'notice']) as s (stage) where not exists (select from reached r where r.stage = s.stage and r.unit_id is null)
    and (not exists (select from unit) or exists (select from unit u where not exists (select from reached r where r.stage = s.stage and r.unit_id = u.id)))) as missing`
