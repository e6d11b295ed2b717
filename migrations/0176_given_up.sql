-- Messages that were given up, without what is over and what could never be sent: what is over comes with every ticket, for years.
drop index outbox_dead;
create index outbox_given_up on outbox (dead_at desc) where channel <> 'terminal' and dead_at is not null and error not in ('over', 'not a mobile number');
drop trigger say_dead on outbox;
create trigger say_dead after update of dead_at on outbox for each row when (
  new.channel <> 'terminal' and (old.dead_at, old.error) is distinct from (new.dead_at, new.error)
  and ((old.dead_at is not null and old.error not in ('over', 'not a mobile number')) or (new.dead_at is not null and new.error not in ('over', 'not a mobile number')))
) execute function say_list('dead-letters');

-- People to call back: the same for their list (src/http/lists.ts). Those that are done, newest first.
create trigger say_call_back after insert or update on call_back_task for each row execute function say_list('call-backs');
create index call_back_task_done on call_back_task (done_at desc) where state = 'done';

-- When a line was last found in trouble: its whole inbox need not be asked for that, each second for a day.
alter table line add column troubled_at timestamptz not null default now();
update line set troubled_at = coalesce((select max(i.received_at) from line_inbox i where i.line = line.name and i.result like 'refused%'), now()) where trouble = 'refused';
