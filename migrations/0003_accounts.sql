-- People who sign in are known by the provider's key of their account, never by their address.
alter table member
    add column issuer text,
    add column subject text,
    add column role text not null default 'member'
        constraint member_role_known check (role in ('viewer', 'member', 'admin')),
    -- The Google Cloud project that their runs use and pay for; null: the deployment's.
    add column google_project text,
    add column last_sign_in timestamptz,
    add constraint member_account_whole check ((issuer is null) = (subject is null));
create unique index member_account_key on member (issuer, subject);
create index member_email on member (email);
update member set role = 'admin' where is_local;

-- Who may come in, until they have.
create table invitation (
    id bigint generated always as identity primary key,
    -- in lower case
    email text not null constraint invitation_email_key unique,
    role text not null constraint invitation_role_known check (role in ('viewer', 'member', 'admin')),
    invited_by bigint references member on delete set null,
    created timestamptz not null default now()
);

-- Somebody on the way to the provider and back. Kept for a while after use, so that a second use is told from nonsense.
create table sign_in_attempt (
    -- SHA-256 of the parameter state
    state_hash bytea primary key,
    -- SHA-256 of the cookie that ties it to one browser
    browser_hash bytea not null,
    -- The nonce and the PKCE verifier, encrypted.
    key_id text not null,
    secrets bytea not null,
    -- Where to go afterwards: a path of ours.
    next text not null,
    -- Whose grant is asked for, and what; null and empty for a sign-in.
    member_id bigint references member on delete cascade,
    scopes text[] not null default '{}',
    created timestamptz not null default now(),
    used timestamptz
);
create index sign_in_attempt_of_browser on sign_in_attempt (browser_hash, created);
create index sign_in_attempt_by_age on sign_in_attempt (created);

create table session (
    id bigint generated always as identity primary key,
    -- SHA-256 of what the cookie holds: a copy of this table signs nobody in.
    token_hash bytea not null constraint session_token_key unique,
    member_id bigint not null references member on delete cascade,
    -- "Firefox on Linux"
    browser text not null,
    created timestamptz not null default now(),
    last_seen timestamptz not null default now(),
    -- However busy it is, it ends then.
    expires timestamptz not null
);
create index session_of_member on session (member_id);
create index session_by_end on session (expires);

-- A member's grant at Google: tokens are encrypted under a key that is not here, bound to member and column.
create table google_credential (
    member_id bigint primary key references member on delete cascade,
    email text not null,
    key_id text not null,
    refresh_token bytea,
    access_token bytea,
    access_obtained timestamptz,
    access_expires timestamptz,
    -- google scopes by our words: pubsub, bigquery
    scopes text[] not null,
    needs_sign_in boolean not null default false,
    granted timestamptz not null default now(),
    last_refresh timestamptz,
    last_error text,
    last_error_at timestamptz,
    -- Rises with each change of the tokens.
    version bigint not null default 1,
    -- Who is renewing the tokens just now, and until when that is believed.
    lease_holder text,
    lease_until timestamptz
);

-- A form that waits while its author is at Google.
create table form_draft (
    id bigint generated always as identity primary key,
    member_id bigint not null references member on delete cascade,
    broker text not null,
    query_name text not null,
    parameters jsonb not null,
    created timestamptz not null default now()
);
create index form_draft_by_age on form_draft (created);

alter table run
    -- As whom it acted towards Google, in words; null where it needed nobody, or did not come so far.
    add column acts_as text,
    -- The right whose lack ended it (pubsub, bigquery): its owner can grant it and run again.
    add column lacks_scope text;
