-- A container begins with its schema, a fifth of a packet's bytes, the same in all packets of a night: it is kept once.
create table packet_head (
    id bigint generated always as identity primary key,
    bytes bytea not null
);
create unique index packet_head_once on packet_head (sha256(bytes));
-- Rows of this table are never removed, and a batch makes sure that those it names are there. A foreign key would lock
-- the one row that all packets name, once for each of them.
alter table alert_packet
    -- What stands before `bytes` in the packet; null where `bytes` is all of it.
    add column head_id bigint;
