-- Until when somebody is sending a message just now; what comes after it to the same address about the same ticket waits for it.
alter table outbox add column leased_until timestamptz;
