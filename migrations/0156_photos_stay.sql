-- What a photo is, whose and of when, is never another: units are judged by it, and the server needs no change of it.
drop trigger no_delete on attachment;
create trigger append_only before update or delete on attachment for each row execute function refuse_change();
