-- The board counts all that is not closed: from the index alone, without a look at a hundred thousand rows.
drop index ticket_unclosed;
create index ticket_unclosed on ticket (state, unit_id, due_at) where state not in ('closed', 'void');
