//! Runs: their list, one with its progress and results, and saving results as targets.

pub(in crate::web) mod detail;
pub(in crate::web) mod events;
pub(in crate::web) mod list;
mod results;
pub(in crate::web) mod save;
pub(in crate::web) mod save_report;
pub(in crate::web) mod selection;
pub(in crate::web) mod unreadable;
