//! `/accounts/login/` and `/accounts/logout/`: out to the provider, and out of here.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    callback::refused_page,
    provider_redirect::{browser_key, check_rate, redirect_to_provider},
};
use crate::{
    actions::secret::secret_hash,
    storage::Storage,
    web::{
        Site,
        door::{admission::login_url, session::BrowserSession},
        frame::{
            chrome::{Chrome, Section},
            context::{Frame, local_path},
            error::Error,
            extract::{Form, Peer},
            page_query::Query,
            parameters::Parameter,
        },
        state::Accounts,
    },
};

/// `/accounts/login/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/account/sign_in.html")]
struct LoginPage {
    chrome: Chrome,
    /// Name of the provider: "Google".
    provider: String,
    next: String,
    /// What is behind the door, if the visitor wanted a certain page.
    wanted: Option<String>,
}

/// `GET /accounts/login/?next=`
pub(in crate::web) async fn get(
    State(site): State<Arc<Site>>,
    accounts: Option<Accounts>,
    frame: Frame,
    query: Query,
) -> Result<Response, Error> {
    let query = query.taking(&[Parameter::anything("next")])?;
    let next = local_path(query.text("next").unwrap_or("/"));
    // In local mode there is nothing to sign in to; who is in already goes on.
    let Some(accounts) = accounts.filter(|_| site.local_asker().is_none()) else {
        return Ok(Redirect::to(next).into_response());
    };
    if frame.visitor.is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    let page = LoginPage {
        chrome: frame.chrome(Section::Elsewhere),
        provider: accounts.sign_in.provider_name(),
        next: next.to_owned(),
        wanted: (next != "/").then(|| next.to_owned()),
    };
    Ok(frame.render_as(StatusCode::OK, &page))
}

/// `POST /accounts/login/`: sends the browser to the provider.
pub(in crate::web) async fn post(
    State(site): State<Arc<Site>>,
    accounts: Accounts,
    frame: Frame,
    Peer(peer): Peer,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Error> {
    check_rate(&accounts, peer)?;
    let next = local_path(form.text("next").unwrap_or("/"));
    let chooses = form.text("account") == Some("choose");
    let invitation = form.text("invitation").map(secret_hash);
    let key = browser_key(&headers, &site);
    Ok(match accounts.sign_in.depart(next, key, chooses, invitation).await {
        Ok(departure) => redirect_to_provider(&departure, &site),
        Err(refused) => refused_page(&frame, refused)?,
    })
}

/// `POST /accounts/logout/`: ends the session, here and in the browser.
pub(in crate::web) async fn post_logout(
    State(storage): State<Storage>,
    _: Accounts,
    frame: Frame,
    session: BrowserSession,
) -> Result<Response, Error> {
    if let Some(visitor) = &frame.visitor
        && let Some(id) = visitor.session_id
    {
        let member = visitor.member();
        storage.end_session(&visitor.asker, id).await?;
        session.forget().await?;
        tracing::info!(member.id = member.id, "Member {} signed out", member.id);
    }
    let mut response = Redirect::to(&login_url("/")).into_response();
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}
