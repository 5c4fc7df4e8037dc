//! Pub/Sub's subscriptions of a member.

pub(in crate::web) mod detail;
pub(in crate::web) mod list;
mod row;
