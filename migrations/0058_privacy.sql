-- The complainant's wish in four degrees, where there was confidential or not: open, number-hidden, identity-hidden, anonymous.
update ticket set work = (work - 'confidential') || jsonb_build_object('privacy', case when (work ->> 'confidential')::boolean then 'identity-hidden' else 'open' end) where work ? 'confidential';
-- Nobody finds an anonymous complainant by his number or name: neither lists nor the card of his next call lead to his ticket.
alter table ticket add column anonymous boolean generated always as (coalesce(work ->> 'privacy', 'open') = 'anonymous') stored;
