-- Rows of the first release, at least one in each table: every migration meets them.

insert into member (name, email, issuer, subject, role, google_project) values
    ('ada', 'ada@obs.example', 'i', 'ada', 'member', 'adas-project'),
    ('vera', 'vera@obs.example', 'i', 'vera', 'viewer', null);
insert into team_group (name, created_by) values ('novae', 1);
insert into team_group_member (group_id, member_id, is_leader) values (1, 1, true), (1, 2, false);
insert into invitation (email, role, invited_by) values ('guest@mail.example', 'member', 1);
insert into invitation (link_hash, role, invited_by, expires) values ('\x01', 'viewer', 1, '2026-03-01');

insert into sign_in_attempt (state_hash, browser_hash, key_id, secrets, next)
    values ('\x02', '\x03', 'k', '\x04', '/targets/');
insert into session (token_hash, member_id, browser, expires) values ('\x05', 1, 'Firefox on Linux', '2026-03-01');
insert into api_token (member_id, name, token_hash, may_write, expires)
    values (1, 'nightly', '\x06', true, '2026-03-01');
insert into google_credential (member_id, email, key_id, refresh_token, scopes)
    values (1, 'ada@obs.example', 'k', '\x07', '{pubsub,bigquery}');
insert into form_draft (member_id, broker, query_name, parameters) values (1, 'archive', 'q', '{"folder": "night"}');

insert into saved_query (name, broker, parameters, owner_id)
    select 'q' || n, 'archive', '{}', 1 from generate_series(1, 20) n;
insert into listener (saved_query_id, started_by) values (1, 1);
insert into run (saved_query_id, query_name, broker, parameters, started_by, state, instance, listener_id, day)
    values (1, 'q1', 'archive', '{}', 1, 'finished', 'x', 1, '2026-02-01');
insert into run (saved_query_id, query_name, broker, parameters, started_by, state, instance)
    select n, 'q' || n, 'archive', '{}', 1, 'finished', 'x' from generate_series(2, 20) n;
insert into run_log (run_id, level, message) values (1, 'info', 'It ends.');

insert into alert (survey, source_id, object_id, object_key, jd, ra, dec, healpix, mag, band)
    select 'ztf', n, 'ZTF' || n, 'ztf' || n, 2461000.5, n, 0, n, 18.5, 'g' from generate_series(1, 2) n;
insert into packet_head (bytes) values ('\x4f626a01');
insert into alert_packet (alert_id, format, schema_version, head_id, bytes)
    values (1, 'avro', '4.02', 1, '\x08'), (2, 'avro', '4.02', null, '\x09');
insert into run_alert (run_id, alert_id, jd, object_id, ra, dec, mag)
    select 1, id, jd, object_id, ra, dec, mag from alert;
insert into run_selection (run_id, member_id, alert_id) values (1, 2, 1);
insert into unreadable (run_id, origin, message_id, error, bytes) values (1, 'stream', 'm1', 'no Avro', '\x00');

insert into target (ra, dec, healpix, created_by) select n, 0, 1, 1 from generate_series(1, 300) n;
insert into target_name (target_id, name, name_key, is_primary, realm)
    select n, 'ZTF' || n, 'ztf' || n, true, 'team' from generate_series(1, 300) n;
insert into target_name (target_id, name, name_key, is_primary, realm)
    select n, 'SN' || n, 'sn' || n, false, 'team' from generate_series(1, 300) n;
insert into target_alert (target_id, alert_id, run_id, saved_by) values (1, 1, 1, 1);

insert into bigquery_spending (run_id, member_id, estimated_bytes, reserved_bytes) values (2, 1, 1000, 2000);
insert into bigquery_check (member_id) values (1);
insert into history (actor_id, actor, action, kind, object_id, name) values (1, 'ada', 'made', 'target', 1, 'ZTF1');
