-- A calendar that was replaced: what units have in hand was counted by the new one already, by the import or, where that was interrupted, by a node. It is counted once more when no node counts by the old one any longer.
alter table recount_due add column counted boolean not null default false;
