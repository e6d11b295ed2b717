-- When each caller pressed which key of a flow, so that the same timings can be played through another file before it is published.
-- [{"at": 3200, "key": "1"}, …], ms since he entered; null: he came back in the middle, or it was not noted yet.
alter table flow_trace add column keys jsonb;
-- The drawing, the latest calls and the keys of one flow: parts are in the traces of the flows that call them, so the time is what narrows it down.
create index flow_trace_at on flow_trace (at);
