-- What is in hand in the order in which it is due, whoever asks for the first page of it: without this order all hundred thousand were sorted for fifty.
create index ticket_in_hand on ticket (due_at, id) where state not in ('closed', 'void');
drop index ticket_due;

-- Whose district is not known yet is answered by the index alone: it has the tickets' ids.
drop index ticket_area;
create index ticket_area on ticket (area_by, area, due_at) include (id) where state not in ('closed', 'void', 'merged');

-- Counts come from an index alone only as long as PostgreSQL knows the rows behind it to be settled. By default it looks after them when a fifth of the table has changed: for a city of
-- a million tickets that is once in some weeks, and until then each count reads what is in hand row by row.
-- And room beside each row: an act that moves a ticket nowhere (an urge, a stage of a clock) finds place on the row's own page, and no index hears of it, least of all that of the words.
alter table ticket set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.01);
