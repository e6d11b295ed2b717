-- All of a ticket is looked for, however long its description (4,000 characters, before them its place, behind them the caller's name), and whatever its width: １２０３ is 1203, ＫＴＶ is ktv (NFKC).
--
-- On a table of a million tickets this takes milliseconds: functions are replaced, no ticket is touched and no lock on `ticket` is taken. Places whose words are others now are written anew here
-- (some milliseconds for each thousand; only an import of places would wait). What words tickets have from before is put right by a job, a hundred rows at a time, each batch for some tens of milliseconds;
-- what somebody acts on just then is passed over and comes later. Until it is through, a ticket from before is found by the words that it had.

-- As it is read: of several ways to write a character the plain one. PostgreSQL knows that of UTF-8 only.
create function plain_text(content text) returns text language plpgsql immutable parallel safe as $$
begin
  return case when getdatabaseencoding() = 'UTF8' then normalize(content, NFKC) else content end;
end $$;

create or replace function ticket_words(content text) returns tsvector language plpgsql immutable parallel safe as $$
declare
  plain constant text := lower(plain_text(left(content, 6000)));
  run text;
  words text[] := '{}';
begin
  for run in select r[1] from regexp_matches(plain, '[a-z0-9]+|[^\x01-\x7f\s，。、；：？！“”‘’（）【】《》·—…]+', 'g') as r loop
    if run ~ '^[a-z0-9]' then
      words := words || left(run, 64);
    else
      words := words || array(select substr(run, i, 1) from generate_series(1, length(run)) i) || array(select substr(run, i, 2) from generate_series(1, length(run) - 1) i);
    end if;
  end loop;
  return array_to_tsvector(array(select distinct w from unnest(words) w where w <> ''));
end $$;

create or replace function ticket_query(wanted text) returns tsquery language plpgsql immutable parallel safe as $$
declare
  plain constant text := lower(left(plain_text(left(wanted, 100)), 100));
  run text;
  terms text[] := '{}';
begin
  for run in select r[1] from regexp_matches(plain, '[a-z0-9]+|[^\x01-\x7f\s，。、；：？！“”‘’（）【】《》·—…]+', 'g') as r loop
    if run ~ '^[a-z0-9]' then
      terms := terms || (quote_literal(left(run, 64)) || ':*');
    elsif length(run) = 1 then
      terms := terms || quote_literal(run);
    else
      terms := terms || array(select quote_literal(substr(run, i, 2)) from generate_series(1, length(run) - 1) i);
    end if;
  end loop;
  return array_to_string(terms, ' & ')::tsquery;
end $$;

-- Whether words from before may be others now: beyond what was read, or written otherwise than in plain characters. Marks between words are none, however wide.
create function words_may_differ(content text) returns boolean language plpgsql immutable parallel safe as $$
declare
  rest constant text := translate(content, '，：；？！（）…　', '');
begin
  return char_length(content) > 2000 or plain_text(rest) <> rest;
end $$;

update place set name = name
where words_may_differ(name || ' ' || aliases || ' ' || initials) and words is distinct from ticket_words(name || ' ' || aliases || ' ' || initials);

select graphile_worker.add_job('ticket.read-words', '{}'::json, job_key := 'read-words') where exists (select from ticket);
