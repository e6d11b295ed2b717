-- A kilometre mark stands somewhere on a road: what lies between two marks is found from them.
alter table place
  -- Number of the road (G30), and its name without it; one of both may be unknown.
  add column road_code text not null default '',
  add column road_name text not null default '',
  -- From the road's beginning; null: no mark, or one whose name does not say it.
  add column metres integer check (metres >= 0);
update place p set
  road_code = upper(coalesce(substring(p.name from '^\s*([GSXYCZgsxycz][0-9]{1,4})'), '')),
  road_name = regexp_replace(regexp_replace(substring(p.name from '^(.*?)\s*[Kk]\s*[0-9]'), '^\s*[GSXYCZgsxycz][0-9]{1,4}', ''), '\s', '', 'g'),
  metres = substring(p.name from '[Kk]\s*([0-9]{1,4})')::integer * 1000 + coalesce(substring(p.name from '[Kk]\s*[0-9]{1,4}\s*\+\s*([0-9]{1,3})'), '0')::integer
where p.kind = 'kilometre' and p.name ~ '^.+[Kk]\s*[0-9]{1,4}(\s*\+\s*[0-9]{1,3})?\s*$';
create index place_mark on place (road_code, metres) where metres is not null;
create index place_mark_name on place (road_name text_pattern_ops, metres) where metres is not null;
