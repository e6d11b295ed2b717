-- How the operators of each node stand, by extension: the native queue's agents follow them, and no node signs out whom another has (src/intake/native-agents.ts).
alter table node_presence add column seats jsonb not null default '{}';
