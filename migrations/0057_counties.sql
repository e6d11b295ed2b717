-- Counties: sites of their own that work through a cut network. Signed messages, numbered for each line and direction, stored here in the
-- ticket's own transaction and forwarded until the other side has them.

-- What we sign with; the newest signs, the others stay, so that their public halves may be compared. Never shown.
create table line_key (
  id          text primary key check (id ~ '^[a-z0-9]{8}$'),
  private_key text not null,
  created_at  timestamptz not null default now()
);

create table line (
  name      text primary key check (name ~ '^[a-z0-9-]{2,16}$'),
  -- `county`: we are the city; `city`: we are a county, and this is our city.
  peer      text not null check (peer in ('county', 'city')),
  -- Of the city. A county is not dialled: its network is seldom reachable from outside.
  url       text not null default '',
  units     text[] not null,
  -- Key id → public key (SPKI, base64).
  peer_keys jsonb not null,
  enabled   boolean not null default true,
  created_at timestamptz not null default now(),
  -- How it stands; hints for people, no decision hangs on them.
  heard_at  timestamptz,
  -- The other side's clock less ours, ms, when last heard.
  skew      bigint not null default 0,
  trouble   text not null default '',
  -- Rounds of an exchange, so that an old one that is played again is refused.
  turn      bigint not null default 0
);
create unique index line_city on line (peer) where peer = 'city';

-- Own row for each direction: who writes a message and who applies one never wait for each other.
create table line_out (line text primary key references line, last bigint not null default 0, acked bigint not null default 0);
create table line_in  (line text primary key references line, have bigint not null default 0);

create table line_outbox (
  line       text not null references line,
  seq        bigint not null,
  id         uuid not null unique,
  kind       text not null check (kind in ('ticket', 'gone', 'act', 'receipt', 'reveal')),
  ticket_id  uuid,
  body       jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  acked_at   timestamptz,
  primary key (line, seq)
);
create index line_outbox_ticket on line_outbox (ticket_id, seq);
create trigger say_outbox after insert on line_outbox for each statement execute function say_outbox();

create table line_inbox (
  line        text not null references line,
  seq         bigint not null,
  -- The same message may come under another number, after a restored backup.
  id          uuid not null,
  -- As it was signed, and by which key: what a county said can be shown later.
  payload     text not null,
  key_id      text not null,
  signature   text not null,
  received_at timestamptz not null default clock_timestamp(),
  applied_at  timestamptz,
  -- `applied`, `known`, `conflict`, or why not.
  result      text not null default '',
  primary key (line, seq)
);

-- Up to which of the city's versions of a ticket a line has been told (at the city), or has heard (at a county).
create table line_ticket (
  line      text not null references line,
  ticket_id uuid not null references ticket,
  version   integer not null,
  primary key (line, ticket_id)
);

-- What a county's people did and the city's people had overtaken: a named person decides, nothing of it is dropped.
create table line_conflict (
  id          uuid primary key default gen_random_uuid(),
  line        text not null references line,
  ticket_id   uuid not null references ticket,
  unit_id     text not null references unit,
  opened_at   timestamptz not null default clock_timestamp(),
  -- [{act, by, byId, at, why: {zh, en}}], in the order in which they were done.
  acts        jsonb not null,
  -- The city's version that the county had before it.
  base        integer not null,
  decision    text check (decision in ('city', 'county')),
  decided_at  timestamptz,
  decided_by  uuid references person,
  note        text not null default '',
  check ((decision is null) = (decided_at is null))
);
create unique index line_conflict_open on line_conflict (line, ticket_id) where decision is null;
create index line_conflict_ticket on line_conflict (ticket_id);
create index line_outbox_unacked on line_outbox (line) where acked_at is null;
create index line_inbox_id on line_inbox (id);
