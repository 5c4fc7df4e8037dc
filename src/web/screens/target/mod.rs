//! Targets: their list, one of them, its form.

pub(in crate::web) mod detail;
pub(in crate::web) mod echo;
pub(in crate::web) mod form;
pub(in crate::web) mod list;
