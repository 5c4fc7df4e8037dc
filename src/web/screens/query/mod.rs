//! Stored queries: their list, form and preview, and their listeners.

pub(in crate::web) mod actions;
mod before_run;
pub(in crate::web) mod draft;
pub(in crate::web) mod echo;
pub(in crate::web) mod form;
pub(in crate::web) mod form_page;
pub(in crate::web) mod list;
pub(in crate::web) mod list_columns;
pub(in crate::web) mod listener;
pub(in crate::web) mod listener_actions;
pub(in crate::web) mod listener_days;
pub(in crate::web) mod listener_state;
pub(in crate::web) mod prefilled;
pub(in crate::web) mod preview;
pub(in crate::web) mod sent_form;
mod services;
pub(in crate::web) mod upload;
mod upload_form;
