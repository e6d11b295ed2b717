-- A wire that is down, or something that carries a current, kills like an open manhole or gas: a category of its own, with a clock for making it safe. Nothing that a city entered itself is touched.
insert into duty_rule (code, category, hours, unit_id, role, basis)
select code, 'live-wire', 'any', unit_id, role, basis from (values
  ('LW-01', 'power-supply', 'lead', '供电设施抢修职责清单'),
  ('LW-02', 'fire-rescue', 'safe', '电线落地、漏电先行警戒规定'),
  ('LW-03', 'street-lighting', 'assist', '路灯线路产权清单'),
  ('LW-04', 'telecom', 'assist', '通信线缆产权清单')
) as first_set (code, unit_id, role, basis) where exists (select from unit where id = unit_id)
on conflict (code, unit_id) do nothing;
-- Whoever is sent is there within 45 minutes and cuts it off or cordons it; the rest as any repair of the power supply.
insert into clock_rule (clock, category, priority, minutes, hours, basis) values
  ('sign', 'live-wire', null, 5, 'always', ''),
  ('arrive', 'live-wire', null, 45, 'always', '城区到场 45 分钟'),
  ('safe', 'live-wire', null, 45, 'always', '到场即断电或围护'),
  ('repair', 'live-wire', null, 180, 'always', '恢复供电 3 小时'),
  ('report', 'live-wire', null, 300, 'always', '')
on conflict (clock, category, priority) do nothing;
insert into cluster_rule (category, metres, minutes, burst, burst_minutes) values ('live-wire', 100, 360, 3, 30) on conflict (category) do nothing;
update unit set categories = categories || '{live-wire}' where id = 'power-supply' and not categories @> '{live-wire}';

-- The place of a ticket that a unit has was corrected: as urgent on its way out as the dispatch itself. (No row has this kind yet: the index over it stays whole.)
create or replace function outbox_rank(kind text, body jsonb) returns integer language sql immutable parallel safe as
  $$ select case when kind not in ('dispatch', 'redo', 'raised', 'changed') then 2 when body ->> 'priority' = 'emergency' or body ->> 'hazard' = 'true' then 0 else 1 end $$;

-- A calendar that was replaced, as it was: written with the new one, and kept until what units have in hand is counted by that.
create table recount_due (
  id    bigint generated always as identity primary key,
  days  jsonb not null,
  years integer[] not null,
  since timestamptz not null default clock_timestamp()
);
