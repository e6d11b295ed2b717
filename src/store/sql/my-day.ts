/** Of the calls that were answered today, those that this person picked up; where nobody noted that (we were away), those that were his. $1 person, $2 start of the city's day */
const MINE = `
select c.id from call c where c.answered_at >= $2 and c.created_at >= $2::timestamptz - interval '12 hours' and coalesce(
  (select bool_or(e.operator_id = $1) from call_event e where e.call_id = c.id and e.act = 'answered'), c.operator_id = $1)`

/** Tickets to which he did this today. $1, $2 as above */
const DONE = (acts: string): string => `(select count(distinct h.ticket_id)::int from ticket_history h where h.by_id = $1 and h.recorded_at >= $2 and h.at >= $2 and h.act in (${acts}))`

export const MY_DAY = `
with answered as materialized (${MINE})
select (select count(*)::int from answered) as answered,
  (select count(*)::int from answered join ticket t using (id) where t.state = any($3::text[])) as open,
  ${DONE(`'dispatch', 'reassign', 'rule'`)} as dispatched,
  ${DONE(`'settle', 'close', 'confirm-receipt'`)} as closed`

/** What they were about. $1, $2 as above */
export const MY_MATTERS = `select t.category, t.kind, count(*)::int as count from (${MINE}) answered join ticket t using (id) group by 1, 2 order by 3 desc, 1, 2`
