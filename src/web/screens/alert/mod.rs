//! An alert: what it is, how it looks, its history.

pub(in crate::web) mod detail;
mod facts;
mod found_by;
mod history;
mod surroundings;
