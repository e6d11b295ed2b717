import { FLOW_ENDS } from '../../contracts/call.js'
import { textsOf } from './texts.js'

/** The edition that callers enter, with the switch that made it so. */
export const CURRENT = `
select s.id, s.at, s.by, s.reason, s.details, e.number, e.hash from flow_switch s join flow_edition e on e.number = s.edition order by s.id desc limit 1`
export const CONTENT = `select content from flow_edition where number = $1`
export const CONTENT_BY_HASH = `select number, content from flow_edition where hash = $1`
export const TAPE = `select sound from flow_tape where hash = $1`
/** $1 hashes → those that are there. */
export const TAPES_THERE = `select hash from flow_tape where hash = any($1::text[])`
/** $1 how many editions → hashes of the tapes of those that callers entered last, the running one first, and of those that wait to be entered. */
export const TAPES_IN_USE = `
select distinct t ->> 'hash' as hash from flow_edition e cross join lateral jsonb_array_elements(e.content -> 'tapes') t
where e.number in (select edition from flow_switch group by edition order by max(id) desc limit $1) or not exists (select from flow_switch s where s.edition = e.number)`
export const KEEP_TAPE = `insert into flow_tape (hash, sound) values ($1, $2) on conflict (hash) do nothing`
/** $1 hash, $2 content, $3 author's person, $4 author, $5 note. The same content is the same edition: its first author stands. */
/** Under `ONE_AT_A_TIME`: numbers follow one another, whatever fails or crashes between two. */
export const KEEP_EDITION = `insert into flow_edition (number, hash, content, author_id, author, note) select coalesce(max(number), 0) + 1, $1, $2, $3, $4, $5 from flow_edition on conflict (hash) do nothing`
/** $1 hash, $2 person or null, $3 who. What it was made after: a wish that waits is for that alone. */
export const WISH = `insert into flow_wish (edition, after, by_id, by) select number, coalesce((select max(id) from flow_switch), 0), $2, $3 from flow_edition where hash = $1 on conflict do nothing`
/** Wishes for an edition as it was last published: several people may have published the same difference. */
const lastWishes = (edition: string): string => `flow_wish w where w.edition = ${edition} and w.after = (select max(m.after) from flow_wish m where m.edition = ${edition})`
/** Whether approval `a` is of the difference as it was last published: an older one read another. */
const COUNTS = `a.at >= coalesce((select min(w.at) from ${lastWishes('a.edition')}), '-infinity')`
/** Of edition `e`: the people who published it as it waits now, as far as they are known. */
const WISHERS = `
select coalesce(w.by_id, case when w.by is null then e.author_id end) as id, coalesce(w.by, e.author) as by from ${lastWishes('e.number')}
union select e.author_id, e.author where not exists (select from flow_wish w where w.edition = e.number)`
export const APPROVE = `insert into flow_approval (edition, person_id, person) select $1, $2, $3 where not exists (select from flow_approval a where a.edition = $1 and a.person_id = $2 and ${COUNTS})`
/** Held to the end of the transaction: one switch after the other, whichever node makes it. */
export const ONE_AT_A_TIME = `select pg_advisory_xact_lock(hashtext('liandong flow switch'))`
export const LAST_SWITCH = `select id, edition from flow_switch order by id desc limit 1`
/** $1 edition → who published it as it waits now, who approved that, whether callers ever entered it, the last switch before it was last published. */
export const STANDING = `
select array(select w.id from (${WISHERS}) w where w.id is not null) as wishers, array(select distinct a.person_id from flow_approval a where a.edition = e.number and ${COUNTS}) as approvers,
       exists (select from flow_switch s where s.edition = e.number) as ran, (select max(w.after) from flow_wish w where w.edition = e.number) as after
from flow_edition e where e.number = $1`
/** $1 edition, $2 person or null, $3 who, $4 reason, $5 details. */
export const SWITCH = `insert into flow_switch (edition, by_id, by, reason, details) values ($1, $2, $3, $4, $5) returning id`
/**
 * $1 how many: editions that ran before the current one was entered as something new (going back is not that), the last first. Without those that were last
 * left for an older one, by hand or by itself: something was wrong with them.
 */
