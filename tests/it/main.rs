//! The service from outside: a real server, a real database, requests as browsers and scripts send them.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod answer;
mod api;
mod archive;
mod bigquery_double;
mod bigquery_emulator;
mod database;
mod databases;
mod dev;
mod google_double;
mod guard;
mod keeping_ahead;
mod listening;
mod mended;
mod migrations;
mod nights;
mod packet_heads;
mod publish;
mod pubsub_double;
mod pubsub_emulator;
mod queries;
mod restart;
mod results;
mod rolling_restart;
mod run_queue;
mod runs;
mod sign_in;
mod stream_client;
mod stream_rest;
mod stream_stage;
mod subscriptions;
mod support;
mod targets;
mod team;
mod timing;
