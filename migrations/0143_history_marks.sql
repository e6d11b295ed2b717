-- What units are judged by beside what a reader of the history is told: times, counts, ends of clocks, whose number called (src/dispatch/core/marks.ts). Rows of programs from before have none.
alter table ticket_history add column marks jsonb;

-- A row with marks has them in its hash, and when it was learnt of; one without has the hash it always had.
create or replace function history_hash(before bytea, r ticket_history) returns bytea language sql immutable as $$
  select sha256(convert_to((jsonb_build_object('prev', encode(before, 'hex'), 'ticket', r.ticket_id, 'version', r.version, 'actId', r.act_id, 'act', r.act,
    'at', (extract(epoch from r.at) * 1000000)::bigint, 'by', r.by_id, 'changes', r.changes, 'note', r.note)
    || case when r.marks is null then '{}' else jsonb_build_object('marks', r.marks, 'recordedAt', (extract(epoch from r.recorded_at) * 1000000)::bigint) end)::text, 'UTF8'))
$$;
