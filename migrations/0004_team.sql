-- Groups of members. The group 0, of everybody, stands in lists of groups only.
create table team_group (
    id bigint generated always as identity primary key,
    name text not null,
    description text not null default '',
    created_by bigint not null references member,
    created timestamptz not null default now()
);
create unique index team_group_name_key on team_group (lower(name));

create table team_group_member (
    group_id bigint not null references team_group on delete cascade,
    member_id bigint not null references member on delete cascade,
    -- May put others in and take them out.
    is_leader boolean not null default false,
    added timestamptz not null default now(),
    primary key (group_id, member_id)
);
create index team_group_member_of on team_group_member (member_id);

alter table member
    -- With whom they share what they make, unless they say otherwise: ids of groups.
    add column default_readers bigint[] not null default '{0}',
    -- When they left or were removed; what they made stays theirs.
    add column removed timestamptz;

-- Who sees a thing, who of them may change it, and who may share it further: ids of groups, in order.
alter table saved_query
    add column readers bigint[] not null default '{0}',
    add column writers bigint[] not null default '{}',
    add column sharers bigint[] not null default '{}';
alter table run
    add column readers bigint[] not null default '{0}',
    add column writers bigint[] not null default '{}',
    add column sharers bigint[] not null default '{}';
create index saved_query_owner on saved_query (owner_id, id desc);
create index run_starter on run (started_by, id desc);
alter table target
    add column readers bigint[] not null default '{0}',
    add column writers bigint[] not null default '{0}',
    add column sharers bigint[] not null default '{}';
create index target_creator on target (created_by, id desc);
-- Few things are not the team's: those who look for them need not walk over all others.
create index target_of_groups on target using gin (readers) where readers <> '{0}';

-- The rule who may see and change, in one place. `me` is the member, `mine` the groups for which they may look.
create function may_read(owner bigint, readers bigint[], me bigint, mine bigint[]) returns boolean
    language sql immutable parallel safe
    as $$ select owner = me or readers && mine $$;
-- `holders` are those who have the right in question: writers, sharers, or nobody (to delete).
create function may_change(
    owner bigint, readers bigint[], holders bigint[], me bigint, mine bigint[], is_admin boolean
) returns boolean
    language sql immutable parallel safe
    as $$ select owner = me or (readers && mine and (is_admin or holders && mine)) $$;
-- Whether a list of "mine", "groups" or "all" shows a thing.
create function is_of(whose text, owner bigint, readers bigint[], me bigint, own bigint[]) returns boolean
    language sql immutable parallel safe
    as $$ select case whose when 'mine' then owner = me when 'groups' then readers && own else true end $$;

-- Names are unique among those who see the same targets: nobody learns from a refusal what others keep to themselves.
create function realm_of(owner bigint, readers bigint[]) returns text
    language sql immutable parallel safe
    as $$
        select case
            when 0 = any (readers) then 'team'
            when readers = '{}' then 'member ' || owner
            else 'groups ' || array_to_string(readers, ',')
        end
    $$;
alter table target add column realm text not null generated always as (realm_of(created_by, readers)) stored;
alter table target add constraint target_realm_key unique (id, realm);
alter table target_name add column realm text not null default 'team';
alter table target_name alter column realm drop default;
alter table target_name
    drop constraint target_name_key,
    drop constraint target_name_target_id_fkey,
    add constraint target_name_key unique (name_key, realm),
    add constraint target_name_of_target foreign key (target_id, realm)
        references target (id, realm) on delete cascade on update cascade;

-- What was done, by whom, to what: rows are added and never changed.
create table history (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    actor_id bigint references member,
    actor text not null,
    -- The token by which it was done; null for the pages.
    token_id bigint,
    action text not null,
    kind text not null,
    object_id bigint,
    name text not null,
    detail jsonb
);
create index history_of_object on history (kind, object_id, id desc);
create index history_of_actor on history (actor_id, id desc);
create index history_of_action on history (action, id desc);
create function history_stays() returns trigger language plpgsql
    as $$ begin raise exception 'the history is only added to'; end $$;
create trigger history_is_append_only before update or delete or truncate on history
    for each statement execute function history_stays();

-- Keys for programs. What the token is nobody can read here.
create table api_token (
    id bigint generated always as identity primary key,
    member_id bigint not null references member on delete cascade,
    name text not null,
    -- SHA-256 of the token
    token_hash bytea not null constraint api_token_key unique,
    may_write boolean not null,
    created timestamptz not null default now(),
    expires timestamptz not null,
    last_used timestamptz,
    revoked timestamptz
);
create index api_token_of_member on api_token (member_id, id desc);

-- An invitation is for an address or for whoever has its link.
alter table invitation
    alter column email drop not null,
    -- SHA-256 of what the link holds
    add column link_hash bytea constraint invitation_link_key unique,
    add column expires timestamptz,
    add constraint invitation_for_somebody check ((email is null) <> (link_hash is null));
alter table sign_in_attempt add column invitation_hash bytea;
