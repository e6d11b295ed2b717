-- When a unit could not reach us, so that what was done then and written on paper is judged by when it was done. One row for each outage.
create table outage (
  -- The line to a county that was cut; null: ours, all nodes or the database were away.
  line  text references line,
  began timestamptz not null,
  ended timestamptz not null
);
create index outage_ended on outage (ended);

-- When any node last renewed its presence here. Not that of a node: one that stops in order takes its row along.
create table last_presence (only_one boolean primary key default true check (only_one), at timestamptz not null);

-- Presence is renewed every two seconds, and says that a node and the database see one another.
create function note_presence() returns trigger language plpgsql as $$
begin
  insert into outage (began, ended) select at, clock_timestamp() from last_presence where at < clock_timestamp() - interval '1 minute';
  insert into last_presence (at) values (clock_timestamp()) on conflict (only_one) do update set at = excluded.at;
  return null;
end $$;
create trigger note_presence after insert or update on node_presence for each statement execute function note_presence();

-- A side that is well is heard each second; after 15 s its line counts as cut.
create function note_cut() returns trigger language plpgsql as $$
begin
  insert into outage (line, began, ended) values (new.name, old.heard_at, new.heard_at);
  return null;
end $$;
create trigger note_cut after update on line for each row when (old.heard_at < new.heard_at - interval '15 seconds') execute function note_cut();
