-- Of a county's nodes one dials the city (src/dispatch/county/line.ts): which, how it found the line, and since when, for the desks of the others. Empty: whoever comes first.
alter table line add column dialler text not null default '', add column up boolean not null default false, add column turned_at timestamptz not null default now();
