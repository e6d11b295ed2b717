-- Of a county's nodes one dials the city (src/dispatch/county/line.ts): which, how it found the line, and since when, for the desks of the others. Empty: whoever comes first.
alter table line add column dialler text not null default '', add column up boolean not null default false, add column turned_at timestamptz not null default now();

-- What a county has of a message that counted is without the complainant: number and name stand on the copy of the ticket alone, as long as they may (src/store/line-county.ts). Those from before, too.
do $$
declare
  one record;
begin
  for one in select i.line, i.seq, i.payload from line_inbox i join line l on l.name = i.line and l.peer = 'city' where i.applied_at is not null loop
    begin
      update line_inbox set payload = (one.payload::jsonb || jsonb_build_object('body', (one.payload::jsonb -> 'body') || jsonb_build_object('ticket', (one.payload::jsonb #> '{body,ticket}')
        || jsonb_build_object('caller', (one.payload::jsonb #> '{body,ticket,caller}') || '{"number": "", "name": ""}', 'fields', (one.payload::jsonb #> '{body,ticket,fields}') || '{"callerName": ""}'))))::text
      where line = one.line and seq = one.seq and one.payload::jsonb #>> '{body,kind}' = 'ticket';
    exception when data_exception then
      -- A text that PostgreSQL does not read as JSON was refused, and stays as the reason for it.
      null;
    end;
  end loop;
end $$;

-- Lists that are about no one ticket are told to whoever shows them (src/http/lists.ts); these are hints, the lists are looked at besides.
create function say_list() returns trigger language plpgsql as $$
begin
  perform pg_notify('list_changed', tg_argv[0]);
  return null;
end $$;
create trigger say_dead after update of dead_at on outbox for each row when (old.dead_at is distinct from new.dead_at) execute function say_list('dead-letters');
create trigger say_conflict after insert or update of acts, decision on line_conflict for each statement execute function say_list('counties');
