-- How near and how recent two requests of a kind must be to be one, and how many at once make an incident by themselves.
create table cluster_rule (
  category text unique nulls not distinct,
  metres   integer not null check (metres between 1 and 50000),
  minutes  integer not null check (minutes between 1 and 100000),
  -- So many tickets of this kind within `burst_minutes` raise an umbrella incident; null: never by itself.
  burst    integer check (burst >= 3),
  burst_minutes integer not null default 30 check (burst_minutes >= 1)
);
insert into cluster_rule (category, metres, minutes, burst, burst_minutes) values
  (null, 200, 1440, null, 30),
  ('manhole-cover', 50, 10080, 5, 60),
  ('power-repair', 1500, 360, 5, 30),
  ('water', 1500, 360, 5, 30),
  ('gas', 500, 360, 3, 30),
  ('street-light', 300, 4320, 8, 120),
  ('noise', 150, 180, 8, 60),
  ('road', 100, 10080, 8, 120),
  ('environment', 300, 1440, 8, 60),
  ('ride-dispute', 1, 1, null, 30),
  ('wage-claim', 50, 4320, null, 30);
create index ticket_cluster on ticket (category, opened_at) where state not in ('closed', 'void', 'merged');
