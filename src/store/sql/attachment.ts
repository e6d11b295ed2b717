const SHOWN = `select a.id, a.ticket_id, a.unit_id, coalesce(p.display_name, a.by_name) as by, a.at, a.type, a.bytes, a.width, a.height from attachment a left join person p on p.id = a.by_id`

/** The same picture twice is one: the row that is there comes back. */
export const ADD_ATTACHMENT = `
with added as (
  insert into attachment (id, ticket_id, unit_id, by_id, type, bytes, width, height, sha256, thumbnail, by_name, at)
  values ($1, $2, (select id from unit where id = $3), $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12, now())) on conflict (ticket_id, sha256) do nothing returning id
)
select id from added union all select id from attachment where ticket_id = $2 and sha256 = $9 limit 1`
export const LIST_ATTACHMENTS = `${SHOWN} where a.ticket_id = $1 order by a.at, a.id`
export const READ_ATTACHMENT = `${SHOWN} where a.id = $1`
export const READ_PICTURE = `select type, case when $2 then thumbnail end as thumbnail from attachment where id = $1`
export const ATTACHMENTS_OF = `select id from attachment where ticket_id = $1 and id = any($2::uuid[])`
/** $1 ticket, $2 ids */
export const HASHES_OF = `select id, encode(sha256, 'hex') as sha256 from attachment where ticket_id = $1 and id = any($2::uuid[]) order by id`
export const NOTE_REVEAL = `insert into audit (person_id, act, subject, details) values ($1, 'caller.reveal', $2, jsonb_build_object('reason', $3::text, 'unit', $4::text))`
