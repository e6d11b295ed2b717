-- Places with characters that the program reads otherwise since then (翟镇 is zz, 十里堡 slp): their initials are written anew at the next start.
alter table place add column respell boolean not null default false;
update place set respell = true where name || aliases ~ '[翟堡浚泌仇莘郇粘祭涡圩番查覃埔陂]';
create index place_respell on place (code) where respell;
-- A saved view holds words as a link has them: a Chinese character is nine there, and a hundred may be looked for.
alter table saved_view drop constraint saved_view_filter_check;
alter table saved_view add constraint saved_view_filter_check check (length(filter) <= 2000);
