-- Whether a switch that was on (disaster, a known outage) changed what he heard: such a notice may tell callers to hang up. Of rows from before: not known, taken as none.
alter table flow_trace add column switched boolean not null default false;
