//! `/accounts/connect/`, `/accounts/disconnect/`, `/accounts/test/`: a member's own grant at Google.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::HeaderMap, response::Response};

use super::{
    callback::refused_page,
    profile,
    provider_redirect::{browser_key, check_rate, redirect_to_provider},
};
use crate::{
    actions::{connection_test::test_connection, grants::Disconnected},
    brokers::Brokers,
    clock::Clock,
    domain::grant::GoogleRight,
    storage::Storage,
    web::{
        Site,
        frame::{
            chrome::{Chrome, Section},
            confirm::ConfirmPage,
            context::{Frame, PageContext, local_path, redirect_with},
            error::Error,
            extract::{Form, Peer},
            flash::Note,
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        state::Accounts,
        widgets::{
            controls::{HiddenValue, Link},
            words::{hidden, link},
        },
    },
};

/// `/accounts/connect/`: what a right is for, before Google asks.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/account/connect.html")]
struct ConnectPage {
    chrome: Chrome,
    service: String,
    /// What Google will ask: "see and manage …".
    right: String,
    email: String,
    keeps_form: bool,
    hidden: Vec<HiddenValue>,
    cancel: Link,
}

/// `GET /accounts/connect/?scope=&next=`: what for, before Google asks.
pub(in crate::web) async fn get(
    _: Accounts,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    let query = query.taking(&[Parameter::text("scope"), Parameter::anything("next")])?;
    let scope = query.text("scope").and_then(GoogleRight::from_id).ok_or(Error::NotFound)?;
    let next = local_path(query.text("next").unwrap_or(paths::PROFILE));
    let page = ConnectPage {
        chrome: context.chrome(Section::Elsewhere),
        service: scope.name().to_owned(),
        right: scope.in_words().to_owned(),
        email: context.member().email.clone().unwrap_or_default(),
        keeps_form: next.contains("draft="),
        hidden: vec![hidden("scope", scope.id()), hidden("next", next)],
        cancel: link("Not now", next),
    };
    Ok(context.render(&page))
}

/// `POST /accounts/connect/`: sends the browser to Google.
pub(in crate::web) async fn post(
    State(site): State<Arc<Site>>,
    accounts: Accounts,
    context: PageContext,
    frame: Frame,
    Peer(peer): Peer,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Error> {
    check_rate(&accounts, peer)?;
    let scope = form.text("scope").and_then(GoogleRight::from_id).ok_or(Error::NotFound)?;
    let next = local_path(form.text("next").unwrap_or(paths::PROFILE));
    let key = browser_key(&headers, &site);
    Ok(match accounts.sign_in.depart_to_connect(&context.visitor, scope, next, key).await {
        Ok(departure) => redirect_to_provider(&departure, &site),
        Err(refused) => refused_page(&frame, refused)?,
    })
}

/// `GET /accounts/disconnect/`
pub(in crate::web) async fn get_disconnect(
    _: Accounts,
    context: PageContext,
) -> Result<Response, Error> {
    let page = ConfirmPage {
        chrome: context.chrome(Section::Elsewhere),
        question: "Disconnect from Google?".to_owned(),
        consequences: vec![
            "The tokens are deleted here and revoked at Google, at once.".to_owned(),
            "Your current runs stop. Their results are kept, and messages that are not stored yet are delivered again.".to_owned(),
            "Subscriptions, queries, runs and targets stay as they are.".to_owned(),
        ],
        facts: Vec::new(),
        action: paths::DISCONNECT.to_owned(),
        hidden: Vec::new(),
        confirm_label: "Disconnect".to_owned(),
        cancel: link("Stay connected", paths::PROFILE),
    };
    Ok(context.render(&page))
}

/// `POST /accounts/disconnect/`
pub(in crate::web) async fn post_disconnect(
    accounts: Accounts,
    context: PageContext,
) -> Result<Response, Error> {
    let note = match accounts.sign_in.grants().disconnect(context.member().id).await? {
        Disconnected::WasNone | Disconnected::Revoked => Note::Disconnected,
        Disconnected::GoogleSilent(_) => Note::DisconnectedHereOnly,
    };
    Ok(redirect_with(note, paths::PROFILE))
}

/// `POST /accounts/test/`: one harmless call for each right, and what came of it.
pub(in crate::web) async fn post_test(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    accounts: Accounts,
    context: PageContext,
) -> Result<Response, Error> {
    let tests =
        test_connection(&storage, &accounts.credentials, &brokers, &context.visitor).await?;
    profile::page(&storage, &brokers, &clock, &accounts, &context, profile::Shown::Tests(tests))
        .await
}
