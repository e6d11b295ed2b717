-- The city's rules: who answers for what, how long, on which days. Imported from reviewed tables (`liandong import`); these are the first ones.

alter table unit add column office_hours text not null default '09:00-12:00,13:30-17:30';

create table duty_rule (
  code       text not null check (code ~ '^[A-Za-z0-9.-]{1,32}$'),
  category   text,
  area       text,
  hours      text not null default 'any' check (hours in ('any', 'office', 'night')),
  unit_id    text not null references unit,
  role       text not null default 'lead' check (role in ('lead', 'assist', 'safe')),
  -- The document that says so.
  basis      text not null,
  valid_from date,
  valid_to   date,
  primary key (code, unit_id)
);
insert into duty_rule (code, category, hours, unit_id, role, basis) values
  ('MH-01', 'manhole-cover', 'any', 'municipal-works', 'lead', '市政设施管理职责清单'),
  ('MH-02', 'manhole-cover', 'any', 'drainage', 'assist', '排水设施管理职责清单'),
  ('MH-03', 'manhole-cover', 'any', 'urban-management', 'safe', '井盖缺失先行围护规定'),
  ('MH-04', 'manhole-cover', 'any', 'telecom', 'assist', '通信井产权清单'),
  ('MH-05', 'manhole-cover', 'any', 'power-supply', 'assist', '电力井产权清单'),
  ('GAS-01', 'gas', 'any', 'gas-company', 'lead', '燃气设施维护职责清单'),
  ('GAS-02', 'gas', 'any', 'fire-rescue', 'safe', '燃气泄漏先期处置规定'),
  ('PW-01', 'power-repair', 'any', 'power-supply', 'lead', '供电服务职责清单'),
  ('WT-01', 'water', 'any', 'water-supply', 'lead', '供水服务职责清单'),
  ('RD-01', 'road', 'any', 'municipal-works', 'lead', '城市道路养护职责清单'),
  ('RD-02', 'road', 'any', 'highway-bureau', 'assist', '公路养护职责清单'),
  ('SL-01', 'street-light', 'any', 'street-lighting', 'lead', '道路照明职责清单'),
  ('NS-01', 'noise', 'any', 'urban-management', 'lead', '社会生活与施工噪声职责清单'),
  ('NS-02', 'noise', 'any', 'environment-bureau', 'assist', '工业噪声职责清单'),
  ('EN-01', 'environment', 'office', 'sanitation', 'lead', '道路清扫与扬尘职责清单'),
  ('EN-02', 'environment', 'night', 'urban-management', 'lead', '环境事项夜间值守规定'),
  ('EN-03', 'environment', 'any', 'environment-bureau', 'assist', '大气污染防治职责清单'),
  ('RP-01', 'ride-dispute', 'office', 'taxi-office', 'lead', '出租汽车服务投诉职责清单'),
  ('RP-02', 'ride-dispute', 'night', 'transport-bureau', 'lead', '出租汽车投诉夜间值守规定'),
  ('WG-01', 'wage-claim', 'any', 'labour-inspection', 'lead', '劳动保障监察条例职责清单'),
  ('WG-02', 'wage-claim', 'office', 'labour-arbitration', 'assist', '劳动争议仲裁职责清单');

