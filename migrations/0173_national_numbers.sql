-- Of one telephone that was imported by its global number and written down by its national one, what is under the national one counts.
with written as (
  select distinct on (national) number, national from (
    select number, case when number ~ '^(\+|00)?861\d{10}$' then regexp_replace(number, '^(\+|00)?86', '') when number ~ '^(\+|00)860?(10|(?![48]00)[2-9]\d)\d{7,9}$' then '0' || regexp_replace(number, '^(\+|00)860?', '') end as national from citizen
  ) one where national is not null order by national, number
)
update citizen set number = written.national from written where citizen.number = written.number and not exists (select from citizen c where c.number = written.national);
