/** Metres between two points on the sphere of 6,371 km: (lat, lon) of a row and of parameters. */
const METRES = (lat: string, lon: string): string => `6371000 * 2 * asin(least(1, sqrt(power(sin(radians(t.lat - ${lat}) / 2), 2) + cos(radians(${lat})) * cos(radians(t.lat)) * power(sin(radians(t.lon - ${lon}) / 2), 2))))`

/** As the partial indexes have it. */
const IN_HAND = `state not in ('closed', 'void', 'merged')`

/** `plainPlace`, of a column. */
const PLAIN = (place: string): string => `regexp_replace(${place}, '[\\s\u3000,，。.、()（）-]', '', 'g')`

const CALLED_SINCE = 'exists (select from ticket f where f.merged_into = t.id and f.opened_at > since)'

/** So many of a category, the newest, are looked at as a telephone rings: it must not wait for a hundred thousand. */
const MOST_IN_HAND = 5_000

/**
 * What is in hand of the same category within its metres; where either position is not known so exactly, at the same place by its words all the same. First what may be about
 * the same thing (`fresh`): called about within the minutes of the category, of an incident its latest call. Of that main tickets first, then the nearest.
 * $1 own id, $2 category, $3 lat, $4 lon, $5 plain words of the place, $6 how far the position may be off, $7 most
 */
export const NEARBY = `
with rule as (
  select coalesce(max(metres) filter (where category = $2), max(metres) filter (where category is null), 200) as metres,
         now() - interval '1 minute' * coalesce(max(minutes) filter (where category = $2), max(minutes) filter (where category is null), 1440) as since from cluster_rule
), newest as materialized (
  select * from ticket where category = $2 and ${IN_HAND} order by opened_at desc limit ${MOST_IN_HAND}
), candidate as (
  select * from newest
  union all
  select * from ticket where category = $2 and members > 0 and ${IN_HAND} and opened_at < (select min(opened_at) from newest)
), placed as (
  select t.*, opened_at > since or (members > 0 and ${CALLED_SINCE}) as fresh, case when t.lat is null or $3::double precision is null then null else ${METRES('$3', '$4')} end as distance from candidate t, rule where t.id <> $1
)
select placed.* from placed, rule
where distance <= metres or ((distance is null or uncertainty > metres or $6::double precision > metres) and length($5) > 1 and ${PLAIN('place')} = $5)
order by fresh desc, members desc, distance nulls last, opened_at limit $7`

export const READ_CLUSTER_RULES = `select category, metres, minutes, burst, burst_minutes from cluster_rule`

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
