//! The pages: one file each, with the name of its view and template.

pub(super) mod alert;
mod alert_facts;
mod alert_history;
pub(super) mod callback;
pub(super) mod connect;
mod form_view;
pub(super) mod home;
pub(super) mod login;
pub(super) mod profile;
pub(super) mod query_actions;
pub(super) mod query_form;
pub(super) mod query_list;
pub(super) mod query_parameters;
pub(super) mod query_preview;
pub(super) mod run;
pub(super) mod run_list;
mod run_progress;
mod run_results;
pub(super) mod save_targets;
pub(super) mod selection;
pub(super) mod target;
pub(super) mod target_form;
pub(super) mod target_list;
pub(super) mod team;
pub(super) mod theme;
pub(super) mod unreadable;
pub(super) mod upload;
