-- An edition that waits for approval was made when a certain edition ran: approving it later, over one that was entered since, would take that one back unseen.
-- Publishing the same content anew is a new wish. `after`: the last switch then, 0 when there was none.
create table flow_wish (
  edition integer not null references flow_edition,
  after   bigint not null,
  at      timestamptz not null default now(),
  primary key (edition, after)
);
create trigger append_only before update or delete on flow_wish for each row execute function refuse_change();
create trigger no_truncate before truncate on flow_wish for each statement execute function refuse_change();
