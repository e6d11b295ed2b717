-- What else became of an INVITE at an edge: the caller hung up before anything answered, or the edge does not know.
alter table edge_count add column cancelled integer not null default 0 check (cancelled >= 0), add column unseen integer not null default 0 check (unseen >= 0);
