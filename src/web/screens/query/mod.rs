//! Stored queries: their list, form and preview, and their listeners.

pub(in crate::web) mod actions;
mod draft;
pub(in crate::web) mod form;
mod form_page;
pub(in crate::web) mod list;
pub(in crate::web) mod listener;
pub(in crate::web) mod listener_actions;
mod listener_days;
mod listener_state;
pub(in crate::web) mod preview;
pub(in crate::web) mod upload;
