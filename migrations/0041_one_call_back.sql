-- One list of people to call back: what flows promised stood in a table of its own beside it.
insert into call_back_task (call_id, number, reason, since, state, outcome, done_by, done_at)
select call_id, number, reason, asked_at, case when done_at is null then 'open' else 'done' end, case when done_at is not null then 'reached' end, done_by, done_at
from call_back
on conflict (call_id) do update set number = excluded.number, reason = excluded.reason
where call_back_task.state <> 'done' and call_back_task.reason not in ('asked', 'message');
drop table call_back;
