-- Who is named for a stage stands there once for each way to reach him; a ruling officer may be reached at his desk alone.
delete from named_person a using named_person b
  where a.id > b.id and (a.stage, a.name) = (b.stage, b.name) and a.unit_id is not distinct from b.unit_id and a.channel = b.channel;
alter table named_person alter column channel drop not null, alter column address drop not null,
  add constraint named_person_reached check ((channel is null) = (address is null) and (channel is not null or (stage = 'ruling' and person_id is not null))),
  add constraint named_person_once unique nulls not distinct (stage, unit_id, name, channel);
