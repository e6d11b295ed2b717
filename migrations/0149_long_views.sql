-- A hundred Chinese characters that are looked for are nine hundred in a link.
alter table saved_view drop constraint saved_view_filter_check;
alter table saved_view add constraint saved_view_filter_check check (length(filter) <= 2000);
