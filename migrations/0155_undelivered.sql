-- What units have not confirmed yet, however long ago it was given to them: their terminals are told of it until they do.
create index ticket_clock_undelivered on ticket_clock (unit_id, ticket_id) where clock = 'delivery' and ended_at is null;
