-- The words of a ticket stand in the row: an index over a function makes PostgreSQL call that function again for each row it looks at.
drop index ticket_search;
alter table ticket add column words tsvector generated always as (ticket_words(place || ' ' || description || ' ' || caller_name)) stored;
create index ticket_search on ticket using gin (words) with (fastupdate = off);
