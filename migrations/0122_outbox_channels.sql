-- Each channel is emptied by itself, work before word of it, danger before all: 0 an emergency or a hazard that is given to a unit, 1 other work, 2 the rest.
create function outbox_rank(kind text, body jsonb) returns integer language sql immutable parallel safe as
  $$ select case when kind not in ('dispatch', 'redo', 'raised') then 2 when body ->> 'priority' = 'emergency' or body ->> 'hazard' = 'true' then 0 else 1 end $$;
drop index outbox_next;
create index outbox_next on outbox (channel, outbox_rank(kind, body), next_at) where next_at is not null and channel <> 'terminal';
