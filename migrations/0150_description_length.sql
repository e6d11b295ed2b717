-- As long as a desk may write it and a county's line carries it (`TicketFields.description`), by whatever way it comes. No check of the table: a row that is longer from before
-- could then not be touched at all, its state and its clocks neither; it keeps its words until somebody writes others. After the update: see 0146.
create function short_description() returns trigger language plpgsql as $$
begin
  raise check_violation using message = format('the description of ticket %s has %s characters; at most 4000', new.id, char_length(new.description)), constraint = 'ticket_description_length', table = 'ticket';
end $$;
create trigger description_opened before insert on ticket for each row when (char_length(new.description) > 4000) execute function short_description();
create trigger description_written after update of description on ticket for each row when (char_length(new.description) > 4000 and new.description is distinct from old.description) execute function short_description();