export const EARLIER = `
with switched as (select id, edition, reason in ('back', 'automatic') as back, lag(edition) over (order by id) as left_edition from flow_switch),
now as (select edition from flow_switch order by id desc limit 1),
entered as (select edition, max(id) as id from switched where not back group by edition)
select e.number, e.hash from (
  select s.edition, max(s.id) as last from switched s, now join entered on entered.edition = now.edition where s.id < entered.id and s.edition <> now.edition group by s.edition
) ran join flow_edition e on e.number = ran.edition
where not exists (
  select from switched away join entered on entered.edition = ran.edition
  where away.back and away.left_edition = ran.edition and away.id > entered.id
    and exists (select from switched older where older.edition = away.edition and not older.back and older.id < entered.id)
)
order by ran.last desc limit $1`
/** $1 hash → a row, when the edition was last left for one that is older, by hand or by itself. */
export const GONE_BACK_FROM = `
with switched as (select id, edition, reason in ('back', 'automatic') as back, lag(edition) over (order by id) as left_edition from flow_switch)
select from flow_edition e join switched away on away.left_edition = e.number and away.back
where e.hash = $1 and not exists (select from switched again where again.edition = e.number and again.id > away.id)
  and exists (select from switched older where older.edition = away.edition and not older.back
    and older.id < (select max(own.id) from switched own where own.edition = e.number and not own.back and own.id < away.id))`
/** Whether edition `e` was published since the last switch, and is not what that switched to: also one that ran before, if it was published again. */
const WAITS = `((select coalesce(max(w.after), 0) from flow_wish w where w.edition = e.number) = (select coalesce(max(id), 0) from flow_switch)
  and e.number is distinct from (select edition from flow_switch order by id desc limit 1))`
/** The newest of them. */
export const WAITING = `select e.number, e.hash from flow_edition e where ${WAITS} order by e.number desc limit 1`
/** $1 how many. Each with its approvals and its switches, newest first. */
export const HISTORY = `
select e.number, e.hash, e.author, e.author_id, e.note, e.created_at, e.content, ${WAITS} as waits,
  (select jsonb_agg(jsonb_build_object('name', w.by, 'id', w.id)) from (${WISHERS}) w) as wishers,
  coalesce((select jsonb_agg(jsonb_build_object('by', a.person, 'id', a.person_id, 'at', extract(epoch from a.at) * 1000, 'counts', ${COUNTS}) order by a.at) from flow_approval a where a.edition = e.number), '[]') as approvals,
  coalesce((select jsonb_agg(jsonb_build_object('by', s.by, 'at', extract(epoch from s.at) * 1000, 'reason', s.reason, 'details', s.details) order by s.id desc) from flow_switch s where s.edition = e.number), '[]') as switches
from flow_edition e order by e.number desc limit $1`
/** What the nodes that live run by, or lived last, where none does. */
export const RULES = `select node, approval from flow_rule where at > (select max(at) from flow_rule) - interval '1 minute' order by node`
/** What they hold flows against, as far as they say so with their last beat: a program from before does not, and leaves what a newer one of the same name said. */
export const AROUNDS = `select around from flow_rule where around is not null and around_at >= at and at > (select max(at) from flow_rule) - interval '1 minute' order by node`
/** $1 node, $2 whether it wants a second person, $3 what it holds flows against. */
export const KEEP_RULE = `insert into flow_rule (node, approval, around) values ($1, $2, $3) on conflict (node) do update set approval = excluded.approval, around = excluded.around, at = now()`
/** $1 days: the keys of calls from before, telephone and ticket numbers among them, of so many calls at most. The way through the flow stays. */
export const FORGET_KEYS = `
update flow_trace t set keys = null from (select call_id, at from flow_trace where at < now() - make_interval(days => $1) and keys is not null limit 5000) old
where t.call_id = old.call_id and t.at = old.at`
export const SEEN_ON_DISK = `select hash from flow_disk where node = $1`
export const SEE_ON_DISK = `insert into flow_disk (node, hash) values ($1, $2) on conflict (node) do update set hash = excluded.hash, seen_at = now()`

