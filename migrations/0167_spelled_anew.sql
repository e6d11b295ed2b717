-- Places with characters that the program reads otherwise since then (翟镇 is zz, 十里堡 slp): their initials are written anew at the next start.
alter table place add column respell boolean not null default false;
update place set respell = true where name || aliases ~ '[翟堡浚泌仇莘郇粘祭涡圩番查覃埔陂]';
create index place_respell on place (code) where respell;
