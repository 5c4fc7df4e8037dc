-- The transport's id of a message: one that comes again is set aside once. Files have none.
alter table unreadable add column message_id text;
create unique index unreadable_message_key on unreadable (run_id, message_id);
