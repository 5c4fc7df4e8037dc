-- A job holds one of the places of its member and of the team until it is known to have ended, or must have: also when its
-- run was stopped before it.
alter table bigquery_spending add column holds_place_until timestamptz not null default now();
drop index bigquery_spending_open;
create index bigquery_spending_places on bigquery_spending (holds_place_until) where billed_bytes is null;

-- How often a member looked at queries (dry runs) in the minute that began then.
create table bigquery_check (
    member_id bigint primary key references member,
    begun timestamptz not null default now(),
    n integer not null default 1
);
