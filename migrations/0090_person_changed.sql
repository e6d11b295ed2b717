-- Nodes remember for some seconds whose a session is. They are told when one ends before its time, and when a person may do something else than before.
create function say_person_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('person_changed', to_jsonb(new) ->> tg_argv[0]);
  return null;
end $$;
create trigger say_ended after update of revoked_at on session for each row when (old.revoked_at is null and new.revoked_at is not null) execute function say_person_changed('person_id');
create trigger say_changed after update on person for each row
  when ((old.role, old.extension, old.unit_id, old.skills, old.display_name, old.disabled_at) is distinct from (new.role, new.extension, new.unit_id, new.skills, new.display_name, new.disabled_at))
  execute function say_person_changed('id');
