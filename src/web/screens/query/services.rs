//! What the pages of queries ask.

use axum::extract::{FromRequestParts, State};

use crate::{
    actions::runs::Runner,
    brokers::Brokers,
    clock::Clock,
    storage::Storage,
    web::{AppState, state::Accounts},
};

/// What it takes to draw a form, and to do what its buttons say.
#[derive(FromRequestParts)]
#[from_request(state(AppState))]
pub(in crate::web) struct Services {
    #[from_request(via(State))]
    pub(super) storage: Storage,
    #[from_request(via(State))]
    pub(super) brokers: Brokers,
    #[from_request(via(State))]
    pub(super) clock: Clock,
    #[from_request(via(State))]
    pub(super) runner: Runner,
    pub(super) accounts: Option<Accounts>,
}
