-- Full-text search in Chinese without an extension. Chinese has no spaces, and dictionaries do not know the streets of a city: each pair of neighbouring
-- characters is a word, and each single one. Latin words and numbers are words as they stand, in lower case.

create function ticket_words(content text) returns tsvector language plpgsql immutable parallel safe as $$
declare
  plain constant text := lower(left(content, 2000));
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

-- What somebody looks for: every pair of each run of characters must be there; of a Latin word its beginning is enough. Words that make no query find nothing.
create function ticket_query(wanted text) returns tsquery language plpgsql immutable parallel safe as $$
declare
  plain constant text := lower(left(wanted, 100));
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

create index ticket_search on ticket using gin (ticket_words(place || ' ' || description || ' ' || caller_name));
create index ticket_number_plain on ticket (replace(number, '-', '') text_pattern_ops);
create index ticket_caller_prefix on ticket (number_called_from text_pattern_ops) where number_called_from <> '';
