-- A run of a clock is one unit's: what another takes over while it runs is a run of its own, and so is one that begins in the same minute as one that is over (two reports from paper).
alter table ticket_clock drop constraint ticket_clock_pkey;
alter table ticket_clock add column id bigint generated always as identity primary key;
create index ticket_clock_ticket on ticket_clock (ticket_id);
