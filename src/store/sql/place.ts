export const READ_DISTRICTS = `select id, name, name_en as "nameEn", outline from district order by id`

/** $1 what was typed. By words, by parts of them, by pinyin initials (which are words); a name that begins so comes first, then the shorter one. */
export const FIND_PLACES = `
select code, name, kind, lat, lon from place where words @@ ticket_query($1)
order by starts_with(lower(name), lower($1)) desc, starts_with(initials, lower($1)) desc, length(name), name limit 12`

/** A place of the gazetteer, as `placeValues` has it; one of the same code is changed. */
export const WRITE_PLACE = `
insert into place (code, name, kind, aliases, initials, lat, lon, road_code, road_name, metres, roads) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (code) do update set name = excluded.name, kind = excluded.kind, aliases = excluded.aliases, initials = excluded.initials, lat = excluded.lat, lon = excluded.lon,
  road_code = excluded.road_code, road_name = excluded.road_name, metres = excluded.metres, roads = excluded.roads`

/** $1 how many */
export const TO_RESPELL = 'select code, name, aliases from place where respell limit $1'
/** $1 codes, $2 initials of each */
export const RESPELL = 'update place p set initials = x.initials, respell = false from unnest($1::text[], $2::text[]) as x (code, initials) where p.code = x.code'

/** A road is meant by its number, by any name of it, or by the beginning of a name. $1 road's number, $2 beginning of its name */
const MEANT = (code: string, name: string): string => `case when $1 <> '' then ${code} = $1 or (${code} = '' and $2 <> '' and starts_with(${name}, $2)) else starts_with(${name}, $2) end`
const ON = 'p.metres is not null and p.road_code = road.road_code and p.road_name = road.road_name'
const MARK = 'p.code, p.name, p.road_code as "roadCode", p.road_name as "roadName", p.roads, p.metres, p.lat, p.lon'
/** Known marks around one: for each road that fits, the nearest before it and behind it. An alias that stands on one mark counts for its whole road. $1, $2 as above, $3 metres */
export const MARKS_NEAR = `
with road as (
  select road_code, road_name from place where metres is not null and ${MEANT('road_code', 'road_name')}
  union
  select road_code, road_name from place where metres is not null and roads <> '{}' and exists (select from unnest(roads) one where one = $1 or ($2 <> '' and starts_with(one, $2)))
), chosen as (select * from road limit 20)
(select m.* from chosen road cross join lateral (select ${MARK} from place p where ${ON} and p.metres <= $3 order by p.metres desc limit 1) m)
union all
(select m.* from chosen road cross join lateral (select ${MARK} from place p where ${ON} and p.metres > $3 order by p.metres limit 1) m)`

/** What is not closed and has a position, the most urgent first. $1 unit (null: all) */
export const MOST_ON_MAP = 5_000
export const MAP_TICKETS = `
select id, number, state, category, lat, lon, coalesce((work ->> 'hazard')::boolean, false) as hazard, coalesce(due_at <= now(), false) as late from ticket
where state not in ('closed', 'void', 'merged') and lat is not null and lon is not null and ($1::text is null or unit_id = $1 or (assist @> array[$1] and assist <> '{}'))
order by due_at nulls last, id limit ${MOST_ON_MAP + 1}`
