//! Pages about coming in: sign-in, refusals, connection, profile, a form that waits.

use super::{
    super::{
        account::{
            ConnectPage, ConnectionPanel, LoginPage, ProfilePage, RefusedPage, RightRow,
            SessionRow, SharingDefault, TestResult, TryAgain,
        },
        chrome::{Chrome, Section},
        controls::{ButtonLook, HiddenValue},
        send_again::SendAgainPage,
    },
    HOSTILE, Sample,
    frame::{button, chrome, fact, link, team_chrome, time},
    sample,
};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        sample("sign-in", &login(None)),
        sample("sign-in on the way elsewhere", &login(Some("/runs/318/?order=-mag".into()))),
        sample("no access", &refused(Some(again()))),
        sample("refused with nothing to try", &refused(None)),
        sample("connect", &connect(false)),
        sample("connect with a form that waits", &connect(true)),
        sample(
            "profile, not connected",
            &profile(ConnectionPanel { rights: vec![right(false)], ..panel() }),
        ),
        sample("profile, connected and tested", &tested_profile()),
        sample("a form that waits", &send_again()),
    ]
}

fn outside() -> Chrome {
    Chrome { user: None, ..chrome(Section::Elsewhere) }
}

fn hidden(name: &str, value: &str) -> HiddenValue {
    HiddenValue { name: name.into(), value: value.into() }
}

fn login(wanted: Option<String>) -> LoginPage {
    let next = wanted.clone().unwrap_or_else(|| "/".into());
    LoginPage { chrome: outside(), provider: "Google".into(), next, wanted }
}

fn again() -> TryAgain {
    TryAgain {
        label: "Use another account".into(),
        action: "/accounts/login/".into(),
        hidden: vec![hidden("next", "/runs/318/")],
    }
}

fn refused(again: Option<TryAgain>) -> RefusedPage {
    RefusedPage {
        chrome: outside(),
        title: "No access yet".into(),
        sentences: vec![format!("The account {HOSTILE} may not enter here yet.")],
        again,
        links: vec![link("Start page", "/")],
    }
}

fn connect(keeps_form: bool) -> ConnectPage {
    ConnectPage {
        chrome: team_chrome(Section::Elsewhere),
        service: "Pub/Sub".into(),
        right: "see and manage your Pub/Sub subscriptions and read their messages".into(),
        email: HOSTILE.into(),
        keeps_form,
        hidden: vec![hidden("scope", "pubsub"), hidden("next", "/runs/318/")],
        cancel: link("Not now", "/runs/318/"),
    }
}

fn panel() -> ConnectionPanel {
    ConnectionPanel {
        class: "is-plain",
        state: "not connected".into(),
        sentences: vec!["Streams run as you once you connect.".into()],
        facts: vec![],
        rights: vec![],
        tests: vec![],
        buttons: vec![],
        disconnect: None,
    }
}

fn right(is_granted: bool) -> RightRow {
    RightRow {
        service: "Pub/Sub".into(),
        in_words: "see and manage your Pub/Sub subscriptions".into(),
        needed_by: "Pitt-Google StreamRest".into(),
        is_granted,
        connect: link("Connect", "/accounts/connect/?scope=pubsub"),
    }
}

fn session(is_this: bool) -> SessionRow {
    SessionRow {
        browser: "Firefox on Linux".into(),
        created: time("03:10:00", "2 h ago"),
        last_seen: time("05:10:00", "just now"),
        is_this,
        end: (!is_this).then(|| {
            button("End", "/accounts/sessions/end/", ButtonLook::Plain, "the session of Firefox")
        }),
    }
}

fn profile(connection: ConnectionPanel) -> ProfilePage {
    ProfilePage {
        chrome: team_chrome(Section::Elsewhere),
        name: "Ada Lovelace".into(),
        facts: vec![fact("", "ada@obs.example", "", false), fact("", "admin", "", false)],
        connection,
        project: String::new(),
        project_error: None,
        default_project: None,
        sharing: vec![
            SharingDefault { id: 0, name: "The whole team".into(), is_chosen: true },
            SharingDefault { id: 3, name: HOSTILE.into(), is_chosen: false },
        ],
        sessions: vec![session(true)],
        end_others: None,
    }
}

fn tested_profile() -> ProfilePage {
    let result = |is_good, sentence: &str| TestResult { is_good, sentence: sentence.into() };
    let connection = ConnectionPanel {
        class: "is-good",
        state: "connected".into(),
        facts: vec![fact("Last error", HOSTILE, "2026-11-23 05:10:00 UTC", false)],
        rights: vec![right(true)],
        tests: vec![result(true, "Pub/Sub answers."), result(false, HOSTILE)],
        buttons: vec![button("Test now", "/accounts/test/", ButtonLook::Plain, "")],
        disconnect: Some(link("Disconnect", "/accounts/disconnect/")),
        ..panel()
    };
    ProfilePage {
        name: HOSTILE.into(),
        project: HOSTILE.into(),
        project_error: Some("Enter the id of a Google Cloud project.".into()),
        default_project: Some("my-proj".into()),
        sessions: vec![session(true), session(false)],
        end_others: Some(button(
            "Sign out everywhere else",
            "/accounts/sessions/end/",
            ButtonLook::Danger,
            "",
        )),
        ..profile(connection)
    }
}

fn send_again() -> SendAgainPage {
    SendAgainPage {
        chrome: outside(),
        action: "/alerts/query/create/".into(),
        hidden: vec![hidden("query_name", HOSTILE), hidden("action", "save")],
        login: "/accounts/login/?next=/accounts/profile/".into(),
    }
}
