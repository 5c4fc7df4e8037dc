//! Every address of ours, as a function of what it is about.

use url::form_urlencoded;

use crate::domain::{alert::Survey, history::Kind};

/// Files of the pages.
pub(crate) const STATIC: &str = "/static/";
/// What machines that watch ask for: whether the process lives.
pub(crate) const HEALTH: &str = "/healthz";
/// Whether it can work.
pub(crate) const READINESS: &str = "/readyz";
/// Everything that programs ask for.
pub(crate) const API: &str = "/api/";
/// Their description, for people.
pub(crate) const API_DOCS: &str = "/api/docs/";
/// The saved queries, for programs.
pub(crate) const API_QUERIES: &str = "/api/queries/";
/// The runs, for programs.
pub(crate) const API_RUNS: &str = "/api/runs/";
/// The targets, for programs.
pub(crate) const API_TARGETS: &str = "/api/targets/";
/// Where the theme is chosen.
pub(crate) const THEME: &str = "/theme/";
/// What is about oneself: signing in, one's connection, tokens.
pub(crate) const ACCOUNTS: &str = "/accounts/";
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
/// What was done, by whom.
pub(crate) const HISTORY: &str = "/team/history/";
/// The same as a file.
pub(crate) const HISTORY_EXPORT: &str = "/team/history/export/";
/// The members.
pub(crate) const TEAM: &str = "/team/";
/// Before every page of queries.
pub(crate) const QUERY_PAGES: &str = "/alerts/query/";
/// "Query a Broker".
pub(crate) const QUERIES: &str = "/alerts/query/list/";
/// An empty query form.
pub(crate) const NEW_QUERY: &str = "/alerts/query/create/";
/// A query's statement and cost.
pub(crate) const PREVIEW: &str = "/alerts/query/preview/";
/// How a form reads what is typed.
pub(crate) const ECHO: &str = "/alerts/query/echo/";
/// Before the pages that answered what somebody sent.
pub(crate) const ANSWERS: &str = "/answers/";
/// Where alerts are saved as targets.
pub(crate) const SAVE_ALERTS: &str = "/alerts/alert/create/";
/// The runs.
pub(crate) const RUNS: &str = "/runs/";
/// The runs that wait for their turn.
pub(crate) const QUEUED_RUNS: &str = "/runs/?state=queued";
/// The targets.
pub(crate) const TARGETS: &str = "/targets/";
/// An empty target form.
pub(crate) const NEW_TARGET: &str = "/targets/create/";
/// How a target's form, and the search for targets, read what is typed.
pub(crate) const TARGET_ECHO: &str = "/targets/echo/";
/// Pub/Sub's subscriptions.
pub(crate) const SUBSCRIPTIONS: &str = "/subscriptions/";

/// Whether a path is the API's: what is answered there is JSON, and tokens are taken.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with(API) && path != API_DOCS
}

/// Where the form of a query or a target that is not there any more can be saved as a new one.
pub(crate) fn anew(path: &str) -> Option<&'static str> {
    let is_update = path.ends_with("/update/");
    match path {
        PREVIEW => Some(NEW_QUERY),
        _ if is_update && path.starts_with(QUERY_PAGES) => Some(NEW_QUERY),
        _ if is_update && path.starts_with(TARGETS) => Some(NEW_TARGET),
        _ => None,
    }
}

/// The place in a form that says why it cannot be run yet.
pub(crate) fn told_in(form: &str) -> String {
    format!("{form}#not-yet")
}

/// Where the pages about a query, a run or a target live.
pub(crate) fn of(kind: Kind, id: i64) -> String {
    match kind {
        Kind::Query => query(id, ""),
        Kind::Run => run(id),
        _ => target(id),
    }
}

/// A page about a query, a run or a target: `share/`, `history/`.
pub(crate) fn page_of(kind: Kind, id: i64, page: &str) -> String {
    format!("{}{page}", of(kind, id))
}

/// A query string that starts with `?`, without the names whose value is empty; nothing if none is left.
pub(crate) fn query_string(pairs: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        text.append_pair(name, value);
    }
    let text = text.finish();
    if text.is_empty() { text } else { format!("?{text}") }
}

