export const READ_DISTRICTS = `select id, name, name_en as "nameEn", outline from district order by id`

/** $1 what was typed. By words, by parts of them, by pinyin initials (which are words); a name that begins so comes first, then the shorter one. */
export const FIND_PLACES = `
select code, name, kind, lat, lon from place where words @@ ticket_query($1)
order by starts_with(lower(name), lower($1)) desc, starts_with(initials, lower($1)) desc, length(name), name limit 12`

/** $1 how many */
export const TO_RESPELL = 'select code, name, aliases from place where respell limit $1'
/** $1 codes, $2 initials of each */
export const RESPELL = 'update place p set initials = x.initials, respell = false from unnest($1::text[], $2::text[]) as x (code, initials) where p.code = x.code'

/** Known marks around one: for each road that fits, the nearest before it and behind it. $1 road's number, $2 beginning of its name, $3 metres */
const ROADS = `metres is not null and case when $1 <> '' then road_code = $1 else starts_with(road_name, $2) end`
export const MARKS_NEAR = `
(select distinct on (road_code, road_name) code, name, road_code as "roadCode", road_name as "roadName", metres, lat, lon from place where ${ROADS} and metres <= $3 order by road_code, road_name, metres desc limit 20)
union all
(select distinct on (road_code, road_name) code, name, road_code, road_name, metres, lat, lon from place where ${ROADS} and metres > $3 order by road_code, road_name, metres limit 20)`

/** What is not closed and has a position, the most urgent first. $1 unit (null: all) */
export const MOST_ON_MAP = 5_000
export const MAP_TICKETS = `
select id, number, state, category, lat, lon, coalesce((work ->> 'hazard')::boolean, false) as hazard, coalesce(due_at <= now(), false) as late from ticket
where state not in ('closed', 'void', 'merged') and lat is not null and lon is not null and ($1::text is null or unit_id = $1 or (assist @> array[$1] and assist <> '{}'))
order by due_at nulls last, id limit ${MOST_ON_MAP + 1}`
