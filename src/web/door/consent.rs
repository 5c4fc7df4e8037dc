//! Before a run that acts as its member: has the member granted what it needs?

use axum::response::{IntoResponse, Redirect, Response};

use crate::{
    brokers::Broker,
    domain::{grant::GoogleRight, visitor::Visitor},
    web::{paths, state::Accounts},
};

/// The right that a visitor has to grant before a backend can run as them.
pub(crate) fn lacking(
    accounts: Option<&Accounts>,
    visitor: &Visitor,
    broker: &dyn Broker,
) -> Option<GoogleRight> {
    accounts?.credentials.lacking(visitor, broker.needed_right())
}

/// Sends the browser to the page that says what is needed, and from there back to `next`.
pub(crate) fn ask_to_connect(scope: GoogleRight, next: &str) -> Response {
    Redirect::to(&connect_url(scope, next)).into_response()
}

/// The page that says what a right is for.
pub(crate) fn connect_url(scope: GoogleRight, next: &str) -> String {
    format!("{}{}", paths::CONNECT, paths::query_string(&[("scope", scope.id()), ("next", next)]))
}
