-- A saved query that is kept running: while it is on there is one run of it after the other. Who has its live run has it.
create table listener (
    id bigint generated always as identity primary key,
    saved_query_id bigint not null constraint listener_of_query unique references saved_query on delete cascade,
    -- As whom its runs act.
    started_by bigint not null references member,
    state text not null default 'on' constraint listener_state_known check (state in ('on', 'paused')),
    -- Since when it is on, or paused.
    since timestamptz not null default now(),
    -- What stands in its way; of a paused one, why the service paused it; null: nothing, or paused by hand.
    trouble text,
    -- The right at Google whose lack that is.
    lacks_scope text,
    -- Runs that have failed one after the other, and when the next may begin.
    failures integer not null default 0,
    next_try timestamptz
);
create index listener_of_member on listener (started_by);

alter table run
    -- Of a listener that may be gone: whoever ends one must not have to wait for its runs.
    add column listener_id bigint,
    -- The day (UTC) of a listener's run; null for runs that somebody started.
    add column day date,
    -- When messages were last kept.
    add column last_received timestamptz;
-- Never two at once, whatever processes believe.
create unique index run_of_listener_live on run (listener_id) where state in ('queued', 'running');
create index run_of_listener on run (listener_id) where listener_id is not null;
create index run_of_listener_by_day on run (saved_query_id, day) where day is not null;
