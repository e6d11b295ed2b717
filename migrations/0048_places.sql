-- Where things are: districts as polygons, and a gazetteer that is found as it is typed.
create table district (
  id       text primary key check (id ~ '^[a-z0-9-]{2,32}$'),
  name     text not null,
  name_en  text not null default '',
  -- GeoJSON MultiPolygon coordinates, [lon, lat], WGS-84; the first ring of each polygon is its outline, the others are holes.
  outline  jsonb not null
);
create table place (
  code     text primary key check (code ~ '^[A-Za-z0-9._-]{1,40}$'),
  name     text not null check (name <> ''),
  kind     text not null check (kind in ('address', 'road', 'landmark', 'kilometre')),
  aliases  text not null default '',
  -- Pinyin initials of the name and the aliases, from each character on: `kydd ydd dd d`.
  initials text not null default '',
  lat      double precision not null check (lat between -90 and 90),
  lon      double precision not null check (lon between -180 and 180),
  words    tsvector generated always as (ticket_words(name || ' ' || aliases || ' ' || initials)) stored
);
create index place_words on place using gin (words);
