-- How often FreeSWITCH could not do what the flow asked for (a prompt that is missing, a file that cannot be played): a flow whose prompts all fail is over at once,
-- and callers hear only music. Null: from before, not known.
alter table flow_trace add column faults integer check (faults >= 0);