/** $1 JSON rows of traces. A repeat of the same adds nothing. */
export const SAVE_TRACES = `
insert into flow_trace (call_id, at, flow, version, steps, answers, wrong, faults, switched, listened_ms, over, keys)
select "callId", to_timestamp(at / 1000.0), flow, version, steps, answers, wrong, faults, switched, listened, over, keys
from jsonb_to_recordset($1::jsonb) as t("callId" uuid, at double precision, flow text, version text, steps jsonb, answers integer, wrong integer, faults integer, switched boolean, listened integer, over boolean, keys jsonb)
on conflict do nothing`

/** A caller who came back after a restart has several traces: this is his last. */
const LAST_OF_CALL = `not exists (select from flow_trace later where later.call_id = t.call_id and later.at > t.at)`
/** Who gave up: hung up before an operator answered and before the flow itself ended the call. */
const GAVE_UP = `c.state = 'abandoned' and coalesce(c.hangup_cause, '') not in (${textsOf(FLOW_ENDS)})`
/**
 * $1 version, $2 since, $3 how many at most of each flow, the last ones → by the flow that was entered: people who answered a question and those of them who
 * answered wrong; how long they waited for an operator, whatever the flow said meanwhile, and who gave up, but for those who left word or asked to be called;
 * those for whom something could not be played or recorded. Only calls whose end is known, so that one still going on is not counted as having stayed.
 * What callers do is counted where no switch changed what they heard, before they came back either: the notice of a disaster tells them to hang up. Who came
 * back is counted as he was last.
 */
export const TALLY = `
select t.flow, c.called_number as number, count(*)::int as calls,
       count(*) filter (where not whole.switched)::int as usual, count(*) filter (where not whole.switched and t.answers > 0)::int as answered, count(*) filter (where not whole.switched and t.wrong > 0)::int as wrong,
       coalesce(sum(greatest(1000, extract(epoch from coalesce(c.answered_at, c.ended_at) - t.at) * 1000)) filter (where not whole.switched), 0)::float8 as waited,
       count(*) filter (where not whole.switched and ${GAVE_UP} and not exists (select from call_back_task k where k.call_id = c.id and k.reason in ('asked', 'message')))::int as hung_up,
       count(t.faults)::int as watched, count(*) filter (where t.faults > 0)::int as failed
from (select call_id, at, flow, answers, wrong, faults, row_number() over (partition by flow order by at desc) as place from flow_trace where version = $1 and at >= $2) t
join call c on c.id = t.call_id
cross join lateral (select max(s.at) as last, bool_or(s.switched) as switched from flow_trace s where s.call_id = t.call_id) whole
where t.place <= $3 and (c.ended_at is not null or c.answered_at is not null) and t.at = whole.last group by t.flow, c.called_number`

/** $1 version, $2 since, $3 calls: whether there were so many. */
export const REACHED = `select count(*) >= $3 as reached from (select from flow_trace where version = $1 and at >= $2 limit $3) t`

/** Of `s`, the steps of `t` */
const LAST_STEP = `(s.ordinality = jsonb_array_length(t.steps) and ${LAST_OF_CALL})`
/** $1 flow: its own traces, and those of the flows that called it as a part. Its nodes are written `<part>/<node>` there. */
const THROUGH = `(t.flow = $1 or exists (select from jsonb_array_elements(t.steps) e where starts_with(e ->> 'node', $1 || '/')))`
/**
 * $1 flow, $2 version or null for all, $3 since, $4 nodes of a part at which it returns. By node: who came by, who hung up there, the mean time of a visit.
 * What happens in a part belongs to the node that called it; in the part's own drawing, to its nodes until it returns (see `stepsIn`). Where the flow was over he waits, in the music, until he is answered or leaves.
 */
