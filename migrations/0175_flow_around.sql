-- What each node holds flows against by its settings, as it says itself with its beat: the flow that callers enter, the services that flows may ask, what the intake adds to
-- a caller's wait. Whoever publishes, from whatever shell, publishes by that of the nodes (src/intake/flow-publishing.ts). Null: a node of a program from before.
alter table flow_rule add column around jsonb;
