//! `/accounts/join/{token}/`: an invitation by link, before sign-in.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};

use crate::{
    actions::secret::{new_secret, secret_hash},
    clock::Clock,
    storage::Storage,
    web::{
        Site,
        frame::{
            chrome::{Chrome, Section},
            context::Frame,
            error::Error,
            page_query::Query,
        },
        paths,
        state::Accounts,
        widgets::{controls::TimeView, words::moment},
    },
};

/// `/accounts/join/{token}/`
#[derive(Clone, Debug, Template)]
#[template(path = "screens/team/join.html")]
struct JoinPage {
    chrome: Chrome,
    provider: String,
    /// Who invites, and as what; absent where the link has ended or was used.
    invitation: Option<JoinOffer>,
}

/// What an invitation offers.
#[derive(Clone, Debug)]
struct JoinOffer {
    invited_by: String,
    role: String,
    role_note: String,
    expires: Option<TimeView>,
    token: String,
}

/// A link that was made just now.
pub(super) struct NewLink {
    pub(super) secret: String,
    pub(super) hash: Vec<u8>,
}

/// A new link for one who is not in yet.
pub(super) fn new_link() -> Result<NewLink, Error> {
    let secret = new_secret().map_err(|error| Error::Internal(error.into()))?;
    Ok(NewLink { hash: secret_hash(&secret), secret })
}

/// The link with this secret.
pub(super) fn link_with(secret: &str, site: &Site) -> String {
    let base = site.public_url().as_str().trim_end_matches('/').to_owned();
    format!("{base}{}{secret}/", paths::JOIN)
}

/// `GET /accounts/join/{token}/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    State(_): State<Arc<Site>>,
    accounts: Accounts,
    frame: Frame,
    query: Query,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    query.taking(&[])?;
    let found = storage.find_invitation(&secret_hash(&token)).await?;
    let status = if found.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let page = JoinPage {
        chrome: frame.chrome(Section::Elsewhere),
        provider: accounts.sign_in.provider_name(),
        invitation: found.map(|invitation| JoinOffer {
            invited_by: invitation.invited_by,
            role: invitation.role.id().to_owned(),
            role_note: invitation.role.note().to_owned(),
            expires: invitation.expires.map(|at| moment(at, clock.now())),
            token,
        }),
    };
    Ok(frame.render_as(status, &page))
}
