-- What each caller's way through a flow was: for the drawing with live counts, and for the watch over a new edition. The call's own row has his path without it.
create table flow_trace (
  call_id     uuid not null,
  -- When he entered, or came back.
  at          timestamptz not null,
  flow        text not null,
  version     text not null,
  -- [{"node": "topics", "ms": 5200}, …]: nodes in order and the time at each.
  steps       jsonb not null,
  -- Answers he gave (keys, words), and how many of them did not fit.
  answers     integer not null check (answers >= 0),
  wrong       integer not null check (wrong between 0 and answers),
  -- Time the flow spoke to him or waited for his keys.
  listened_ms integer not null check (listened_ms >= 0),
  -- The flow had said all it had to say; what came after was music.
  over        boolean not null,
  primary key (call_id, at)
);
create index flow_trace_version on flow_trace (version, at);
