//! Changes that another site asks for: every route that changes something, every word of the browser.

use super::{ADA, Browser, Deployment, SignInSetup, routes};
use crate::support::Answer;

const SITES: [Option<&str>; 7] = [
    None,
    Some("same-origin"),
    Some("none"),
    Some("same-site"),
    Some("cross-site"),
    Some("SAME-ORIGIN"),
    Some(""),
];

const FOREIGN: [&str; 9] = [
    "null",
    "https://evil.example",
    "http://alerts.obs.example",
    "https://alerts.obs.example:8443",
    "https://alerts.obs.example.evil.example",
    "https://evil-alerts.obs.example",
    "https://obs.example",
    "https://alerts.obs.example/",
    "",
];

const OURS: &str = "https://alerts.obs.example";

async fn ask(
    browser: &Browser,
    (method, path): (&str, &str),
    site: Option<&str>,
    origin: Option<&str>,
    is_json: bool,
) -> Answer {
    let mut request = browser.request(method, path);
    for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let (content_type, body) = if is_json {
        ("application/json", "{}")
    } else {
        ("application/x-www-form-urlencoded", "next=/&email=x@evil.example")
    };
    browser.send(request.header("content-type", content_type).body(body)).await
}

#[tokio::test]
async fn no_route_changes_anything_for_another_site() {
    let deployment = SignInSetup::https().start().await;
    let member = deployment.signed_in(ADA).await;
    let nobody = deployment.browser();
    let origins = std::iter::once(None).chain(FOREIGN.map(Some)).chain([Some(OURS)]);
    let origins: Vec<_> = origins.collect();
    let (mut n_refused, mut n_passed) = (0, 0);
    for route in routes::all() {
        for method in route.unsafe_methods() {
            let place = (method, route.path.as_str());
            for site in SITES {
                for origin in &origins {
                    let is_ours = match site {
                        Some(site) => ["same-origin", "none"].contains(&site),
                        // A script says nothing of where it is, and sends JSON, which no page can so.
                        None => *origin == Some(OURS) || (origin.is_none() && route.is_api()),
                    };
                    let cell = format!("{method} {} {site:?} {origin:?}", route.path);
                    // Nobody, so that what passes does nothing either.
                    let answer = ask(&nobody, place, site, *origin, route.is_api()).await;
                    let is_refused = answer.body.contains("came from another site");
                    assert_eq!(is_refused, !is_ours, "{cell}: {}", answer.body);
                    assert_eq!(answer.status.as_u16() == 403, !is_ours, "{cell}");
                    if is_ours {
                        n_passed += 1;
                        continue;
                    }
                    n_refused += 1;
                    let answer = ask(&member, place, site, *origin, route.is_api()).await;
                    assert_eq!(answer.status.as_u16(), 403, "{cell}");
                    assert!(answer.headers.get("set-cookie").is_none(), "{cell}");
                }
            }
        }
    }
    assert!(n_refused >= 1_000 && n_passed >= 300, "{n_refused} refused, {n_passed} passed");
    assert!(member.is_in().await, "nobody was signed out");
    for table in [
        "invitation",
        "target",
        "run",
        "saved_query",
        "sign_in_attempt where member_id is not null",
    ] {
        assert_eq!(deployment.count(&format!("select count(*) from {table}")).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_foreign_form_at_the_api_is_refused_also_when_it_says_nothing_of_itself() {
    let deployment = Deployment::start().await;
    let member = deployment.signed_in(ADA).await;
    for route in routes::all().iter().filter(|route| route.is_api()) {
        for method in route.unsafe_methods() {
            ask(&member, (method, &route.path), None, None, false).await.expect(403);
        }
    }
}
