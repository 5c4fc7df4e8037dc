//! What is around every page: navigation, notes, errors, static files, and how a request is read.

pub(super) mod assets;
pub(super) mod chrome;
pub(super) mod confirm;
pub(super) mod context;
pub(super) mod error;
pub(super) mod error_page;
pub(super) mod extract;
pub(super) mod flash;
pub(super) mod json_members;
pub(super) mod page_query;
pub(super) mod parameters;
pub(super) mod shown_once;
pub(super) mod site;
pub(super) mod theme_switch;
