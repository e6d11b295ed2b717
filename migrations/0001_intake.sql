-- People, calls, tickets: the spine. Forward only. SQL floor: PostgreSQL 15.

create table person (
  id            uuid primary key,
  login_name    text not null unique check (login_name ~ '^[a-z0-9._-]{2,32}$'),
  display_name  text not null,
  role          text not null check (role in ('operator', 'supervisor', 'unit', 'admin')),
  -- '$scrypt$…'; null: nobody can log in by this name.
  password_hash text,
  extension     text unique check (extension ~ '^[0-9]{2,8}$'),
  unit_id       text,
  skills        text[] not null default '{}',
  language      text not null default 'zh-CN' check (language in ('zh-CN', 'en')),
  -- Exists only for practice: disabled as soon as the practice exchange does not run.
  practice      boolean not null default false,
  disabled_at   timestamptz,
  created_at    timestamptz not null default now(),
  check ((role = 'unit') = (unit_id is not null))
);

-- The token itself is only in the person's cookie; here is its SHA-256.
create table session (
  token_hash bytea primary key,
  person_id  uuid not null references person,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  address    text not null,
  user_agent text not null
);
create index session_person on session (person_id);

create table unit (
  id         text primary key check (id ~ '^[a-z0-9-]{2,32}$'),
  name       text not null,
  name_en    text not null,
  phone      text not null default '',
  standby    boolean not null default false,
  categories text[] not null default '{}',
  position   integer not null
);
alter table person add foreign key (unit_id) references unit;

-- What is known of a caller's number. Hints warn, they never block.
create table citizen (
  number     text primary key,
  name       text,
  address    text,
  hints      jsonb not null default '[]',
  updated_at timestamptz not null default now()
);

-- One row for each citizen's call; the key is FreeSWITCH's channel UUID. Times are FreeSWITCH's.
create table call (
  id            uuid primary key,
  number        text not null,
  caller_name   text not null,
  verified      boolean not null,
  called_number text not null,
  lat           double precision,
  lon           double precision,
  uncertainty   double precision,
  place         text not null default '',
  state         text not null check (state in ('connected', 'queued', 'offered', 'answered', 'talking', 'ended', 'abandoned', 'refused', 'fallback')),
  class         text not null check (class in ('emergency', 'standard')),
  category      text,
  language      text not null,
  tags          jsonb not null default '[]',
  path          jsonb not null default '[]',
  flow_name     text,
  flow_version  text,
  created_at    timestamptz not null,
  queued_at     timestamptz not null,
  answered_at   timestamptz,
  ended_at      timestamptz,
  operator_id   uuid,
  hangup_cause  text
);
create index call_number on call (number, created_at desc) where number <> '';
create index call_created on call (created_at desc);
create index call_unfinished on call (created_at) where ended_at is null;

create sequence ticket_number minvalue 100000 start 100000;

-- One ticket for each answered call: the primary key is the call's (V3).
create table ticket (
  id            uuid primary key,
  number        text not null unique,
  state         text not null check (state in ('open', 'dispatched', 'closed')),
  version       integer not null check (version >= 1),
  kind          text check (kind in ('police', 'fire', 'medical', 'joint-service', 'consultation', 'invalid')),
  category      text,
  place         text not null default '',
  lat           double precision,
  lon           double precision,
  description   text not null default '',
  caller_name   text not null default '',
  call_back     boolean not null default false,
  -- Set by the follow-up job when nobody settled the kind in time.
  attention     boolean not null default false,
  outcome       text,
  unit_id       text references unit,
  operator_id   uuid references person,
  number_called_from text not null,
  number_verified    boolean not null,
  tags          jsonb not null default '[]',
  opened_at     timestamptz not null default now(),
  answered_at   timestamptz not null,
  dispatched_at timestamptz,
  closed_at     timestamptz
);
create index ticket_caller on ticket (number_called_from, opened_at desc) where number_called_from <> '';
create index ticket_operator on ticket (operator_id, opened_at desc);
create index ticket_unit on ticket (unit_id, state);
create index ticket_nearby on ticket (category, lat, lon) where state <> 'closed';
create index ticket_opened on ticket (opened_at desc);

create table ticket_history (
  ticket_id uuid not null references ticket,
  version   integer not null,
  -- Made by the writer: the same act twice is one row.
  act_id    uuid not null unique,
  act       text not null,
  at        timestamptz not null,
  by_id     uuid references person,
  changes   jsonb not null,
  note      text not null default '',
  primary key (ticket_id, version)
);

-- Who did what, beside the tickets' own history: log-ins, views of protected data, acts of the system.
create table audit (
  id        bigint generated always as identity primary key,
  at        timestamptz not null default now(),
  person_id uuid,
  act       text not null,
  subject   text not null,
  details   jsonb not null default '{}'
);
create index audit_subject on audit (subject);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete on ticket_history for each row execute function refuse_change();
create trigger append_only before update or delete on audit for each row execute function refuse_change();

create function say_ticket_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('ticket_changed', new.id || ' ' || new.version);
  return null;
end $$;
-- A hint only: readers poll as well (NOTIFY may be lost with a connection).
create trigger say_changed after insert or update of version on ticket for each row execute function say_ticket_changed();

-- A ticket's number as it is read out: a running number and a check digit (Damm's quasigroup: it catches every single wrong digit
-- and every swap of neighbours), the last four set off: 100-0003.
create function ticket_label(n bigint) returns text language plpgsql immutable as $$
declare
  damm constant text := '0317598642709215486342068713591750983426612304597836742095815869720134894536201794386172052581436790';
  digits constant text := n::text;
  interim integer := 0;
begin
  for i in 1..length(digits) loop
    interim := substr(damm, interim * 10 + substr(digits, i, 1)::integer + 1, 1)::integer;
  end loop;
  return left(digits || interim, -4) || '-' || right(digits || interim, 4);
end $$;
