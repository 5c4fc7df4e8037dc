-- What answers a form that was sent has an address of its own, so that going back to it and reloading it does nothing again.

-- Pages that answered what a member sent, as they were drawn; for a day.
create table kept_answer (
    id bigint generated always as identity primary key,
    member_id bigint not null references member on delete cascade,
    -- HTTP status
    status smallint not null,
    html bytea not null,
    -- What they were and in which groups, in order, when it was drawn: who has less rights since then does not see it again.
    role text not null,
    group_ids bigint[] not null,
    created timestamptz not null default now()
);
create index kept_answer_of_member on kept_answer (member_id, id);
create index kept_answer_by_age on kept_answer (created);

-- What became of alerts that somebody saved as targets; for a month.
create table save_report (
    id bigint generated always as identity primary key,
    run_id bigint not null references run on delete cascade,
    member_id bigint not null references member on delete cascade,
    -- What was to be done where a target was there: update, skip
    on_existing text not null,
    -- One object for each alert, in order.
    outcomes jsonb not null,
    -- Alerts that were still selected.
    left_selected bigint not null,
    created timestamptz not null default now()
);
create index save_report_of_run on save_report (run_id);
create index save_report_of_member on save_report (member_id);
create index save_report_by_age on save_report (created);
