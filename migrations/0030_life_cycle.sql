-- From dispatch to answer: the whole life cycle, its clocks, the outbox, and a history that shows when somebody touched it.

alter table ticket drop constraint ticket_state_check;
alter table ticket add constraint ticket_state_check
  check (state in ('open', 'dispatched', 'signed', 'in-progress', 'reported', 'visited', 'returned', 'ruling', 'referred', 'merged', 'void', 'closed'));
-- `work` is what units and hall make of it (contracts/work.ts); what lists ask for is a column as well, written with it.
alter table ticket
  add column work jsonb not null default '{}',
  add column assist text[] not null default '{}',
  add column priority text not null default 'normal' check (priority in ('emergency', 'urgent', 'normal')),
  add column due_at timestamptz,
  add column merged_into uuid references ticket,
  add column members integer not null default 0,
  add check ((state = 'merged') <= (merged_into is not null));
create index ticket_due on ticket (due_at) where due_at is not null;
create index ticket_unclosed on ticket (state, unit_id) where state not in ('closed', 'void');
create index ticket_assist on ticket using gin (assist) where assist <> '{}';
create index ticket_followers on ticket (merged_into) where merged_into is not null;

-- One row for each run of a clock. `next_at` is what wakes; jobs and timers only look here.
create table ticket_clock (
  ticket_id  uuid not null references ticket,
  clock      text not null check (clock in ('delivery', 'sign', 'arrive', 'safe', 'repair', 'report', 'review', 'reassign', 'ruling', 'receipt', 'extension')),
  started_at timestamptz not null,
  unit_id    text references unit,
  due_at     timestamptz not null,
  next_stage text check (next_stage in ('warn', 'urge', 'supervise', 'notice')),
  next_at    timestamptz,
  ended_at   timestamptz,
  -- Ended because what it waited for was done; false: dropped (given to another, settled otherwise).
  met        boolean,
  primary key (ticket_id, clock, started_at),
  check ((next_stage is null) = (next_at is null)),
  check ((ended_at is null) = (met is null)),
  check (ended_at is null or next_at is null)
);
create index ticket_clock_next on ticket_clock (next_at) where next_at is not null;
create index ticket_clock_unit on ticket_clock (unit_id, started_at) where unit_id is not null;

-- Where a unit is reached beside its terminal.
create table unit_channel (
  unit_id text not null references unit,
  channel text not null check (channel in ('webhook', 'email', 'sms')),
  address text not null,
  -- Of a webhook: the key of its signatures. Never shown.
  secret  text not null default '',
  enabled boolean not null default true,
  primary key (unit_id, channel, address)
);

-- Who is told when a clock of a unit (or any: null) reaches a stage; who rules on tickets that were returned twice.
create table named_person (
  id        uuid primary key default gen_random_uuid(),
  stage     text not null check (stage in ('urge', 'supervise', 'notice', 'ruling')),
  unit_id   text references unit,
  name      text not null,
  channel   text not null check (channel in ('email', 'sms')),
  address   text not null,
  person_id uuid references person
);

-- What must go out, written in the ticket's own transaction.
create table outbox (
  id         uuid primary key default gen_random_uuid(),
  kind       text not null,
  audience   text not null check (audience in ('unit', 'hall', 'citizen', 'person')),
  channel    text not null check (channel in ('terminal', 'webhook', 'email', 'sms')),
  unit_id    text references unit,
  address    text not null default '',
  ticket_id  uuid references ticket,
  body       jsonb not null,
  created_at timestamptz not null default now(),
  -- When it is tried (again); null: nothing more to do.
  next_at    timestamptz default now(),
  tries      integer not null default 0,
  sent_at    timestamptz,
  -- The other side has it.
  receipt_at timestamptz,
  -- Given up; `replay` takes it up again.
  dead_at    timestamptz,
  error      text not null default ''
);
create index outbox_next on outbox (next_at) where next_at is not null and channel <> 'terminal';
create index outbox_terminal on outbox (unit_id, created_at) where channel = 'terminal' and receipt_at is null and dead_at is null;
create index outbox_dead on outbox (dead_at desc) where dead_at is not null;
create index outbox_ticket on outbox (ticket_id);

create function say_outbox() returns trigger language plpgsql as $$
begin
  perform pg_notify('outbox', '');
  return null;
end $$;
-- A hint: senders poll as well.
create trigger say_outbox after insert on outbox for each statement execute function say_outbox();

-- Each row of a ticket's history carries the SHA-256 of itself and of the row before: who changes one must change all that follow, and the heads are noted elsewhere.
-- jsonb prints its keys in one fixed order, which is the canonical form; src/dispatch/core/chain.ts computes the same without the database.
alter table ticket_history add column hash bytea;
create function history_hash(before bytea, r ticket_history) returns bytea language sql immutable as $$
  select sha256(convert_to(jsonb_build_object('prev', encode(before, 'hex'), 'ticket', r.ticket_id, 'version', r.version, 'actId', r.act_id, 'act', r.act,
    'at', (extract(epoch from r.at) * 1000000)::bigint, 'by', r.by_id, 'changes', r.changes, 'note', r.note)::text, 'UTF8'))
$$;
create function chain_history() returns trigger language plpgsql as $$
declare
  before bytea := '';
begin
  if new.version > 1 then
    select hash into before from ticket_history where ticket_id = new.ticket_id and version = new.version - 1;
    if before is null then
      raise exception 'the history of ticket % has no version %', new.ticket_id, new.version - 1 using errcode = 'integrity_constraint_violation';
    end if;
  end if;
  new.hash := history_hash(before, new);
  return new;
end $$;
create trigger chain before insert on ticket_history for each row execute function chain_history();

-- Rows that are there already get their place in the chain, oldest first.
alter table ticket_history disable trigger append_only;
do $$
declare
  r ticket_history;
  before bytea := '';
begin
  for r in select * from ticket_history order by ticket_id, version loop
    if r.version = 1 then before := ''; end if;
    before := history_hash(before, r);
    update ticket_history set hash = before where ticket_id = r.ticket_id and version = r.version;
  end loop;
end $$;
alter table ticket_history enable trigger append_only;
alter table ticket_history alter column hash set not null;
