-- Two who change one saved query at once: the second must learn of the first.
alter table saved_query add column version bigint not null default 1;
