-- How many operators of each node are ready and have nobody to be offered: a node where callers wait and nobody is free sends as many of them there (src/intake/neighbours.ts).
alter table node_presence add column free integer not null default 0;
