-- Nothing is deleted that statistics count or that somebody is answerable for; what may still change may change. The same list is what the server's
-- own role is granted: src/store/roles.ts reads it off these triggers. Nothing of this has a time after which it goes; log-ins (`session`) have.
do $$
declare
  name text;
begin
  foreach name in array array['person', 'call', 'ticket', 'call_back_task', 'voice_message', 'attachment', 'edge_count', 'edge_refusal'] loop
    execute format('create trigger no_delete before delete on %I for each row execute function refuse_change()', name);
    execute format('create trigger no_truncate before truncate on %I for each statement execute function refuse_change()', name);
  end loop;
end $$;
create trigger no_truncate before truncate on flow_tape for each statement execute function refuse_change();
