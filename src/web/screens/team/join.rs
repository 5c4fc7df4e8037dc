//! `/accounts/join/{token}/`: an invitation by link, before sign-in.

use std::sync::Arc;

use askama::Template;
use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    clock::Clock,
    storage::Storage,
    web::{
        Site,
        frame::{
            chrome::{Chrome, Section},
            context::Frame,
            error::Error,
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

/// Bytes of randomness in a secret that a link or a header carries.
const SECRET_BYTES: usize = 32;

/// A link that was made just now.
pub(super) struct NewLink {
    pub(super) url: String,
    pub(super) hash: Vec<u8>,
}

/// A secret that nobody guesses, as text; an error when the system has no randomness.
pub(in crate::web) fn new_secret() -> Result<String, Error> {
    let mut bytes = [0; SECRET_BYTES];
    rand::fill(&mut bytes)
        .map_err(|_| Error::Internal(anyhow::anyhow!("the system has no randomness")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is kept of a secret.
pub(in crate::web) fn secret_hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// A new link for one who is not in yet.
pub(super) fn new_link(site: &Site) -> Result<NewLink, Error> {
    let secret = new_secret()?;
    let base = site.public_url().as_str().trim_end_matches('/').to_owned();
    Ok(NewLink { url: format!("{base}{}{secret}/", paths::JOIN), hash: secret_hash(&secret) })
}

/// `GET /accounts/join/{token}/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    State(_): State<Arc<Site>>,
    accounts: Accounts,
    frame: Frame,
    Path(token): Path<String>,
) -> Result<Response, Error> {
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