-- Minutes from delivery. `office`: working time of the unit; a unit that stands by always works. A working day is 420 minutes.
create table clock_rule (
  clock    text not null check (clock in ('sign', 'arrive', 'safe', 'repair', 'report', 'review', 'reassign', 'ruling', 'receipt', 'extension')),
  category text,
  priority text check (priority in ('emergency', 'urgent', 'normal')),
  minutes  integer not null check (minutes between 1 and 100000),
  hours    text not null check (hours in ('always', 'office')),
  basis    text not null default '',
  unique nulls not distinct (clock, category, priority)
);
insert into clock_rule (clock, category, priority, minutes, hours, basis) values
  ('sign', null, null, 30, 'office', ''),
  ('sign', null, 'urgent', 10, 'always', ''),
  ('sign', null, 'emergency', 5, 'always', ''),
  ('report', null, null, 2940, 'office', '一般事项 7 个工作日'),
  ('report', null, 'urgent', 1440, 'always', '紧急事项当日'),
  ('report', null, 'emergency', 240, 'always', ''),
  ('sign', 'manhole-cover', null, 10, 'always', ''),
  ('safe', 'manhole-cover', null, 60, 'always', '先行围护'),
  ('repair', 'manhole-cover', null, 1440, 'always', '井盖修复 24 小时'),
  ('report', 'manhole-cover', null, 1560, 'always', ''),
  ('sign', 'gas', null, 5, 'always', ''),
  ('safe', 'gas', null, 30, 'always', '燃气泄漏'),
  ('repair', 'gas', null, 480, 'always', ''),
  ('report', 'gas', null, 600, 'always', ''),
  ('safe', null, null, 60, 'always', '经认定的险情'),
  ('sign', 'power-repair', null, 10, 'always', ''),
  ('arrive', 'power-repair', null, 45, 'always', '城区到场 45 分钟'),
  ('repair', 'power-repair', null, 180, 'always', '恢复供电 3 小时'),
  ('report', 'power-repair', null, 300, 'always', ''),
  ('arrive', 'water', null, 120, 'always', ''),
  ('repair', 'water', null, 1440, 'always', ''),
  ('report', 'water', null, 1560, 'always', ''),
  ('repair', 'environment', null, 300, 'office', '道路污染 5 个工作小时'),
  ('report', 'environment', null, 420, 'office', ''),
  ('repair', 'street-light', null, 1260, 'office', '3 个工作日'),
  ('report', 'street-light', null, 1680, 'office', ''),
  ('report', 'noise', null, 420, 'office', ''),
  ('report', 'ride-dispute', null, 1260, 'office', ''),
  ('report', 'wage-claim', null, 2100, 'office', '5 个工作日'),
  ('review', null, null, 1440, 'always', ''),
  ('reassign', null, null, 30, 'always', ''),
  ('ruling', null, null, 240, 'always', ''),
  ('receipt', null, null, 4320, 'always', '转介后 3 日内确认收到'),
  ('extension', null, null, 240, 'always', '');

-- Days that are not what their weekday says, as the State Council publishes them each autumn. A year without a row here is not known: nobody may guess it.
create table calendar_year (year integer primary key, source text not null);
create table calendar_day (
  day  date primary key,
  kind text not null check (kind in ('holiday', 'workday')),
  name text not null
);
insert into calendar_year values
  (2010, '国办发明电〔2009〕24号'), (2011, '国办发明电〔2010〕40号'), (2024, '国办发明电〔2023〕7号'), (2025, '国办发明电〔2024〕12号'), (2026, '国办发明电〔2025〕7号');
