-- Who was in a call and when: hold, guests, supervisors, take-overs, calls back. Append-only; the id is made of the content, so that a replay adds nothing.
-- No reference to call: an event may be durable (journal) before its call's row is.
create table call_event (
  id          uuid primary key,
  call_id     uuid not null,
  at          timestamptz not null,
  act         text not null check (act in ('answered', 'hold', 'resume', 'mute', 'unmute', 'rung', 'joined', 'mode', 'left', 'not-reached', 'taken-over', 'queued', 'hung-up', 'dialled', 'reached', 'ended', 'recording', 'not-recorded')),
  leg_id      uuid,
  operator_id uuid,
  line        text,
  detail      text not null default ''
);
create index call_event_call on call_event (call_id, at);
create trigger append_only before update or delete on call_event for each row execute function refuse_change();
create trigger no_truncate before truncate on call_event for each statement execute function refuse_change();
