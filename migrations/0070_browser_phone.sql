-- Whose telephone is the one in the browser, and what it registers with while he is signed in.
-- H(A1) of SIP digest, drawn at random: there is no password behind it. It counts as long as the session that drew it, and until the next is drawn.
create table browser_phone (
  person_id  uuid primary key references person,
  a1_hash    text check (a1_hash ~ '^[0-9a-f]{32}$'),
  -- Of a session; no reference, for sessions are forgotten and the choice is not.
  token_hash bytea,
  chosen_at  timestamptz not null default now(),
  check ((a1_hash is null) = (token_hash is null))
);
