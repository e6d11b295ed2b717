-- Published flows. An edition is everything callers can hear and press at one moment: all flow files, what lies beside them, their tests, and which tape each prompt is.

-- A tape by the SHA-256 of its whole file: each is kept once, however many editions use it.
create table flow_tape (
  hash  text primary key check (hash ~ '^[0-9a-f]{64}$'),
  sound bytea not null
);

create table flow_edition (
  number     integer generated always as identity primary key,
  -- Of the content: the same content is the same edition, on whichever node it was made.
  hash       text not null unique check (hash ~ '^[0-9a-f]{12}$'),
  content    jsonb not null,
  -- The person, if he was signed in; else the account of the machine, or the node that saw the files change.
  author_id  uuid references person,
  author     text not null,
  note       text not null default '',
  created_at timestamptz not null default now()
);

-- A second person read the difference and agrees.
create table flow_approval (
  edition   integer not null references flow_edition,
  person_id uuid not null references person,
  person    text not null,
  at        timestamptz not null default now(),
  primary key (edition, person_id)
);

-- Which edition callers enter from when on: the last row counts, so a switch is one insert.
create table flow_switch (
  id      bigint generated always as identity primary key,
  edition integer not null references flow_edition,
  at      timestamptz not null default now(),
  by_id   uuid references person,
  by      text not null,
  reason  text not null check (reason in ('start', 'published', 'approved', 'back', 'automatic')),
  -- What jumped, for an automatic return.
  details jsonb not null default '{}'
);

create trigger append_only before update or delete on flow_tape for each row execute function refuse_change();
create trigger append_only before update or delete on flow_edition for each row execute function refuse_change();
create trigger append_only before update or delete on flow_approval for each row execute function refuse_change();
create trigger append_only before update or delete on flow_switch for each row execute function refuse_change();
create trigger no_truncate before truncate on flow_edition for each statement execute function refuse_change();
create trigger no_truncate before truncate on flow_approval for each statement execute function refuse_change();
create trigger no_truncate before truncate on flow_switch for each statement execute function refuse_change();

create function say_flow_switched() returns trigger language plpgsql as $$
begin
  perform pg_notify('flow_switched', new.id::text);
  return null;
end $$;
create trigger switched after insert on flow_switch for each row execute function say_flow_switched();

-- What a node last saw on its disk. Files that changed since then, also while it was stopped, are news; files that merely differ from what runs are not.
create table flow_disk (
  node    text primary key,
  hash    text not null,
  seen_at timestamptz not null default now()
);