export const NODE_COUNTS = `
with step as (
  select t.call_id, t.at, t.flow = $1 as own, s.ordinality as place, s.value ->> 'node' as node,
         case when t.over and ${LAST_STEP} then greatest(0, extract(epoch from coalesce(c.answered_at, c.ended_at, case when c.id is null then t.at else now() end) - t.at) * 1000 - t.listened_ms)::float8 else (s.value ->> 'ms')::float8 end as ms,
         ${LAST_STEP} and ${GAVE_UP} as gave_up
  from flow_trace t left join call c on c.id = t.call_id cross join lateral jsonb_array_elements(t.steps) with ordinality s
  where t.at >= $3 and ($2::text is null or t.version = $2) and ${THROUGH}
), own as (
  select *, case when own then position('/' in node) = 0 else starts_with(node, $1 || '/') end as enters from step
), visit as (
  select *, count(*) filter (where enters) over (partition by call_id, at order by place) as visit from own
), stay as (
  select call_id, at, visit, ms, gave_up, enters, case when own then first_value(node) over so_far else substr(first_value(node) over so_far, length($1) + 2) end as node,
         not own and bool_or(position('/' in node) = 0) over so_far as outside
  from visit where visit > 0 window so_far as (partition by call_id, at, visit order by place)
), fared as (
  select call_id, node, sum(ms) as ms, bool_or(gave_up) as gave_up from stay where enters or not (outside or node = any($4::text[])) group by call_id, at, visit, node
)
select node, count(distinct call_id)::int as came, count(*) filter (where gave_up)::int as hung_up, coalesce(avg(ms), 0)::float8 as ms from fared group by node`
/** $1 flow, $2 version or null for all, $3 since, $4 how many: the last calls that went through it. */
export const LAST_TRACES = `
select t.call_id, t.at, t.version, t.steps, t.wrong, t.over, c.category, c.state from flow_trace t left join call c on c.id = t.call_id
where t.at >= $3 and ($2::text is null or t.version = $2) and ${THROUGH} order by t.at desc limit $4`
/**
 * $1 flow, $2 how many: the keys of the last calls that entered it and whose end is known, with what each was about as the operator settled it (what his keys
 * said in the file of then proves nothing for another one), and when he was answered or gave up, ms since he entered.
 */
export const RECORDED_KEYS = `
select t.at, t.keys, case when k.kind is not null then k.category end as category, extract(epoch from c.answered_at - t.at)::float8 * 1000 as answered_ms,
       case when ${GAVE_UP} then extract(epoch from c.ended_at - t.at)::float8 * 1000 end as left_ms
from flow_trace t join call c on c.id = t.call_id left join ticket k on k.id = t.call_id
where t.flow = $1 and t.keys is not null and (c.answered_at is not null or c.ended_at is not null) order by t.at desc limit $2`

/** A node that checks says so every few seconds (src/intake/flow-acts.ts). */
const CHECKED = `ended_at is null and beat > now() - interval '30 seconds'`
/** Under `ONE_AT_A_TIME`. */
export const ACT_UNDER_WAY = `select by, since from flow_act where ${CHECKED} order by id desc limit 1`
/** What nobody asks after any more. */
export const PRUNE_ACTS = `delete from flow_act where beat < now() - interval '7 days'`
/** $1 what, $2 edition or null, $3 person, $4 his name, $5 node, $6 since, ms. */
export const BEGIN_ACT = `insert into flow_act (what, edition, by_id, by, node, since) values ($1, $2, $3, $4, $5, to_timestamp($6::double precision / 1000)) returning id`
export const BEAT_ACT = `update flow_act set beat = now() where id = $1`
export const FORGET_ACT = `delete from flow_act where id = $1`
/** $1 act, $2 outcome, $3 error. */
export const END_ACT = `update flow_act set ended_at = now(), beat = now(), outcome = $2, error = $3 where id = $1`
export const ACTS = `
(select id, what, edition, by_id, by, node, since, outcome, error, true as under_way from flow_act where ${CHECKED} order by id desc limit 1)
union all (select id, what, edition, by_id, by, node, since, outcome, error, false from flow_act where not (${CHECKED}) order by id desc limit 1)`
