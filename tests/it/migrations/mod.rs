//! Migrations: how their files are named, what rows they bring across, and which databases a version starts on.

mod before_first_release;
mod crossing;
mod files;
mod rows;
mod starting;
