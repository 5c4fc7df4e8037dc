//! `/accounts/profile/`: who one is here, the connection to Google, one's project and sessions.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};

use crate::{
    actions::connection_test::Tested,
    brokers::Brokers,
    clock::Clock,
    domain::{
        grant::{Grant, GrantState, Scope},
        sharing::TEAM,
        visitor::SessionSummary,
    },
    google::check_project,
    storage::Storage,
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::{PageContext, redirect_with},
            error::Error,
            extract::Form,
            flash::Note,
        },
        paths,
        state::Accounts,
        widgets::{
            controls::{ButtonLook, Fact, Link, PostButton, TimeView},
            words::{hidden, link, moment, post_button, query_string},
        },
    },
};

/// `/accounts/profile/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/account/profile.html")]
struct ProfilePage {
    chrome: Chrome,
    name: String,
    facts: Vec<Fact>,
    connection: ConnectionPanel,
    project: String,
    project_error: Option<String>,
    /// The project that is taken without it.
    default_project: Option<String>,
    /// With whom they may share, and with whom they do unless they say otherwise.
    sharing: Vec<SharingDefault>,
    sessions: Vec<SessionRow>,
    end_others: Option<PostButton>,
}

/// Somebody with whom a member may share what they make.
#[derive(Clone, Debug)]
struct SharingDefault {
    id: i64,
    /// "The whole team", or the group's name.
    name: String,
    /// Whether they do, unless they say otherwise.
    is_chosen: bool,
}

/// The connection to Google.
#[derive(Clone, Debug)]
struct ConnectionPanel {
    class: &'static str,
    /// How it stands, in two or three words.
    state: String,
    sentences: Vec<String>,
    facts: Vec<Fact>,
    /// Each right, whether it is granted, and what needs it.
    rights: Vec<RightRow>,
    /// What a test has found, a line each.
    tests: Vec<TestResult>,
    buttons: Vec<PostButton>,
    disconnect: Option<Link>,
}

/// A right at Google.
#[derive(Clone, Debug)]
struct RightRow {
    service: String,
    in_words: String,
    needed_by: String,
    is_granted: bool,
    /// Where to grant it (again).
    connect: Link,
}

/// What a harmless call has brought.
#[derive(Clone, Debug)]
struct TestResult {
    is_good: bool,
    sentence: String,
}

/// One of the member's sessions.
#[derive(Clone, Debug)]
struct SessionRow {
    browser: String,
    created: TimeView,
    last_seen: TimeView,
    /// Whether it is the one that looks at the page.
    is_this: bool,
    end: Option<PostButton>,
}

/// What the page shows besides what is stored.
pub(super) enum Shown {
    Plain,
    Tests(Vec<Tested>),
    BadProject { typed: String, message: String },
}

/// `GET /accounts/profile/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    accounts: Accounts,
    context: PageContext,
) -> Result<Response, Error> {
    page(&storage, &brokers, &clock, &accounts, &context, Shown::Plain).await
}

/// `POST /accounts/project/`
pub(crate) async fn post_project(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    accounts: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    // What holds a NUL is no text, and must not pass for an empty field.
    let typed = form.all("project").next().map(str::trim).filter(|typed| !typed.is_empty());
    if let Some(typed) = typed
        && let Err(message) = check_project(typed)
    {
        let shown = Shown::BadProject { typed: typed.to_owned(), message };
        return page(&storage, &brokers, &clock, &accounts, &context, shown).await;
    }
    storage.set_google_project(&context.scope, typed).await?;
    Ok(redirect_with(Note::ProjectSaved, paths::PROFILE))
}

/// `POST /accounts/sharing/`: with whom one shares what one makes (`readers`).
pub(crate) async fn post_sharing(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    let readers: Result<Vec<i64>, _> = form.all("readers").map(str::parse).collect();
    let readers =
        readers.map_err(|_| Error::BadRequest("\"readers\" holds ids of groups".to_owned()))?;
    storage.set_default_readers(&context.scope, &readers).await?;
    Ok(redirect_with(Note::DefaultsSaved, paths::PROFILE))
}

async fn sharing_choices(
    storage: &Storage,
    context: &PageContext,
) -> Result<Vec<SharingDefault>, Error> {
    let scope = &context.scope;
    let choice = |id: i64, name: &str| SharingDefault {
        id,
        name: name.to_owned(),
        is_chosen: scope.default_readers().contains(&id),
    };
    let groups = storage.list_groups(scope).await?;
    let own = groups.iter().filter(|group| scope.own_groups().contains(&group.id));
    let own = own.map(|group| choice(group.id, &group.name));
    Ok(std::iter::once(choice(TEAM, "The whole team")).chain(own).collect())
}

