-- A trigger before an update makes PostgreSQL work out every generated column anew, whatever was changed: with it each act on a ticket read all its words again.
-- After the update it is asked for only where a ticket that has a district moved.
drop trigger moved on ticket;
create or replace function ticket_moved() returns trigger language plpgsql as $$
begin
  update ticket set area_by = null where id = new.id;
  return null;
end
$$;
create trigger moved after update of lat, lon, place on ticket for each row
  when (new.area_by is not null and (old.lat, old.lon, old.place) is distinct from (new.lat, new.lon, new.place)) execute function ticket_moved();
