-- Whom no text message reaches (a landline, a number that is no longer) is called: one more reason to call back.
alter table call_back_task drop constraint call_back_task_reason_check;
alter table call_back_task add constraint call_back_task_reason_check check (reason in ('abandoned', 'silent', 'asked', 'message', 'untold'));
