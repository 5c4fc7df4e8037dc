-- People. In local mode there is exactly one, with no e-mail address.
create table member (
    id bigint generated always as identity primary key,
    name text not null,
    email text,
    is_local boolean not null default false,
    created timestamptz not null default now()
);
create unique index member_local_key on member (is_local) where is_local;

create table saved_query (
    id bigint generated always as identity primary key,
    name text not null,
    broker text not null,
    -- The form as it was typed; it is validated again whenever it is loaded.
    parameters jsonb not null,
    owner_id bigint not null references member,
    created timestamptz not null default now(),
    modified timestamptz not null default now()
);
create index saved_query_created on saved_query (created, id);
create index saved_query_name on saved_query (lower(name), id);

create table run (
    id bigint generated always as identity primary key,
    saved_query_id bigint references saved_query on delete set null,
    query_name text not null,
    broker text not null,
    parameters jsonb not null,
    started_by bigint not null references member,
    state text not null default 'queued'
        constraint run_state_known
        check (state in ('queued', 'running', 'finished', 'failed', 'cancelled', 'interrupted')),
    -- The number of the last batch that was kept: a batch sent twice is kept once.
    batch_number bigint not null default 0,
    received bigint not null default 0,
    passed bigint not null default 0,
    rejected bigint not null default 0,
    duplicates bigint not null default 0,
    unreadable bigint not null default 0,
    stored bigint not null default 0,
    acknowledged bigint not null default 0,
    received_bytes bigint not null default 0,
    -- {rule: number of alerts it rejected}
    rejected_by jsonb not null default '{}',
    feedback text not null default '',
    created timestamptz not null default now(),
    started timestamptz,
    finished timestamptz,
    -- Which process works on it, and when that process last said so.
    instance text not null,
    heartbeat timestamptz not null default now(),
    cancel_requested boolean not null default false
);
create index run_by_query on run (saved_query_id, id desc);
create index run_by_state on run (state, id desc);
create index run_alive on run (heartbeat) where state in ('queued', 'running');

create table run_log (
    id bigint generated always as identity primary key,
    run_id bigint not null references run on delete cascade,
    at timestamptz not null default now(),
    level text not null,
    message text not null
);
create index run_log_by_run on run_log (run_id, id);

create table alert (
    id bigint generated always as identity primary key,
    survey text not null,
    source_id bigint not null,
    object_id text not null,
    -- object_id as names are compared: finds the target that bears it.
    object_key text not null,
    jd double precision not null,
    ra double precision not null,
    dec double precision not null,
    -- Nested HEALPix cell at depth 29.
    healpix bigint not null,
    mag double precision,
    mag_err double precision,
    band text,
    classtar double precision,
    rb double precision,
    drb double precision,
    is_positive boolean,
    ndethist bigint,
    sgscore1 double precision,
    distpsnr1 double precision,
    ssdistnr double precision,
    received timestamptz not null default now(),
    constraint alert_source_key unique (survey, source_id)
);
create index alert_by_object on alert (survey, object_id, jd);
create index alert_by_position on alert (healpix);
create index alert_by_arrival on alert using brin (received);

create table alert_packet (
    alert_id bigint primary key references alert on delete cascade,
    format text not null,
    schema_version text not null,
    bytes bytea not null
);
-- Packets are compressed images for the most part: compressing them again costs time and gains nothing.
alter table alert_packet alter column bytes set storage external;

-- What a run found. The columns are those that a results page sorts by, so that a page of a long run is one index range.
create table run_alert (
    run_id bigint not null references run on delete cascade,
    alert_id bigint not null references alert on delete cascade,
    jd double precision not null,
    object_id text not null,
    ra double precision not null,
    dec double precision not null,
    mag double precision,
    classtar double precision,
    rb double precision,
    -- What the transport said of the message; null where the backend has no messages.
    attributes jsonb,
    primary key (run_id, alert_id)
);
create index run_alert_of_alert on run_alert (alert_id);
create index run_alert_jd on run_alert (run_id, jd, alert_id);
create index run_alert_object on run_alert (run_id, object_id, alert_id);
create index run_alert_ra on run_alert (run_id, ra, alert_id);
create index run_alert_dec on run_alert (run_id, dec, alert_id);
-- Absent values come last in either direction: hence two indexes for each column that may be absent.
create index run_alert_mag_up on run_alert (run_id, coalesce(mag, 'infinity'::float8), alert_id);
create index run_alert_mag_down on run_alert (run_id, coalesce(mag, '-infinity'::float8), alert_id);
create index run_alert_classtar_up on run_alert (run_id, coalesce(classtar, 'infinity'::float8), alert_id);
create index run_alert_classtar_down on run_alert (run_id, coalesce(classtar, '-infinity'::float8), alert_id);
create index run_alert_rb_up on run_alert (run_id, coalesce(rb, 'infinity'::float8), alert_id);
create index run_alert_rb_down on run_alert (run_id, coalesce(rb, '-infinity'::float8), alert_id);

-- Quarantine: what came and could not be read, as it came.
create table unreadable (
    id bigint generated always as identity primary key,
    run_id bigint not null references run on delete cascade,
    origin text not null,
    error text not null,
    attributes jsonb,
    bytes bytea not null,
    at timestamptz not null default now()
);
create index unreadable_by_run on unreadable (run_id, id);

-- Rows that a member has ticked, over the pages of a run.
create table run_selection (
    run_id bigint not null,
    member_id bigint not null references member on delete cascade,
    alert_id bigint not null,
    primary key (run_id, member_id, alert_id),
    foreign key (run_id, alert_id) references run_alert on delete cascade
);
create index run_selection_of_row on run_selection (run_id, alert_id);

create table target (
    id bigint generated always as identity primary key,
    ra double precision,
    dec double precision,
    healpix bigint,
    note text not null default '',
    created_by bigint not null references member,
    created timestamptz not null default now(),
    modified timestamptz not null default now(),
    -- Rises with each change: an edit of an older version is refused.
    version bigint not null default 1,
    constraint target_position_whole check ((ra is null) = (dec is null) and (ra is null) = (healpix is null)),
    constraint target_position_real check (ra >= 0 and ra < 360 and dec between -90 and 90)
);
create index target_by_position on target (healpix);

-- Names and aliases alike, so that one constraint keeps all of them apart.
create table target_name (
    id bigint generated always as identity primary key,
    target_id bigint not null references target on delete cascade,
    name text not null,
    -- name in lower case without spaces, '-', '_', '(' and ')'
    name_key text not null,
    is_primary boolean not null,
    constraint target_name_key unique (name_key)
);
create index target_name_of_target on target_name (target_id);
create unique index target_name_one_primary on target_name (target_id) where is_primary;

-- The alerts that a target was saved from. They and their packets stay for ever.
create table target_alert (
    target_id bigint not null references target on delete cascade,
    alert_id bigint not null references alert,
    run_id bigint references run on delete set null,
    saved_by bigint not null references member,
    saved_at timestamptz not null default now(),
    primary key (target_id, alert_id)
);
create index target_alert_of_alert on target_alert (alert_id);
