-- Every number that a ticket had while PostgreSQL was away: two nodes that heard the same answer give one each, and either may have been read out.
-- `ticket.provisional_number` is the one that is shown: that of the operator's own node, where it is known.
create table provisional_number (
  ticket_id uuid not null references ticket (id),
  number    text not null,
  primary key (ticket_id, number)
);
create trigger append_only before update or delete on provisional_number for each row execute function refuse_change();
create trigger no_truncate before truncate on provisional_number for each statement execute function refuse_change();
insert into provisional_number select id, provisional_number from ticket where provisional_number <> '';
drop index ticket_provisional;
create index provisional_number_said on provisional_number (replace(number, '-', '') text_pattern_ops);

create function keep_provisional_number() returns trigger language plpgsql as $$
begin
  insert into provisional_number values (new.id, new.provisional_number) on conflict do nothing;
  return null;
end $$;
create trigger keep_provisional_number after insert or update of provisional_number on ticket for each row when (new.provisional_number <> '') execute function keep_provisional_number();
