-- How a call came: which edge brought it, and the mark that the edge gave its INVITE, the moment by its clock in µs since 1970, no two alike. Null: past every edge.
alter table call add column edge text check (edge ~ '^[a-z0-9-]{1,32}$'), add column edge_mark bigint;
create index call_edge on call (edge_mark) where edge_mark is not null;

-- Counts of an edge that marks its calls; those of before are held against calls without a mark.
alter table edge_count add column marked boolean not null default false;

-- How far an edge has told: every INVITE up to that mark is in its counts, and those named were still under way. Only the last few of each are kept.
create table edge_report (
  edge    text not null check (edge ~ '^[a-z0-9-]{1,32}$'),
  until   bigint not null,
  pending bigint[] not null,
  told_at timestamptz not null default now(),
  primary key (edge, until)
);
