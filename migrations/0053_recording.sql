-- Recordings of talks. The file lies where FreeSWITCH writes them, named by `id` alone; here is what it is and whose.
create table recording (
  -- Of the channel that was recorded: the citizen's call, or his leg of a call back.
  id          uuid primary key,
  -- The call, and so the ticket, that it belongs to. No reference: a file may be found before its call's row is there.
  call_id     uuid not null,
  -- Whose directory holds the file.
  node        text not null,
  -- recording: being written. kept: whole. cut: the end or all of it is lost. missing: the file is gone. deleted: its time was over.
  state       text not null check (state in ('recording', 'kept', 'cut', 'missing', 'deleted')),
  began_at    timestamptz not null,
  ended_at    timestamptz,
  bytes       bigint check (bytes >= 0),
  duration_ms integer check (duration_ms >= 0),
  sha256      bytea,
  -- Legal hold: nothing deletes it while somebody holds it.
  held_by     uuid references person,
  held_at     timestamptz,
  hold_reason text not null default '',
  deleted_at  timestamptz,
  check (state in ('recording', 'missing') or (ended_at is not null and bytes is not null and sha256 is not null)),
  check ((held_by is null) = (held_at is null)),
  check ((state = 'deleted') = (deleted_at is not null)),
  check (state <> 'deleted' or held_by is null)
);
create index recording_call on recording (call_id);
create index recording_open on recording (began_at) where state = 'recording';
create index recording_due on recording (ended_at) where state in ('kept', 'cut') and held_by is null;

-- Each time somebody is given a recording to hear, before its first byte. The id is what the player asks with.
create table recording_play (
  id           uuid primary key,
  recording_id uuid not null references recording,
  person_id    uuid not null references person,
  reason       text not null check (length(reason) between 2 and 500),
  at           timestamptz not null default now()
);
create index recording_play_recording on recording_play (recording_id, at);
create trigger append_only before update or delete on recording_play for each row execute function refuse_change();
create trigger no_truncate before truncate on recording_play for each statement execute function refuse_change();

-- A recording can be kept, held and let go of; its row never goes.
create trigger no_delete before delete on recording for each row execute function refuse_change();
create trigger no_truncate before truncate on recording for each statement execute function refuse_change();
