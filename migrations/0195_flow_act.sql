-- What somebody publishes or approves at the desk is checked for seconds, and what became of it is told when that is over. It was known to the node that checked
-- it only: asked of another, the answer never came, nor did it ever where that node died. So it is kept here (src/intake/flow-acts.ts).
create table flow_act (
  id       bigint generated always as identity primary key,
  what     text not null check (what in ('publish', 'approve')),
  -- Null: the files of the node.
  edition  integer,
  by_id    uuid not null,
  by       text not null,
  node     text not null,
  since    timestamptz not null,
  -- The node that checks it said last that it still does.
  beat     timestamptz not null default now(),
  -- Whoever asked was answered before it was over.
  ended_at timestamptz,
  outcome  jsonb,
  error    jsonb
);
