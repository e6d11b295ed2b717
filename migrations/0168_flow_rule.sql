-- What each node runs its flows by, as it says itself with its beat: a shell that publishes, and a node that is set otherwise, go by the strictest of them (src/intake/flow-publishing.ts).
create table flow_rule (
  node     text primary key,
  -- A second person has to approve.
  approval boolean not null,
  at       timestamptz not null default now()
);
