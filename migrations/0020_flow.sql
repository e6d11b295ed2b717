-- What flows leave behind and what people set for them.

-- A switch that flows ask for, e.g. disaster. No row, or an `until` that has passed: off.
create table flow_mode (
  name       text primary key check (name ~ '^[a-z][a-z0-9-]{0,47}$'),
  until      timestamptz,
  set_by     text not null default '',
  set_at     timestamptz not null default now()
);

-- A message that a caller left. Its file is <id>.wav; the row is there before the first word, its length when it ended well.
create table voice_message (
  id          uuid primary key,
  call_id     uuid not null,
  begun_at    timestamptz not null,
  duration_ms integer check (duration_ms >= 0),
  heard_at    timestamptz,
  heard_by    uuid references person
);
create index voice_message_call on voice_message (call_id);

-- Whom to call back, and why. One for each call; the call's row may come later (journal).
create table call_back (
  call_id  uuid primary key,
  number   text not null,
  reason   text not null check (reason in ('asked', 'message')),
  asked_at timestamptz not null,
  done_at  timestamptz,
  done_by  uuid references person
);
create index call_back_open on call_back (asked_at) where done_at is null;
