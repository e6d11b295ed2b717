-- The number a ticket had while PostgreSQL was away: it was read out to the citizen.
alter table ticket add column provisional_number text not null default '';
create index ticket_provisional on ticket (replace(provisional_number, '-', '') text_pattern_ops) where provisional_number <> '';

-- When PostgreSQL learnt of it. `at` is when it was done, which can be long before (journal): who polls for changes cannot go by that.
alter table ticket_history add column recorded_at timestamptz not null default now();
create index ticket_history_recorded on ticket_history (recorded_at);

-- The supervisors' list of what nobody settled.
create index ticket_attention on ticket (opened_at desc) where attention;
-- Sessions are removed some time after their end.
create index session_expires on session (expires_at);
