-- Which FreeSWITCH rings the operators of a node (its Core-UUID). Beside the extensions in `seats`, a node of an older version took it for the standing of somebody who is signed in.
alter table node_presence add column core text not null default '';
