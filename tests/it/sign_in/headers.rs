//! Headers of every answer, whatever its route and status.

use std::collections::BTreeSet;

use reqwest::header::{self, HeaderValue};

use super::{ADA, Deployment, SignInSetup, routes};
use crate::support::Answer;

fn assert_headers(what: &str, answer: &Answer, provider: &str) {
    let text = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap());
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
    ] {
        assert_eq!(text(name), Some(expected), "{what}: {name}");
    }
    assert!(text("permissions-policy").is_some(), "{what}");
    let policy = text("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self';",
        "style-src 'self';",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        &format!("form-action 'self' {provider};"),
    ] {
        assert!(policy.contains(part), "{what}: {part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{what}: {policy}");
    assert_eq!(text("cache-control"), Some("no-store"), "{what}");
    for absent in ["server", "x-powered-by", "access-control-allow-origin"] {
        assert_eq!(text(absent), None, "{what}: {absent}");
    }
    if !answer.body.is_empty() {
        let content_type = text("content-type").unwrap_or_default();
        let is_plain = content_type.contains("charset=utf-8") || content_type == "application/json";
        assert!(is_plain, "{what}: {content_type}");
    }
}

#[tokio::test]
async fn every_answer_of_every_route_carries_the_headers() {
    let deployment = SignInSetup::https().start().await;
    let member = deployment.signed_in(ADA).await;
    let nobody = deployment.browser();
    let provider = deployment.google.issuer();
    let mut statuses = BTreeSet::new();
    let mut routes = routes::all();
    let nowhere = ["/nothing/", "/api/nothing/", "/alerts/x/y/", "/runs", "/static/0/x.js", "//"];
    routes.extend(nowhere.map(|path| routes::Route {
        pattern: path.to_owned(),
        path: path.to_owned(),
        methods: vec!["GET"],
    }));
    for route in &routes {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            for (who, browser) in [("member", &member), ("nobody", &nobody)] {
                // A change that is allowed would end what the next request needs.
                let is_foreign = who == "member" && !["GET", "HEAD", "OPTIONS"].contains(&method);
                let site = if is_foreign { "cross-site" } else { "same-origin" };
                let request = browser.request(method, &route.path).header("sec-fetch-site", site);
                let answer = browser.send(request).await;
                let what = format!("{who} {method} {}: {}", route.path, answer.status);
                assert_headers(&what, &answer, &provider);
                statuses.insert(answer.status.as_u16());
            }
        }
        let elsewhere = [(header::HOST, HeaderValue::from_static("evil.example"))];
        let strange = member.request("GET", &route.path).headers(elsewhere.into_iter().collect());
        let answer = member.send(strange).await;
        assert_headers(&format!("{} elsewhere", route.path), &answer, &provider);
        statuses.insert(answer.status.as_u16());
    }
    for wanted in [200, 303, 308, 400, 401, 403, 404, 405, 421] {
        assert!(statuses.contains(&wanted), "{wanted} was not among {statuses:?}");
    }
}

#[tokio::test]
async fn refusals_of_the_provider_and_errors_of_ours_carry_the_headers_too() {
    let deployment = Deployment::start().await;
    let provider = deployment.google.issuer();
    let browser = deployment.browser();
    let way = browser.depart("/").await;
    let back = browser.visit(&way).await;
    deployment.google.flaw(Some(crate::google_double::IdTokenFlaw::NonceWrong));
    assert_headers("refused", &browser.get(&back).await.expect(400), &provider);
    deployment.google.flaw(None);
    let member = deployment.signed_in(ADA).await;
    deployment.execute("alter table session rename to session_away").await;
    assert_headers("away", &member.get("/runs/").await.expect(503), &provider);
    deployment.execute("alter table session_away rename to session").await;
    deployment.execute("alter table run rename to run_away").await;
    assert_headers("broken", &member.get("/runs/").await.expect(500), &provider);
}
