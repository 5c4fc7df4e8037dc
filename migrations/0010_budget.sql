-- What queries of BigQuery may cost and did, by day (UTC), for the daily budgets.
create table bigquery_spending (
    id bigint generated always as identity primary key,
    run_id bigint references run on delete set null,
    member_id bigint not null references member,
    day date not null default (now() at time zone 'utc')::date,
    at timestamptz not null default now(),
    -- What the dry run said.
    estimated_bytes bigint not null,
    -- What BigQuery was told to bill at most.
    reserved_bytes bigint not null,
    -- What it billed; null while that is not known: then what was reserved counts.
    billed_bytes bigint
);
create index bigquery_spending_by_day on bigquery_spending (day, member_id);
create index bigquery_spending_open on bigquery_spending (run_id) where billed_bytes is null;
