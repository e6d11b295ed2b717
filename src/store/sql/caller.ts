/** $1 number */
export const READ_CALLER = `
select coalesce(name, '') as name, coalesce(address, '') as address, hints, version, updated_at, (select display_name from person where id = updated_by) as updated_by
from citizen where number = $1`

/** Every node is told. Nothing comes back when somebody changed it since. $1 number, $2 version it was read with, $3 name, $4 address, $5 hints, $6 person */
export const SAVE_CALLER = `
with before as (
  select name, address, hints from citizen where number = $1
), saved as (
  insert into citizen (number, name, address, hints, version, updated_at, updated_by) values ($1, nullif($3::text, ''), nullif($4::text, ''), $5::jsonb, $2::integer + 1, now(), $6::uuid)
  on conflict (number) do update set name = excluded.name, address = excluded.address, hints = excluded.hints, version = excluded.version, updated_at = excluded.updated_at, updated_by = excluded.updated_by
    where citizen.version = $2::integer
  returning *
), noted as (
  insert into audit (person_id, act, subject, details)
  select $6::uuid, 'caller.edit', number, jsonb_build_object('before', (select to_jsonb(before) from before), 'after', jsonb_build_object('name', name, 'address', address, 'hints', hints)) from saved
)
select version, pg_notify('caller_changed', number) from saved`