/// `POST /accounts/sessions/end/`: one (`session`), or all others (`all=others`).
pub(crate) async fn post_end_session(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    if form.text("all") == Some("others") {
        storage.end_other_sessions(&context.scope, context.visitor.session_id).await?;
        return Ok(redirect_with(Note::SessionsEnded, paths::PROFILE));
    }
    let session = form.number("session").ok_or(Error::NotFound)?;
    if !storage.end_session(&context.scope, session).await? {
        return Err(Error::NotFound);
    }
    Ok(redirect_with(Note::SessionsEnded, paths::PROFILE))
}

/// The page, with what has just been tried.
pub(super) async fn page(
    storage: &Storage,
    brokers: &Brokers,
    clock: &Clock,
    accounts: &Accounts,
    context: &PageContext,
    shown: Shown,
) -> Result<Response, Error> {
    let member = context.member();
    let now = clock.now();
    let grant = storage.grant_of(&context.scope).await?;
    let sessions = storage.list_sessions(&context.scope).await?;
    let service_account = accounts.credentials.service_account();
    let (project, project_error, tests) = match shown {
        Shown::BadProject { typed, message } => (Some(typed), Some(message), Vec::new()),
        Shown::Tests(tests) => (storage.google_project(member.id).await?, None, tests),
        Shown::Plain => (storage.google_project(member.id).await?, None, Vec::new()),
    };
    let status =
        if project_error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let n_others = sessions.iter().filter(|row| !is_this(row, context)).count();
    let page = ProfilePage {
        chrome: context.chrome(Section::Elsewhere),
        name: member.name.clone(),
        facts: [member.email.clone().unwrap_or_default(), member.role.id().to_owned()]
            .map(|value| Fact { value, ..Fact::default() })
            .to_vec(),
        connection: connection_panel(grant.as_ref(), service_account, brokers, tests, now),
        project: project.unwrap_or_default(),
        project_error,
        default_project: accounts.credentials.default_project().map(str::to_owned),
        sharing: sharing_choices(storage, context).await?,
        sessions: sessions.iter().map(|row| session_row(row, context, now)).collect(),
        end_others: (n_others > 0).then(|| {
            post_button(
                "Sign out everywhere else",
                paths::END_SESSION.to_owned(),
                ButtonLook::Danger,
                "",
                vec![hidden("all", "others")],
            )
        }),
    };
    Ok(context.render_as(status, &page))
}

fn connection_panel(
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
                "Everybody's runs act as {account}, whom this deployment was given. Your own account is not needed; each run says so."
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
        rights: Scope::ALL
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
            "Streams and databases at Google run as you once you connect. Archives need no connection."
                .to_owned(),
        ),
        Some(Grant { state: GrantState::NeedsSignIn(why), .. }) => (
            "is-warning",
            "needs sign-in".to_owned(),
            format!("Google does not renew the connection any more ({why}). It may have been taken back in the Google account, have expired, or be forbidden by the organisation. Connect again; nothing is lost."),
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
        facts.push(fact("Present token ends", grant.access_expires, "none"));
    }
    if let Some((error, at)) = &grant.last_error {
        let note = Some(format!("{} UTC", moment(*at, now).utc));
        facts.push(Fact { label: "Last error".to_owned(), value: error.clone(), note, copy: None });
    }
    facts
}

/// A right, if some backend needs it or it was granted.
fn right_row(scope: Scope, grant: Option<&Grant>, brokers: &Brokers) -> Option<RightRow> {
    let needed_by: Vec<&str> = brokers
        .all()
        .filter(|broker| broker.needed_scope() == Some(scope))
        .map(|broker| broker.name())
        .collect();
    let is_granted = grant.is_some_and(|grant| grant.allows(scope));
    if needed_by.is_empty() && !is_granted {
        return None;
    }
    let query = query_string(&[("scope", scope.id()), ("next", paths::PROFILE)]);
    Some(RightRow {
        service: scope.name().to_owned(),
        in_words: scope.in_words().to_owned(),
        needed_by: needed_by.join(", "),
        is_granted,
        connect: link(
            if is_granted { "Reconnect" } else { "Connect" },
            format!("/accounts/connect/{query}"),
        ),
    })
}

fn is_this(row: &SessionSummary, context: &PageContext) -> bool {
    Some(row.id) == context.visitor.session_id
}

fn session_row(row: &SessionSummary, context: &PageContext, now: DateTime<Utc>) -> SessionRow {
    let is_this = is_this(row, context);
    SessionRow {
        browser: row.browser.clone(),
        created: moment(row.created, now),
        last_seen: moment(row.last_seen, now),
        is_this,
        end: (!is_this).then(|| {
            post_button(
                "End",
                paths::END_SESSION.to_owned(),
                ButtonLook::Plain,
                &format!("the session of {}", row.browser),
                vec![hidden("session", row.id.to_string())],
            )
        }),
    }
}
