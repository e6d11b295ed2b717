-- Which FreeSWITCH has the call (its host name): a node that starts ends what its own FreeSWITCH knows no more, never what another one has.
alter table call add column pbx_host text;
