export const LIST_VIEWS = `select id, name, filter, owner_id is null as shared from saved_view where owner_id = $1 or owner_id is null order by owner_id is null, name`
export const SAVE_VIEW = `
insert into saved_view (id, owner_id, name, filter, created_by) values ($1, $2, $3, $4, $5)
on conflict (id) do update set owner_id = excluded.owner_id, name = excluded.name, filter = excluded.filter where saved_view.created_by = excluded.created_by`
export const REMOVE_VIEW = `delete from saved_view where id = $1 and (owner_id = $2 or (owner_id is null and $3))`
export const NOTE_EXPORTED = `insert into audit (person_id, act, subject, details) values ($1, 'tickets.exported', 'tickets', $2)`
export const NOTE_EXPORT = `insert into audit (person_id, act, subject, details) values ($1, 'tickets.export', 'tickets', $2)`
