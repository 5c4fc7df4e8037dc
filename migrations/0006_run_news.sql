-- Whoever looks at a run that goes on is told of each change, on whichever replica they are.
create function tell_of_run() returns trigger language plpgsql
    as $$ begin perform pg_notify('run_news', new.id::text); return null; end $$;
create function tell_of_run_log() returns trigger language plpgsql
    as $$ begin perform pg_notify('run_news', new.run_id::text); return null; end $$;
-- Not with each heartbeat.
create trigger run_is_told after update of
    state, cancel_requested, batch_number, acknowledged, feedback, acts_as, readers on run
    for each row execute function tell_of_run();
create trigger run_log_is_told after insert on run_log
    for each row execute function tell_of_run_log();
