-- Photos go over a county's line beside its messages, piece by piece: what was done is never held up by a picture of it.
alter table line_outbox drop constraint line_outbox_kind_check;
alter table line_outbox add constraint line_outbox_kind_check check (kind in ('ticket', 'gone', 'act', 'receipt', 'reveal', 'photo', 'rules'));

-- Who took a photo on the other side of a line has no person here, or one of his unit only.
alter table attachment alter column by_id drop not null;
alter table attachment add column by_name text not null default '';
alter table attachment add constraint attachment_by check (by_id is not null or by_name <> '');

-- A photo that one side told the other of. `ours`: it is here, and the other side may have it.
create table line_photo (
  line      text not null references line,
  id        uuid not null,
  ticket_id uuid not null references ticket,
  ours      boolean not null,
  told_at   timestamptz not null default clock_timestamp(),
  -- Of the other side's: what it said of it, signed by it in `line_inbox`.
  told      jsonb,
  done_at   timestamptz,
  -- `added`, `known` (the ticket has the same picture), or why not.
  result    text not null default '',
  primary key (line, id)
);
create index line_photo_wanted on line_photo (line, told_at) where not ours and done_at is null;

-- What has come of those that are not whole yet; gone when they are.
create table line_photo_part (
  line text not null,
  id   uuid not null,
  at   integer not null check (at >= 0),
  data bytea not null,
  primary key (line, id, at),
  foreign key (line, id) references line_photo
);

-- The limits by which a county counts are the city's: which of them it was told last.
alter table line add column rules_told text not null default '';
