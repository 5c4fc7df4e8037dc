//! An alert: what it is, how it looks, its history.

pub(in crate::web) mod detail;
pub(in crate::web) mod facts;
pub(in crate::web) mod history;
