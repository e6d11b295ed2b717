-- When a node last got the citizen's socket, by FreeSWITCH's clock: of all nodes that write to the row, the one that had him last knows best.
alter table call add column held_at timestamptz;
