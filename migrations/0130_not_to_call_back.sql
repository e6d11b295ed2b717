-- Who gave up need not be called back when it turns out that a flow had served him, or that he was answered: another node, a row of before a restart or a
-- journal may have said first that he was gone. What is promised once more is to be done once more.
create or replace function call_gave_up() returns trigger language plpgsql as $$
begin
  insert into call_back_task (call_id, number, reason, since) values (new.id, new.number, 'abandoned', coalesce(new.ended_at, now())) on conflict do nothing;
  if tg_op = 'UPDATE' and old.state <> 'abandoned' then
    -- He came back after all, and gave up then. What a person has settled stays.
    update call_back_task set state = 'open', outcome = null, done_at = null, since = coalesce(new.ended_at, now())
    where call_id = new.id and reason = 'abandoned' and outcome = 'not-needed' and done_by is null;
  end if;
  return null;
end $$;

create function call_was_served() returns trigger language plpgsql as $$
begin
  update call_back_task set state = 'done', outcome = 'not-needed', done_at = now()
  where call_id = new.id and reason = 'abandoned' and state = 'open'
    and (new.answered_at is null or exists (select from ticket t where t.id = new.id and not t.call_back));
  return null;
end $$;
create trigger was_served after update of state on call for each row
when (old.state = 'abandoned' and new.state <> 'abandoned' and (new.answered_at is not null or new.hangup_cause in ('SETTLED', 'TRANSFERRED'))) execute function call_was_served();

create or replace function ticket_call_back() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.call_back then
      insert into call_back_task (call_id, number, reason, since) values (new.id, new.number_called_from, 'asked', new.answered_at) on conflict do nothing;
    else
      update call_back_task set state = 'done', outcome = 'not-needed', done_at = now() where call_id = new.id and reason = 'abandoned' and state = 'open';
      if new.number_called_from <> '' then
        -- He called again and was answered.
        update call_back_task set state = 'done', outcome = 'called-again', done_at = now()
        where number = new.number_called_from and state <> 'done' and reason = 'abandoned' and since <= new.answered_at and call_id <> new.id;
      end if;
    end if;
    return null;
  end if;
  if new.call_back and not old.call_back then
    insert into call_back_task (call_id, number, reason, since) values (new.id, new.number_called_from, 'asked', now())
    on conflict (call_id) do update set state = 'open', reason = 'asked', since = excluded.since, outcome = null, done_by = null, done_at = null, claimed_by = null, claimed_at = null
    where call_back_task.state = 'done';
  elsif old.call_back and not new.call_back then
    update call_back_task set state = 'done', outcome = 'not-needed', done_at = now() where call_id = new.id and state <> 'done';
  end if;
  if new.outcome = 'silent' and old.outcome is distinct from 'silent' then
    insert into call_back_task (call_id, number, reason, since) values (new.id, new.number_called_from, 'silent', now()) on conflict do nothing;
  end if;
  return null;
end $$;
