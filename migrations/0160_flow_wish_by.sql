-- Whoever publishes an edition anew need not be its first author, and nobody approves what he published himself: everybody who wished it is kept, for the difference that he wished.
-- `by` null: a wish from before, its author's. No person (`by_id` null): a node that saw its files change, or an account of the machine.
alter table flow_wish drop constraint flow_wish_pkey;
alter table flow_wish add column id bigint generated always as identity primary key, add column by_id uuid references person, add column by text;
create unique index flow_wish_once on flow_wish (edition, after, by_id) nulls not distinct;
