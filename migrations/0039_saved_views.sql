-- A filter of the board under a name: one's own, or (owner null) everybody's at the hall.
create table saved_view (
  id         uuid primary key,
  owner_id   uuid references person,
  name       text not null check (name <> '' and length(name) <= 40),
  -- As it stands in a link to the board.
  filter     text not null check (length(filter) <= 500),
  created_by uuid not null references person,
  created_at timestamptz not null default now()
);
create index saved_view_owner on saved_view (owner_id);
