-- Zero unaccounted calls: what the edge saw, what was refused, whom nobody answered and what became of him.
alter table call_event drop constraint call_event_act_check;
alter table call_event add constraint call_event_act_check check (act in ('answered', 'hold', 'resume', 'mute', 'unmute', 'rung', 'joined', 'mode', 'left', 'not-reached', 'taken-over', 'queued', 'hung-up', 'dialled', 'reached', 'ended', 'recording', 'not-recorded', 'key'));

-- One row for each edge and minute; the edge makes the id, so that a repeat is the same row.
create table edge_count (
  id      uuid primary key,
  edge    text not null check (edge ~ '^[a-z0-9-]{1,32}$'),
  minute  timestamptz not null,
  invites integer not null check (invites >= 0),
  told_at timestamptz not null default now()
);
create index edge_count_minute on edge_count (minute);
create table edge_refusal (
  edge_count_id uuid not null references edge_count,
  cause  text not null check (cause ~ '^[a-z-]{1,32}$'),
  class  text not null check (class in ('emergency', 'standard', 'demoted')),
  status integer not null check (status between 300 and 699),
  count  integer not null check (count > 0),
  primary key (edge_count_id, cause, class, status)
);

-- Somebody who must be called back: he gave up, said nothing, or the operator promised it. The key is his call's.
create table call_back_task (
  call_id         uuid primary key,
  number          text not null,
  reason          text not null check (reason in ('abandoned', 'silent', 'asked', 'message')),
  since           timestamptz not null,
  created_at      timestamptz not null default now(),
  state           text not null default 'open' check (state in ('open', 'claimed', 'done')),
  claimed_by      uuid references person,
  claimed_at      timestamptz,
  attempts        integer not null default 0,
  last_attempt_at timestamptz,
  outcome         text check (outcome in ('reached', 'called-again', 'not-reached', 'not-needed', 'no-number')),
  done_by         uuid references person,
  done_at         timestamptz,
  note            text not null default '',
  check ((state = 'done') = (outcome is not null))
);
create index call_back_task_open on call_back_task (since) where state <> 'done';
create index call_back_task_number on call_back_task (number) where state <> 'done';

-- Rules in the database: whichever way a call's end comes (event, reconciliation, CDR file, journal), its task is there with it.
create function call_gave_up() returns trigger language plpgsql as $$
begin
  insert into call_back_task (call_id, number, reason, since) values (new.id, new.number, 'abandoned', coalesce(new.ended_at, now())) on conflict do nothing;
  return null;
end $$;
create trigger gave_up after insert or update of state on call for each row when (new.state = 'abandoned') execute function call_gave_up();

create function ticket_call_back() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.call_back then
      insert into call_back_task (call_id, number, reason, since) values (new.id, new.number_called_from, 'asked', new.answered_at) on conflict do nothing;
    elsif new.number_called_from <> '' then
      -- He called again and was answered.
      update call_back_task set state = 'done', outcome = 'called-again', done_at = now()
      where number = new.number_called_from and state <> 'done' and reason = 'abandoned' and since <= new.answered_at and call_id <> new.id;
    end if;
    return null;
  end if;
  if new.call_back and not old.call_back then
    insert into call_back_task (call_id, number, reason, since) values (new.id, new.number_called_from, 'asked', now()) on conflict do nothing;
  elsif old.call_back and not new.call_back then
    update call_back_task set state = 'done', outcome = 'not-needed', done_at = now() where call_id = new.id and state <> 'done';
  end if;
  if new.outcome = 'silent' and old.outcome is distinct from 'silent' then
    insert into call_back_task (call_id, number, reason, since) values (new.id, new.number_called_from, 'silent', now()) on conflict do nothing;
  end if;
  return null;
end $$;
create trigger call_back after insert or update of call_back, outcome on ticket for each row execute function ticket_call_back();

create function call_event_call_back() returns trigger language plpgsql as $$
begin
  if new.act = 'dialled' then
    update call_back_task set attempts = attempts + 1, last_attempt_at = new.at where call_id = new.call_id and state <> 'done';
  elsif new.act = 'reached' then
    update call_back_task set state = 'done', outcome = 'reached', done_by = (select id from person where id = new.operator_id), done_at = new.at
    where state <> 'done' and (call_id = new.call_id or number = (select nullif(number, '') from call_back_task where call_id = new.call_id));
  elsif new.act = 'not-reached' then
    -- Back to everybody.
    update call_back_task set state = 'open', claimed_by = null, claimed_at = null where call_id = new.call_id and state = 'claimed' and attempts > 0;
  end if;
  return null;
end $$;
create trigger call_back after insert on call_event for each row execute function call_event_call_back();

-- Those of before this migration, as far as they are of today.
insert into call_back_task (call_id, number, reason, since)
select id, number, 'abandoned', coalesce(ended_at, created_at) from call where state = 'abandoned' and created_at > now() - interval '1 day' on conflict do nothing;
