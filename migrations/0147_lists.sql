-- What is in hand in the order in which it is due, whoever asks for the first page of it: without this order all hundred thousand were sorted for fifty.
create index ticket_in_hand on ticket (due_at, id) where state not in ('closed', 'void');
drop index ticket_due;
