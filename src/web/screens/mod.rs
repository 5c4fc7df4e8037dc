//! The pages: a folder a subject; a file has a page's template, its builder, its handlers and its tests.

pub(super) mod account;
pub(super) mod alert;
pub(super) mod home;
pub(super) mod query;
pub(super) mod run;
pub(super) mod shared;
pub(super) mod subscription;
pub(super) mod target;
pub(super) mod team;
