-- Results sort by the number of detections: a column and two indexes, as for each that may be absent.
alter table run_alert add column ndethist double precision;
update run_alert l set ndethist = a.ndethist from alert a where a.id = l.alert_id;
create index run_alert_ndethist_up on run_alert (run_id, coalesce(ndethist, 'infinity'::float8), alert_id);
create index run_alert_ndethist_down on run_alert (run_id, coalesce(ndethist, '-infinity'::float8), alert_id);
