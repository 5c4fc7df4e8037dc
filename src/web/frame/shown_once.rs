//! A secret that was just made, on its way to the one page that shows it: in a cookie of that page alone. So making it ends
//! in an address, the service keeps nothing but its hash, and loading the page again shows it no more and makes no other.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};

use super::context::cookie;
use crate::{actions::secret::is_secret, web::Site};

/// Name of the cookie.
const COOKIE: &str = "once";

/// How long the browser has to come for it, seconds.
const LIFE_S: u32 = 60;

/// Sends the browser to the page at `path`, which shows the secret.
pub(crate) fn redirect_showing(secret: &str, path: &str, site: &Site) -> Response {
    let mut response = Redirect::to(path).into_response();
    put(&mut response, secret, path, LIFE_S, site);
    response
}

/// The secret that a request to its page brings.
pub(crate) fn brought(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, COOKIE).filter(|text| is_secret(text))
}

/// Takes it away from the browser: it is on the page now.
pub(crate) fn take_away(response: &mut Response, path: &str, site: &Site) {
    put(response, "", path, 0, site);
}

fn put(response: &mut Response, value: &str, path: &str, life_s: u32, site: &Site) {
    let secure = if site.is_https() { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={value}; Path={path}; Max-Age={life_s}; HttpOnly; SameSite=Strict{secure}"
    );
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
