//! What a user does across the layers: sign in, connect to Google, run a query, save targets.

pub mod connection_test;
pub mod credentials;
pub mod estimate_query;
pub mod grants;
pub mod listen;
mod query_budget;
mod retrying;
mod run_keeping;
pub mod run_limits;
mod run_log;
pub mod run_query;
mod run_queue;
mod run_watch;
mod run_work;
pub mod runner_settings;
pub mod save_targets;
pub mod sign_in;
pub mod subscriptions;
