-- Who shows a ticket's photos hears of one more: a county's come behind the act that names them, and change no version.
create function say_photo_added() returns trigger language plpgsql as $$
begin
  perform pg_notify('photo_added', new.ticket_id::text);
  return null;
end $$;
create trigger say_added after insert on attachment for each row execute function say_photo_added();
