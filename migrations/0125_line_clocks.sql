-- The number of the other side's last message, as it says: while some are still under way, what they may have ended is not urged.
alter table line_in add column last bigint not null default 0;
