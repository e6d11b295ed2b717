-- The other node lives meanwhile. Each part is committed by itself (src/store/migrate.ts): what reads a large table keeps nobody from reading it, and what shuts it to everybody takes an instant.
-- Messages that were given up, without what is over and what could never be sent: what is over comes with every ticket, for years.
create index if not exists outbox_given_up on outbox (dead_at desc) where channel <> 'terminal' and dead_at is not null and error not in ('over', 'not a mobile number');

-- commit
-- People to call back: their list says when it is another (src/http/lists.ts). Those that are done, newest first.
create index if not exists call_back_task_done on call_back_task (done_at desc) where state = 'done';
create or replace trigger say_call_back after insert or update on call_back_task for each row execute function say_list('call-backs');

-- commit
-- When a line was last found in trouble: its whole inbox need not be asked for that, each second for a day.
alter table line add column if not exists troubled_at timestamptz not null default now();
update line set troubled_at = coalesce((select max(i.received_at) from line_inbox i where i.line = line.name and i.result like 'refused%'), now()) where trouble = 'refused';

-- commit
-- Messages that were given up, once more: the list says so by what stands in its index.
drop index outbox_dead;
drop trigger say_dead on outbox;
create trigger say_dead after update of dead_at on outbox for each row when (
  new.channel <> 'terminal' and (old.dead_at, old.error) is distinct from (new.dead_at, new.error)
  and ((old.dead_at is not null and old.error not in ('over', 'not a mobile number')) or (new.dead_at is not null and new.error not in ('over', 'not a mobile number')))
) execute function say_list('dead-letters');
