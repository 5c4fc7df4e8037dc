//! Every address of ours, as a function of what it is about.

use crate::domain::{alert::Survey, history::Kind};

/// Where one signs in.
pub(crate) const SIGN_IN: &str = "/accounts/login/";
/// Where one signs out.
pub(crate) const SIGN_OUT: &str = "/accounts/logout/";
/// Where the provider sends browsers back to.
pub(crate) const CALLBACK: &str = "/accounts/callback/";
/// Where a member connects their Google account.
pub(crate) const CONNECT: &str = "/accounts/connect/";
/// Where they take it back.
pub(crate) const DISCONNECT: &str = "/accounts/disconnect/";
/// Where the connection is tried.
pub(crate) const CONNECTION_TEST: &str = "/accounts/test/";
/// Where sessions are ended.
pub(crate) const END_SESSION: &str = "/accounts/sessions/end/";
/// One's own page.
pub(crate) const PROFILE: &str = "/accounts/profile/";
/// One's tokens for the API.
pub(crate) const TOKENS: &str = "/accounts/tokens/";
/// Before the secret of an invitation by link.
pub(crate) const JOIN: &str = "/accounts/join/";
/// The members.
pub(crate) const TEAM: &str = "/team/";
/// "Query a Broker".
pub(crate) const QUERIES: &str = "/alerts/query/list/";
/// An empty query form.
pub(crate) const NEW_QUERY: &str = "/alerts/query/create/";
/// A query's statement and cost.
pub(crate) const PREVIEW: &str = "/alerts/query/preview/";
/// Where alerts are saved as targets.
pub(crate) const SAVE_ALERTS: &str = "/alerts/alert/create/";
/// The runs.
pub(crate) const RUNS: &str = "/runs/";
/// The targets.
pub(crate) const TARGETS: &str = "/targets/";
/// An empty target form.
pub(crate) const NEW_TARGET: &str = "/targets/create/";
/// Pub/Sub's subscriptions.
pub(crate) const SUBSCRIPTIONS: &str = "/subscriptions/";

/// Where the pages about a query, a run or a target live.
pub(crate) fn of(kind: Kind, id: i64) -> String {
    match kind {
        Kind::Query => query(id, ""),
        Kind::Run => run(id),
        _ => target(id),
    }
}

/// A page of a query: `update/`, `copy/`, `run/`, `delete/`, …
pub(crate) fn query(id: i64, page: &str) -> String {
    format!("/alerts/query/{id}/{page}")
}

/// Where files for a backend's archives are sent to.
pub(crate) fn upload(broker_id: &str) -> String {
    format!("/alerts/{broker_id}/upload/")
}

/// The form of a query.
pub(crate) fn query_form(id: i64) -> String {
    query(id, "update/")
}

/// The listener of a query.
pub(crate) fn listener(query_id: i64) -> String {
    query(query_id, "listener/")
}

/// A run.
pub(crate) fn run(id: i64) -> String {
    format!("{RUNS}{id}/")
}

/// An alert.
pub(crate) fn alert(survey: Survey, source_id: i64) -> String {
    format!("/alerts/{}/{source_id}/", survey.id())
}

/// A target.
pub(crate) fn target(id: i64) -> String {
    format!("{TARGETS}{id}/")
}
