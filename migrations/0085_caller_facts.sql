-- What operators write down of a caller: who did it last, and how often, so that two at once do not overwrite one another. Each change is in `audit`.
alter table citizen add column version integer not null default 0, add column updated_by uuid references person;
