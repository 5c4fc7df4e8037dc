//! Redirects to the sign-in provider: the cookie that ties a browser to its sign-in, and how many one address may begin.

use std::{net::IpAddr, time::Instant};

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    actions::sign_in::Departure,
    domain::limiter::Requester,
    web::{
        Site,
        door::session::secure,
        frame::{context::cookie, error::Error},
        state::Accounts,
    },
};

/// Refuses an address that has begun too many sign-ins.
pub(super) fn check_rate(accounts: &Accounts, peer: IpAddr) -> Result<(), Error> {
    accounts.attempts.check(Requester::at(peer), Instant::now()).map_err(|wait| {
        tracing::warn!(%peer, "Too many sign-ins were begun from one address");
        Error::too_often(wait)
    })
}

/// Sends a browser to the provider, with the cookie that ties it to this sign-in.
pub(super) fn redirect_to_provider(departure: &Departure, site: &Site) -> Response {
    let mut response = Redirect::to(&departure.url).into_response();
    let cookie = format!(
        "{}={}; Path=/; Max-Age={BROWSER_KEY_LIFE_S}; HttpOnly; SameSite=Lax{}",
        browser_cookie(site),
        departure.browser_key,
        secure(site)
    );
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The key in the cookie that ties a browser to its sign-ins.
pub(super) fn browser_key<'h>(headers: &'h HeaderMap, site: &Site) -> Option<&'h str> {
    cookie(headers, browser_cookie(site))
}

fn browser_cookie(site: &Site) -> &'static str {
    if site.is_https() { "__Host-login" } else { "login" }
}

/// How long a browser has for the way to the provider and back, seconds.
pub(super) const BROWSER_KEY_LIFE_S: u32 = 600;
