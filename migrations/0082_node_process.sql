-- Which process says so: a second one under the same name is refused (src/store/presence.ts). Where it is told, its machine and process number.
alter table node_presence add column process uuid, add column host text not null default '', add column pid integer not null default 0;
