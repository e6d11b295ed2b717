-- Photos of a ticket. The picture lies in LIANDONG_HOME/attachments under its id; here is what it is and whose. A row is never changed.
create table attachment (
  id         uuid primary key,
  ticket_id  uuid not null references ticket,
  -- The unit whose person added it; null: the hall's.
  unit_id    text references unit,
  by_id      uuid not null references person,
  at         timestamptz not null default now(),
  type       text not null check (type in ('image/jpeg', 'image/png', 'image/webp')),
  bytes      integer not null check (bytes > 0),
  width      integer not null check (width > 0),
  height     integer not null check (height > 0),
  -- Of the file as it is kept: without what the camera wrote beside the picture.
  sha256     bytea not null,
  -- Small, so that a list of them needs no file; null: the picture itself is shown.
  thumbnail  bytea,
  unique (ticket_id, sha256)
);