insert into calendar_day (day, kind, name)
select day::date, kind, name from (values
  ('2010-01-01', '2010-01-03', 'holiday', '元旦'),
  ('2010-02-13', '2010-02-19', 'holiday', '春节'), ('2010-02-20', '2010-02-21', 'workday', '春节调休'),
  ('2010-04-03', '2010-04-05', 'holiday', '清明节'),
  ('2010-05-01', '2010-05-03', 'holiday', '劳动节'),
  ('2010-06-14', '2010-06-16', 'holiday', '端午节'), ('2010-06-12', '2010-06-13', 'workday', '端午节调休'),
  ('2010-09-22', '2010-09-24', 'holiday', '中秋节'), ('2010-09-19', '2010-09-19', 'workday', '中秋节调休'), ('2010-09-25', '2010-09-25', 'workday', '中秋节调休'),
  ('2010-10-01', '2010-10-07', 'holiday', '国庆节'), ('2010-09-26', '2010-09-26', 'workday', '国庆节调休'), ('2010-10-09', '2010-10-09', 'workday', '国庆节调休'),
  ('2011-01-01', '2011-01-03', 'holiday', '元旦'),
  ('2011-02-02', '2011-02-08', 'holiday', '春节'), ('2011-01-30', '2011-01-30', 'workday', '春节调休'), ('2011-02-12', '2011-02-12', 'workday', '春节调休'),
  ('2011-04-03', '2011-04-05', 'holiday', '清明节'), ('2011-04-02', '2011-04-02', 'workday', '清明节调休'),
  ('2011-04-30', '2011-05-02', 'holiday', '劳动节'),
  ('2011-06-04', '2011-06-06', 'holiday', '端午节'),
  ('2011-09-10', '2011-09-12', 'holiday', '中秋节'),
  ('2011-10-01', '2011-10-07', 'holiday', '国庆节'), ('2011-10-08', '2011-10-09', 'workday', '国庆节调休'),
  ('2011-12-31', '2011-12-31', 'workday', '2012年元旦调休'),
  ('2024-01-01', '2024-01-01', 'holiday', '元旦'),
  ('2024-02-10', '2024-02-17', 'holiday', '春节'), ('2024-02-04', '2024-02-04', 'workday', '春节调休'), ('2024-02-18', '2024-02-18', 'workday', '春节调休'),
  ('2024-04-04', '2024-04-06', 'holiday', '清明节'), ('2024-04-07', '2024-04-07', 'workday', '清明节调休'),
  ('2024-05-01', '2024-05-05', 'holiday', '劳动节'), ('2024-04-28', '2024-04-28', 'workday', '劳动节调休'), ('2024-05-11', '2024-05-11', 'workday', '劳动节调休'),
  ('2024-06-10', '2024-06-10', 'holiday', '端午节'),
  ('2024-09-15', '2024-09-17', 'holiday', '中秋节'), ('2024-09-14', '2024-09-14', 'workday', '中秋节调休'),
  ('2024-10-01', '2024-10-07', 'holiday', '国庆节'), ('2024-09-29', '2024-09-29', 'workday', '国庆节调休'), ('2024-10-12', '2024-10-12', 'workday', '国庆节调休'),
  ('2025-01-01', '2025-01-01', 'holiday', '元旦'),
  ('2025-01-28', '2025-02-04', 'holiday', '春节'), ('2025-01-26', '2025-01-26', 'workday', '春节调休'), ('2025-02-08', '2025-02-08', 'workday', '春节调休'),
  ('2025-04-04', '2025-04-06', 'holiday', '清明节'),
  ('2025-05-01', '2025-05-05', 'holiday', '劳动节'), ('2025-04-27', '2025-04-27', 'workday', '劳动节调休'),
  ('2025-05-31', '2025-06-02', 'holiday', '端午节'),
  ('2025-10-01', '2025-10-08', 'holiday', '国庆节、中秋节'), ('2025-09-28', '2025-09-28', 'workday', '国庆节调休'), ('2025-10-11', '2025-10-11', 'workday', '国庆节调休'),
  ('2026-01-01', '2026-01-03', 'holiday', '元旦'), ('2026-01-04', '2026-01-04', 'workday', '元旦调休'),
  ('2026-02-15', '2026-02-23', 'holiday', '春节'), ('2026-02-14', '2026-02-14', 'workday', '春节调休'), ('2026-02-28', '2026-02-28', 'workday', '春节调休'),
  ('2026-04-04', '2026-04-06', 'holiday', '清明节'),
  ('2026-05-01', '2026-05-05', 'holiday', '劳动节'), ('2026-05-09', '2026-05-09', 'workday', '劳动节调休'),
  ('2026-06-19', '2026-06-21', 'holiday', '端午节'),
  ('2026-09-25', '2026-09-27', 'holiday', '中秋节'),
  ('2026-10-01', '2026-10-07', 'holiday', '国庆节'), ('2026-09-20', '2026-09-20', 'workday', '国庆节调休'), ('2026-10-10', '2026-10-10', 'workday', '国庆节调休')
) as published (first, last, kind, name), generate_series(first::date, last::date, interval '1 day') as day;
