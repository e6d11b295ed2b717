-- Row triggers do not see TRUNCATE.
create trigger no_truncate before truncate on ticket_history for each statement execute function refuse_change();
create trigger no_truncate before truncate on audit for each statement execute function refuse_change();

-- How far off the place may be, metres, as the carrier gave it: without it an operator takes a rough place for an exact one.
alter table ticket add column uncertainty double precision;
