//! `/accounts/profile/`: who one is here, the connection to Google, one's project and sessions.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};

use super::connection::{ConnectionPanel, connection_panel};
use crate::{
    actions::connection_test::Tested,
    brokers::Brokers,
    clock::Clock,
    domain::{sharing::TEAM, visitor::SessionSummary},
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
            controls::{ButtonLook, Fact, PostButton, TimeView},
            words::{hidden, moment, post_button},
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
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    accounts: Accounts,
    context: PageContext,
) -> Result<Response, Error> {
    page(&storage, &brokers, &clock, &accounts, &context, Shown::Plain).await
}

/// `POST /accounts/project/`
pub(in crate::web) async fn post_project(
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
    storage.set_google_project(&context.asker, typed).await?;
    Ok(redirect_with(Note::ProjectSaved, paths::PROFILE))
}

/// `POST /accounts/sharing/`: with whom one shares what one makes (`readers`).
pub(in crate::web) async fn post_sharing(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    let readers: Result<Vec<i64>, _> = form.all("readers").map(str::parse).collect();
    let readers =
        readers.map_err(|_| Error::BadRequest("\"readers\" holds ids of groups".to_owned()))?;
    storage.set_default_readers(&context.asker, &readers).await?;
    Ok(redirect_with(Note::DefaultsSaved, paths::PROFILE))
}

async fn sharing_choices(
    storage: &Storage,
    context: &PageContext,
) -> Result<Vec<SharingDefault>, Error> {
    let asker = &context.asker;
    let choice = |id: i64, name: &str| SharingDefault {
        id,
        name: name.to_owned(),
        is_chosen: asker.default_readers().contains(&id),
    };
    let groups = storage.list_groups(asker).await?;
    let own = groups.iter().filter(|group| asker.own_groups().contains(&group.id));
    let own = own.map(|group| choice(group.id, &group.name));
    Ok(std::iter::once(choice(TEAM, "The whole team")).chain(own).collect())
}

/// `POST /accounts/sessions/end/`: one (`session`), or all others (`all=others`).
pub(in crate::web) async fn post_end_session(
    State(storage): State<Storage>,
    _: Accounts,
    context: PageContext,
    Form(form): Form,
) -> Result<Response, Error> {
    if form.text("all") == Some("others") {
        storage.end_other_sessions(&context.asker, context.visitor.session_id).await?;
        return Ok(redirect_with(Note::SessionsEnded, paths::PROFILE));
    }
    let session = form.number("session").ok_or(Error::NotFound)?;
    if !storage.end_session(&context.asker, session).await? {
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
    let grant = storage.grant_of(&context.asker).await?;
    let sessions = storage.list_sessions(&context.asker).await?;
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
