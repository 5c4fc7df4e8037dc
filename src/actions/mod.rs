//! What a user does across the layers: run a query, save targets.

pub mod run_query;
mod run_work;
pub mod save_targets;
