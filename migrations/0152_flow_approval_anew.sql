-- An edition that is published anew, over one that was entered since, is another difference: who approved it before has to read and approve it again.
-- Both approvals stay; those since the last wish count.
alter table flow_approval drop constraint flow_approval_pkey;
alter table flow_approval add column id bigint generated always as identity primary key;
create index flow_approval_edition on flow_approval (edition, person_id);
