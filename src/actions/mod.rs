//! What a user does across the layers: run a query, save targets.

mod check_query;
mod query_budget;
pub mod run_query;
mod run_work;
pub mod save_targets;
