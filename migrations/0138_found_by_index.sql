-- What a person did something with.
create index ticket_history_by on ticket_history (by_id, ticket_id) where by_id is not null;
-- Tickets that others follow: looked at every two seconds.
create index ticket_leads on ticket (category) where members > 0 and state not in ('closed', 'void', 'merged');
