//! What holds for every request and every answer: our own host names, same-origin changes, headers, limits, figures.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{counter, histogram};

use crate::web::{Site, frame::error::Error, paths};

/// Headers of every answer. No page of ours may be framed, cached, or run anything that did not come from us.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000; includeSubDomains"),
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// A browser says that a page of another site asks.
const OTHER_SITE: &str = "This request came from another site, so nothing was changed. Open the page here and try again.";

/// A browser does not say whose page asks.
const NO_ORIGIN: &str = "A browser sent this without saying from which page, so nothing was changed. Send an API token (Authorization: Bearer …) or JSON (Content-Type: application/json).";

/// What a page may load, and where its forms may lead: here, and to the provider by way of the sign-in form.
fn content_policy(site: &Site) -> HeaderValue {
    let provider = site.provider_origin().map(|origin| format!(" {origin}")).unwrap_or_default();
    HeaderValue::try_from(format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self'; form-action 'self'{provider}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    ))
    .unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Adds the headers that every answer carries; what is not a fingerprinted file is not to be stored anywhere.
pub(crate) async fn add_headers(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, content_policy(&site));
    for (name, value) in HEADERS {
        headers.insert(name, value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Refuses requests for other host names than ours, and changes asked for by other origins.
pub(crate) async fn refuse_strangers(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let is_api = paths::is_api(request.uri().path());
    // Probes of a load balancer use whatever address they have; there is nothing to steal there.
    let is_probe = matches!(request.uri().path(), paths::HEALTH | paths::READINESS);
    let host =
        request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let refusal = if !is_probe && !site.is_own_host(host) {
        Some(Error::ForeignHost { own: site.public_url().to_string() })
    } else {
        refusal_of_origin(request.method(), request.headers(), is_api, &site)
    };
    match refusal {
        None => next.run(request).await,
        Some(error) if is_api => error.into_json().into_response(),
        Some(error) => error.into_response(),
    }
}

/// Why a request may change nothing: it does not come from a page of ours, by what the browser itself says.
///
/// A request to the API that says nothing of where it comes from is a script's if no browser could have sent it so: it
/// shows a token or brings JSON, which no page elsewhere can without saying where it comes from, or it has none of the
/// headers that every browser sends.
fn refusal_of_origin(
    method: &Method,
    headers: &HeaderMap,
    is_api: bool,
    site: &Site,
) -> Option<Error> {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    match (headers.get("sec-fetch-site").map(HeaderValue::as_bytes), headers.get(header::ORIGIN)) {
        (Some(b"same-origin" | b"none"), _) => None,
        (None, Some(origin)) if origin.to_str().is_ok_and(|it| site.is_own_origin(it)) => None,
        (None, None) if is_api => (!is_script(headers)).then_some(Error::ForeignOrigin(NO_ORIGIN)),
        _ => Some(Error::ForeignOrigin(OTHER_SITE)),
    }
}

fn is_script(headers: &HeaderMap) -> bool {
    let of_browsers = [header::COOKIE, header::REFERER, header::ACCEPT_LANGUAGE];
    let agent = headers.get(header::USER_AGENT).map_or(&b""[..], HeaderValue::as_bytes);
    let is_browser =
        of_browsers.iter().any(|name| headers.contains_key(name)) || agent.starts_with(b"Mozilla/");
    headers.contains_key(header::AUTHORIZATION) || is_json(headers) || !is_browser
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(';').next().unwrap_or_default().trim() == "application/json"
    })
}

/// A method's name, of those that there are: a client can make up others, and each would be kept for ever.
fn method_label(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// Counts requests and their time by route.
pub(crate) async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    let method = method_label(request.method());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("tom_alerts_http_requests_total", "route" => route.clone(), "method" => method, "status" => status)
        .increment(1);
    histogram!("tom_alerts_http_request_seconds", "route" => route, "method" => method)
        .record(began.elapsed().as_secs_f64());
    response
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::domain::{
        member::{Member, Role},
        sharing::{Asker, TEAM},
    };

    fn site() -> Site {
        let member =
            Member { id: 1, name: "Local user".to_owned(), email: None, role: Role::Admin };
        Site::local(
            Url::parse("http://127.0.0.1:8000").unwrap(),
            "127.0.0.1:8000".parse().unwrap(),
            Asker::of_rows(member, Vec::new(), &[], vec![TEAM]),
        )
    }

    fn may_post(headers: &[(&'static str, &'static str)], is_api: bool) -> bool {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        refusal_of_origin(&Method::POST, &headers, is_api, &site()).is_none()
    }

    #[test]
    fn changes_are_taken_from_our_own_pages_only() {
        assert!(may_post(&[("sec-fetch-site", "same-origin")], false));
        assert!(may_post(&[("sec-fetch-site", "none")], false));
        assert!(may_post(&[("origin", "http://127.0.0.1:8000")], false));
        assert!(may_post(&[("origin", "http://localhost:8000")], false));
        for foreign in ["cross-site", "same-site", "nonsense", ""] {
            assert!(
                !may_post(
                    &[("sec-fetch-site", foreign), ("origin", "http://127.0.0.1:8000")],
                    false
                ),
                "{foreign}"
            );
        }
        for foreign in [
            "null",
            "http://127.0.0.1:8001",
            "https://127.0.0.1:8000",
            "http://evil.example",
            "http://127.0.0.1:8000.evil.example",
        ] {
            assert!(!may_post(&[("origin", foreign)], false), "{foreign}");
            assert!(
                !may_post(&[("origin", foreign), ("content-type", "application/json")], true),
                "{foreign}"
            );
        }
        assert!(!may_post(&[], false));
    }

    #[test]
    fn a_script_may_change_by_the_api_what_no_page_elsewhere_can() {
        assert!(may_post(&[], true));
        assert!(may_post(&[("user-agent", "curl/8.5.0"), ("accept", "*/*")], true));
        let browser = ("user-agent", "Mozilla/5.0");
        assert!(may_post(&[browser, ("authorization", "Bearer x")], true));
        assert!(may_post(&[browser, ("content-type", "application/json")], true));
        assert!(!may_post(&[browser, ("content-type", "text/plain")], true));
        for of_browsers in
            [browser, ("cookie", "a=b"), ("referer", "http://a"), ("accept-language", "de")]
        {
            assert!(!may_post(&[of_browsers], true), "{of_browsers:?}");
        }
        assert!(may_post(&[("content-type", "application/json")], true));
        assert!(may_post(&[("content-type", "application/json; charset=utf-8")], true));
        assert!(!may_post(&[("content-type", "application/json")], false));
        assert!(!may_post(
            &[("content-type", "application/json"), ("sec-fetch-site", "cross-site")],
            true
        ));
    }

    #[test]
    fn a_method_that_a_client_made_up_is_not_kept_among_the_figures() {
        assert_eq!(method_label(&Method::POST), "POST");
        assert_eq!(method_label(&Method::from_bytes(b"MADEUP").unwrap()), "other");
    }

    #[test]
    fn only_our_own_names_are_served() {
        for own in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000"] {
            assert!(site().is_own_host(own), "{own}");
        }
        for foreign in
            ["evil.example:8000", "localhost", "127.0.0.1:80", "", "127.0.0.1.evil.example:8000"]
        {
            assert!(!site().is_own_host(foreign), "{foreign}");
        }
    }
}
