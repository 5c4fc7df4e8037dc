//! The rules of the code's layout, as tests: which layer may use which, how files open, and that whatever shows or changes
//! the team's data asks who wants it. They read the sources; `reader.rs` says how. And what readers of the documents rely on.
#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod backends;
mod calls;
mod circles;
mod deployment;
mod documents;
mod files;
mod functions;
mod layers;
mod lengths;
mod migrations;
mod paths;
mod patience;
mod reader;
mod statements;
mod storage;
mod team_data;
mod transactions;
mod tree;
mod web;
