//! The connection to Google, as the profile shows it: how it stands, rights, tests.

use chrono::{DateTime, Utc};

use crate::{
    actions::connection_test::Tested,
    brokers::Brokers,
    domain::grant::{GoogleRight, Grant, GrantState},
    web::{
        door::consent::connect_url,
        paths,
        widgets::{
            controls::{ButtonLook, Fact, Link, PostButton},
            words::{link, moment, post_button},
        },
    },
};

/// The connection to Google.
#[derive(Clone, Debug)]
pub(super) struct ConnectionPanel {
    pub(super) class: &'static str,
    /// How it stands, in two or three words.
    pub(super) state: String,
    pub(super) sentences: Vec<String>,
    pub(super) facts: Vec<Fact>,
    /// Each right, whether it is granted, and what needs it.
    pub(super) rights: Vec<RightRow>,
    /// What a test has found, a line each.
    pub(super) tests: Vec<TestResult>,
    pub(super) buttons: Vec<PostButton>,
    pub(super) disconnect: Option<Link>,
}

/// A right at Google.
#[derive(Clone, Debug)]
pub(super) struct RightRow {
    pub(super) service: String,
    pub(super) in_words: String,
    pub(super) needed_by: String,
    pub(super) is_granted: bool,
    /// Where to grant it (again).
    pub(super) connect: Link,
}

/// What a harmless call has brought.
#[derive(Clone, Debug)]
pub(super) struct TestResult {
    pub(super) is_good: bool,
    pub(super) sentence: String,
}

pub(super) fn connection_panel(
    grant: Option<&Grant>,
    service_account: Option<String>,
    brokers: &Brokers,
    tests: Vec<Tested>,
    now: DateTime<Utc>,
) -> ConnectionPanel {
    let tests = tests
        .into_iter()
        .map(|test| TestResult {
            is_good: test.outcome.is_ok(),
            sentence: match test.outcome {
                Ok(sentence) | Err(sentence) => sentence,
            },
        })
        .collect();
    let test_button = post_button(
        "Test now",
        paths::CONNECTION_TEST.to_owned(),
        ButtonLook::Plain,
        "",
        Vec::new(),
    );
    if let Some(account) = service_account {
        return ConnectionPanel {
            class: "is-good",
            state: "service account".to_owned(),
            sentences: vec![format!(
                "All runs use the service account of this deployment, {account}. Your own account is not needed; each run says so."
            )],
            facts: Vec::new(),
            rights: Vec::new(),
            tests,
            buttons: vec![test_button],
            disconnect: grant.map(|_| link("Disconnect my own account", paths::DISCONNECT)),
        };
    }
    let (class, state, sentence) = standing(grant);
    ConnectionPanel {
        class,
        state,
        sentences: vec![sentence],
        facts: grant.map(|grant| grant_facts(grant, now)).unwrap_or_default(),
        rights: GoogleRight::ALL
            .into_iter()
            .filter_map(|scope| right_row(scope, grant, brokers))
            .collect(),
        tests,
        buttons: grant.map(|_| test_button).into_iter().collect(),
        disconnect: grant.map(|_| link("Disconnect", paths::DISCONNECT)),
    }
}

fn standing(grant: Option<&Grant>) -> (&'static str, String, String) {
    match grant {
        None => (
            "is-plain",
            "not connected".to_owned(),
            "Connect to query streams and databases at Google as yourself. Archives need no connection."
                .to_owned(),
        ),
        Some(Grant { state: GrantState::NeedsSignIn(why), .. }) => (
            "is-warning",
            "needs sign-in".to_owned(),
            format!("Google no longer renews the connection ({why}). It may have been revoked in the Google account, have expired, or be forbidden by the organisation. Connect again; nothing is lost."),
        ),
        Some(grant) if grant.scopes.is_empty() => (
            "is-plain",
            "nothing granted".to_owned(),
            format!("{} is known to Google, but has granted nothing yet.", grant.email),
        ),
        Some(grant) => (
            "is-good",
            "connected".to_owned(),
            format!("Connected as {}. Tokens renew themselves; you are not asked again.", grant.email),
        ),
    }
}

fn grant_facts(grant: &Grant, now: DateTime<Utc>) -> Vec<Fact> {
    let fact = |label: &str, at: Option<DateTime<Utc>>, absent: &str| {
        let time = at.map(|at| moment(at, now));
        Fact {
            label: label.to_owned(),
            value: time.as_ref().map_or(absent.to_owned(), |time| format!("{} UTC", time.utc)),
            note: time.and_then(|time| time.age),
            copy: None,
        }
    };
    let mut facts = vec![
        fact("Granted", Some(grant.granted), ""),
        fact("Last renewed", grant.last_refresh, "not yet"),
    ];
    // A token that cannot be renewed is of no interest any more.
    if grant.state == GrantState::Connected {
        facts.push(fact("Token expires", grant.access_expires, "none"));
    }
    if let Some((error, at)) = &grant.last_error {
        let note = Some(format!("{} UTC", moment(*at, now).utc));
        facts.push(Fact { label: "Last error".to_owned(), value: error.clone(), note, copy: None });
    }
    facts
}

/// A right, if some backend needs it or it was granted.
fn right_row(scope: GoogleRight, grant: Option<&Grant>, brokers: &Brokers) -> Option<RightRow> {
    let needed_by: Vec<&str> = brokers
        .all()
        .filter(|broker| broker.needed_right() == Some(scope))
        .map(|broker| broker.name())
        .collect();
    let is_granted = grant.is_some_and(|grant| grant.allows(scope));
    if needed_by.is_empty() && !is_granted {
        return None;
    }
    Some(RightRow {
        service: scope.name().to_owned(),
        in_words: scope.in_words().to_owned(),
        needed_by: needed_by.join(", "),
        is_granted,
        connect: link(
            if is_granted { "Reconnect" } else { "Connect" },
            connect_url(scope, paths::PROFILE),
        ),
    })
}
