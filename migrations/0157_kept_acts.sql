-- How many acts each node keeps that PostgreSQL does not have yet: after an outage clocks wait for them, on every node (src/store/aftermath.ts).
alter table node_presence add column kept integer not null default 0;
