//! A secret that was just made, on its way to the one page that shows it: in a cookie of that page alone. So making it ends
//! in an address, the service keeps nothing but its hash, and loading the page again shows it no more and makes no other. Each
//! has a cookie of its own, so that of two that are made at once neither is lost: the page that comes first shows both.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};

use super::context::cookies;
use crate::{
    actions::secret::{is_secret, secret_hash},
    web::Site,
};

/// How the name of each cookie begins; some of the secret's hash follows.
const COOKIE_PREFIX: &str = "once-";

/// Most secrets that one page shows.
const MOST_SHOWN: usize = 5;

/// How long the browser has to come for it, seconds.
const LIFE_S: u32 = 60;

/// Sends the browser to the page at `path`, which shows the secret.
pub(crate) fn redirect_showing(secret: &str, path: &str, site: &Site) -> Response {
    let mut response = Redirect::to(path).into_response();
    put(&mut response, secret, secret, path, LIFE_S, site);
    response
}

/// The secrets that a request to their page brings.
pub(crate) fn brought(headers: &HeaderMap) -> Vec<&str> {
    let found = cookies(headers).filter(|(name, _)| name.starts_with(COOKIE_PREFIX));
    found.map(|(_, value)| value).filter(|value| is_secret(value)).take(MOST_SHOWN).collect()
}

/// Takes one away from the browser: it is on the page now.
pub(crate) fn take_away(response: &mut Response, secret: &str, path: &str, site: &Site) {
    put(response, secret, "", path, 0, site);
}

fn put(response: &mut Response, secret: &str, value: &str, path: &str, life_s: u32, site: &Site) {
    let secure = if site.is_https() { "; Secure" } else { "" };
    let hash = secret_hash(secret);
    let name = hash.iter().take(4).fold(0_u32, |name, byte| name << 8 | u32::from(*byte));
    let cookie = format!(
        "{COOKIE_PREFIX}{name:08x}={value}; Path={path}; Max-Age={life_s}; HttpOnly; SameSite=Strict{secure}"
    );
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
