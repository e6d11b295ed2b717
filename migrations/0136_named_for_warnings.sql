-- Persons may be named for the first stage of a clock too: who is warned can still do something.
alter table named_person drop constraint named_person_stage_check;
alter table named_person add constraint named_person_stage_check check (stage in ('warn', 'urge', 'supervise', 'notice', 'ruling'));
