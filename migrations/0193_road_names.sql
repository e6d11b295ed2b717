-- Other names of the road that a kilometre mark stands on, from its aliases: a number (G30) or a name (连霍高速) each. The same rule as `roadsOf` in src/dispatch/core/kilometre.ts.
alter table place add column roads text[] not null default '{}';
create function roads_of(aliases text) returns text[] language sql immutable as $$
  select coalesce(array_agg(distinct road), '{}') from (
    select case when part = 1 then upper(coalesce(substring(said from '^[GSXYCZgsxycz][0-9]{1,4}(?![0-9])'), ''))
      else regexp_replace(regexp_replace(regexp_replace(said, '^[GSXYCZgsxycz][0-9]{1,4}(?![0-9])', ''), '\s', '', 'g'), '公路$', '') end as road
    from (
      select regexp_replace(alias, '\s*(?:[Kk]\s*[0-9]{1,4}(?:\s*\+\s*[0-9]{1,3}|\.[0-9]{1,3})?|(?<![0-9.])[0-9]{1,4}(?:\.[0-9]{1,3})?\s*(?:公里|千米|[Kk][Mm])(?:\s*\+?\s*[0-9]{1,3}\s*米?)?)\s*(?:处|附近)?$', '') as said, alias
      from (select trim(normalize(one, NFKC)) as alias from regexp_split_to_table(aliases, '[；;、,，]') one) each_one
    ) cut, generate_series(1, 2) part
    where said <> alias or said ~ '^[GSXYCZgsxycz][0-9]{1,4}$' or said ~ '(高速|公路|[国省县乡]道|快速路?|环线|大道|路|线)$'
  ) roads where case when road ~ '^[A-Z]' then true else length(road) >= 2 end
$$;
update place set roads = roads_of(aliases) where metres is not null and aliases <> '';
drop function roads_of(text);
create index place_roads on place (road_code, road_name) where metres is not null and roads <> '{}';
