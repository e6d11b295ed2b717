/** $1 the number without its dashes, $2 it is a provisional one, that was read out while PostgreSQL was away */
export const BY_NUMBER = `
select * from ticket where not $2 and replace(number, '-', '') = $1
union all
select t.* from provisional_number p join ticket t on t.id = p.ticket_id where $2 and replace(p.number, '-', '') = $1 limit 1`

/** The first condition is that of the index. $1 channel, $2 numbers without dashes or null, $3 categories or null, $4 from or null, $5 to or null, $6 closed or null, $7 limit, $8 offset */
export const OF_CHANNEL = `
select * from ticket where tags @> '[{"key": "channel"}]' and tags @> jsonb_build_array(jsonb_build_object('key', 'channel', 'value', $1::text))
  and ($2::text[] is null or replace(number, '-', '') = any($2)) and ($3::text[] is null or category = any($3)) and ($4::timestamptz is null or opened_at >= $4) and ($5::timestamptz is null or opened_at < $5)
  and ($6::boolean is null or (state in ('closed', 'void')) = $6)
order by opened_at desc limit $7 offset $8`
