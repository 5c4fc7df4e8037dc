//! A team that shares: roles, groups, rights, invitations, keys for programs, the history.

mod dice;
mod history;
mod invitations;
mod matrix;
mod people;
mod races;
mod rights;
mod rules;
mod targets;
mod tokens;
mod world;
