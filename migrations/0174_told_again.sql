-- What is told once more because nobody confirmed it says nothing new: a receipt of what was told before it is a receipt of it too.
alter table outbox add column again boolean not null default false;
