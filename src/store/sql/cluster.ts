/** Metres between two points on the sphere of 6,371 km: (lat, lon) of a row and of parameters. */
const METRES = (lat: string, lon: string): string => `6371000 * 2 * asin(least(1, sqrt(power(sin(radians(t.lat - ${lat}) / 2), 2) + cos(radians(${lat})) * cos(radians(t.lat)) * power(sin(radians(t.lon - ${lon}) / 2), 2))))`

/**
 * Tickets that may be about the same thing: same category, not closed, recent, within the metres of the category; without a position, at the same place by its words.
 * Main tickets first. $1 own id, $2 category, $3 lat, $4 lon, $5 place
 */
export const DUPLICATES = `
with rule as (
  select coalesce(max(metres) filter (where category = $2), max(metres) filter (where category is null), 200) as metres,
         coalesce(max(minutes) filter (where category = $2), max(minutes) filter (where category is null), 1440) as minutes from cluster_rule
)
select * from (
  select t.*, case when t.lat is null or $3::double precision is null then null else ${METRES('$3', '$4')} end as distance
  from ticket t, rule
  where t.category = $2 and t.state not in ('closed', 'void', 'merged') and t.id <> $1 and t.opened_at > now() - rule.minutes * interval '1 minute'
    and (($3::double precision is not null and t.lat between $3 - rule.metres / 111000.0 and $3 + rule.metres / 111000.0
          and t.lon between $4 - rule.metres / (111000.0 * greatest(0.1, cos(radians($3)))) and $4 + rule.metres / (111000.0 * greatest(0.1, cos(radians($3)))))
      or ($5 <> '' and t.place = $5))
) near, rule
where distance is null or distance <= rule.metres
order by members desc, distance nulls last, opened_at limit 20`

export const READ_CLUSTER_RULES = `select category, metres, minutes, burst, burst_minutes from cluster_rule`

/** As the partial indexes have it. */
const IN_HAND = `state not in ('closed', 'void', 'merged')`

/** Categories in which enough came lately to look closer, or in which somebody leads. $1 minutes: the longest window of any rule */
export const BUSY_CATEGORIES = `
select category from (
  select category from ticket where opened_at > now() - $1 * interval '1 minute' and members = 0 and ${IN_HAND}
  union all
  select category from ticket where members > 0 and ${IN_HAND}
) spot where category is not null group by category having count(*) >= 2`

/** What somebody took out of an incident stands by itself: nothing gathers it again. $1 category, $2 minutes */
export const SPOTS = `
select id, lat, lon, uncertainty, place, opened_at, members, state, opened_at as latest_at, now() as now from ticket
where category = $1 and opened_at > now() - $2 * interval '1 minute' and members = 0 and ${IN_HAND}
  and not exists (select from ticket_history h where h.ticket_id = ticket.id and h.act = 'reopen' and h.changes ? 'mergedInto')
union all
select id, lat, lon, uncertainty, place, opened_at, members, state, greatest(opened_at, (select max(opened_at) from ticket f where f.merged_into = t.id)), now() from ticket t
where category = $1 and members > 0 and ${IN_HAND}
order by opened_at desc limit 2000`

/** The tickets that a main ticket was put before the dispatcher with. $1 main ticket */
export const PROPOSED = `select id from ticket where number in (select unnest(string_to_array(changes -> 'beside' ->> 1, ' ')) from ticket_history where ticket_id = $1 and act = 'propose')`

/** One node looks at a time. */
export const TRY_CLUSTER_LOCK = `select pg_try_advisory_xact_lock(110112) as mine`
