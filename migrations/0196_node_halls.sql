-- Whether the dialplan of a node's FreeSWITCH, as it was read last, knows of callers who are brought there from another one; null: not known, or a node of before says nothing.
alter table node_presence add column halls boolean;