/// The same of values that were put together.
pub(crate) fn query_string_of(pairs: &[(&'static str, String)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    query_string(&pairs)
}

/// An empty form of a backend.
pub(crate) fn new_query(broker_id: &str) -> String {
    format!("{NEW_QUERY}?broker={broker_id}")
}

/// A page of a query: `update/`, `copy/`, `run/`, `delete/`, …
pub(crate) fn query(id: i64, page: &str) -> String {
    format!("{QUERY_PAGES}{id}/{page}")
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
    run_page(id, "")
}

/// What belongs to a run: `cancel/`, `progress/`, `unreadable/`, …
pub(crate) fn run_page(id: i64, page: &str) -> String {
    format!("{RUNS}{id}/{page}")
}

/// A page that answered what somebody sent.
pub(crate) fn answer(id: i64) -> String {
    format!("{ANSWERS}{id}/")
}

/// What became of alerts of a run that somebody saved.
pub(crate) fn save_report(run_id: i64, id: i64) -> String {
    run_page(run_id, &format!("saves/{id}/"))
}

/// What belongs to a run, for programs: `alerts/`, `unreadable/`, …
pub(crate) fn api_run_page(id: i64, page: &str) -> String {
    format!("{API_RUNS}{id}/{page}")
}

/// A packet that a run could not read; `json/`: what is in it.
pub(crate) fn unreadable(run_id: i64, id: i64, page: &str) -> String {
    run_page(run_id, &format!("unreadable/{id}/{page}"))
}

/// An alert.
pub(crate) fn alert(survey: Survey, source_id: i64) -> String {
    alert_page(survey, source_id, "")
}

/// What belongs to an alert: `packet/`, `json/`.
pub(crate) fn alert_page(survey: Survey, source_id: i64, page: &str) -> String {
    format!("/alerts/{}/{source_id}/{page}", survey.id())
}

/// A target.
pub(crate) fn target(id: i64) -> String {
    target_page(id, "")
}

/// A page of a target: `update/`, `delete/`.
pub(crate) fn target_page(id: i64, page: &str) -> String {
    format!("{TARGETS}{id}/{page}")
}

/// The alerts of a target, for programs.
pub(crate) fn api_target_alerts(id: i64) -> String {
    format!("{API_TARGETS}{id}/alerts/")
}

/// A subscription, by its name.
pub(crate) fn subscription(name: &str) -> String {
    let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    format!("{SUBSCRIPTIONS}{name}/")
}

/// What belongs to a subscription: `peek/`, `seek/`, `delete/`.
pub(crate) fn subscription_page(name: &str, page: &str) -> String {
    format!("{}{page}", subscription(name))
}

/// A group of the team.
pub(crate) fn group(id: i64) -> String {
    group_page(id, "")
}

/// What belongs to a group: `add/`, `remove/`, `delete/`.
pub(crate) fn group_page(id: i64, page: &str) -> String {
    format!("/team/groups/{id}/{page}")
}

/// What is done with a member: `role/`, `remove/`.
pub(crate) fn member_page(id: i64, page: &str) -> String {
    format!("/team/members/{id}/{page}")
}

/// Where an invitation is taken back.
pub(crate) fn invitation_removal(id: i64) -> String {
    format!("/team/invitations/{id}/delete/")
}

/// Where a token is made void.
pub(crate) fn token_revocation(id: i64) -> String {
    format!("{TOKENS}{id}/revoke/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_odd_names_lead_back_to_them() {
        assert_eq!(subscription("a+b%c~d"), "/subscriptions/a%2Bb%25c%7Ed/");
    }

    #[test]
    fn query_strings_are_escaped_and_leave_out_what_is_empty() {
        assert_eq!(query_string(&[]), "");
        assert_eq!(query_string(&[("name", "")]), "");
        assert_eq!(query_string(&[("arg1", "val1"), ("arg2", "val2")]), "?arg1=val1&arg2=val2");
        assert_eq!(
            query_string(&[("order", "-mag"), ("name", ""), ("q", "a&b=c ")]),
            "?order=-mag&q=a%26b%3Dc+"
        );
    }
}
