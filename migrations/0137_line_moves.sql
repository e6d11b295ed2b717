-- When the last message was taken up, or the first that is not was heard of: a line that stands still lets no unit wait for it.
alter table line_in add column moved_at timestamptz not null default now();
