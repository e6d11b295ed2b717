-- The district of a ticket, and by which districts that was worked out (null: not yet). Counted by the index alone.
alter table ticket add column area text, add column area_by text;
create index ticket_area on ticket (area_by, area, due_at) where state not in ('closed', 'void', 'merged');

create function ticket_moved() returns trigger language plpgsql as $$
begin
  new.area_by := null;
  return new;
end
$$;
create trigger moved before update of lat, lon, place on ticket for each row
  when ((old.lat, old.lon, old.place) is distinct from (new.lat, new.lon, new.place)) execute function ticket_moved();
