-- A node that was put back to a program from before 0175 says its beat without what it is set to, and what it said last stood there as if it held still. So it is noted
-- when that was said: what a beat does not repeat holds no longer (src/store/sql/flow-edition.ts). The trigger fires for statements that name the column, whatever they set it to.
alter table flow_rule add column around_at timestamptz;
update flow_rule set around_at = at where around is not null;
create function note_around() returns trigger language plpgsql as $$
begin
  new.around_at := now();
  return new;
end $$;
create trigger around_said before insert or update of around on flow_rule for each row execute function note_around();
