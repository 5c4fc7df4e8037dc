//! What comes back from the provider and is not what was sent there: nobody is signed in, nothing is asked.

use std::collections::BTreeSet;

use url::Url;

use super::{ADA, BOB, Browser, Deployment, browser::parameter};
use crate::google_double::{Account, Consent, Endpoint};

/// A way that was begun, and the answer to it.
struct Way {
    browser: Browser,
    state: String,
    code: String,
}

/// What is done with it: the browser that comes back, and the query that it brings.
type Deed = fn(&Deployment, &Way) -> (Browser, String);

/// What is brought back by the browser that was sent away.
type Query = fn(&Way) -> String;

const CALLBACK: &str = "/accounts/callback/";

fn sound(way: &Way) -> String {
    format!("state={}&code={}", way.state, way.code)
}

fn changed(text: &str, at: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

async fn begin(deployment: &Deployment) -> Way {
    let browser = deployment.browser();
    let way = browser.depart("/runs/").await;
    let back = browser.visit(&way).await;
    let back = Url::parse(&format!("http://here{back}")).unwrap();
    let text = |name: &str| parameter(&back, name).unwrap();
    Way { browser, state: text("state"), code: text("code") }
}

/// Comes back so; nobody is in, no token was asked for, and the page offers to try again.
async fn assert_refused(deployment: &Deployment, what: &str, browser: &Browser, query: &str) {
    let (sessions, asked) =
        (deployment.sessions().await, deployment.google.requests(Endpoint::Token));
    let answer = browser.get(&format!("{CALLBACK}?{query}")).await;
    let status = answer.status.as_u16();
    assert!((400..=403).contains(&status) || status == 503, "{what}: {status} {}", answer.body);
    assert!(answer.body.contains("<form method=\"post\" action=\"/accounts/"), "{what}: no way on");
    assert_eq!(deployment.sessions().await, sessions, "{what}: somebody is in");
    assert_eq!(deployment.google.requests(Endpoint::Token), asked, "{what}: the code was tried");
    assert!(!browser.is_in().await, "{what}");
    for forbidden in ["<script>alert", "<b>", "evil.example"] {
        assert!(!answer.body.contains(forbidden), "{what}: {forbidden} in {}", answer.body);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_one_that_was_waited_for_is_refused_before_anything_is_asked() {
    let deployment = Deployment::start().await;
    let query_cases: &[(&str, Query)] = &[
        ("nothing at all", |_| String::new()),
        ("no state", |way| format!("code={}", way.code)),
        ("an empty state", |way| format!("state=&code={}", way.code)),
        ("a state of nobody", |way| format!("state={}&code={}", "A".repeat(43), way.code)),
        ("a state with another first letter", |way| {
            format!("state={}&code={}", changed(&way.state, 0), way.code)
        }),
        ("a state with another last letter", |way| {
            format!("state={}&code={}", changed(&way.state, 20), way.code)
        }),
        ("a state that is cut", |way| format!("state={}&code={}", &way.state[..42], way.code)),
        ("a state with more behind it", |way| format!("state={}A&code={}", way.state, way.code)),
        ("a state in capitals", |way| {
            format!("state={}&code={}", way.state.to_uppercase(), way.code)
        }),
        ("a state with NUL", |way| format!("state={}%00&code={}", way.state, way.code)),
        ("an endless state", |way| format!("state={}&code={}", "A".repeat(5_000), way.code)),
        ("a state with a quote", |way| format!("state='%20or%201=1--&code={}", way.code)),
        ("the state twice", |way| format!("state={0}&state={0}&code={1}", way.state, way.code)),
        ("two states", |way| format!("state={}&state=x&code={}", way.state, way.code)),
        ("the code twice", |way| format!("state={}&code={1}&code={1}", way.state, way.code)),
        ("two codes", |way| format!("state={}&code={}&code=x", way.state, way.code)),
        ("another parameter twice", |way| format!("{}&scope=a&scope=b", sound(way))),
        ("no code", |way| format!("state={}", way.state)),
        ("an empty code", |way| format!("state={}&code=", way.state)),
        ("a code with NUL", |way| format!("state={}&code=%00{}", way.state, way.code)),
        ("an endless code", |way| format!("state={}&code={}", way.state, "c".repeat(5_000))),
        ("code and error", |way| format!("{}&error=access_denied", sound(way))),
        ("a code and an endless error", |way| {
            format!("{}&error={}", sound(way), "e".repeat(5_000))
        }),
        ("a code and an error of NUL", |way| format!("{}&error=%00", sound(way))),
        ("a code and an empty error", |way| format!("{}&error=", sound(way))),
        ("another issuer", |way| format!("{}&iss=https%3A%2F%2Fevil.example", sound(way))),
        ("an issuer with a slash", |way| format!("{}&iss=http%3A%2F%2F127.0.0.1%2F", sound(way))),
        ("an empty issuer", |way| format!("{}&iss=", sound(way))),
        ("an issuer of NUL", |way| format!("{}&iss=%00", sound(way))),
        ("an endless issuer", |way| format!("{}&iss={}", sound(way), "i".repeat(5_000))),
        ("two issuers", |way| format!("{}&iss=a&iss=b", sound(way))),
        ("no was said", |way| format!("state={}&error=access_denied", way.state)),
        ("an error in HTML", |way| {
            format!("state={}&error=%3Cscript%3Ealert(1)%3C/script%3E", way.state)
        }),
        ("an error with HTML in its description", |way| {
            format!("state={}&error=server_error&error_description=%3Cb%3Ex%3C/b%3E", way.state)
        }),
        ("an error with an address", |way| {
            format!("state={}&error=x&error_uri=https://evil.example", way.state)
        }),
        ("an error without state", |_| "error=access_denied".to_owned()),
        ("two errors", |way| format!("state={}&error=a&error=b", way.state)),
        ("the server's error", |way| format!("state={}&error=server_error", way.state)),
        ("it is busy", |way| format!("state={}&error=temporarily_unavailable", way.state)),
        ("the organisation forbids it", |way| {
            format!("state={}&error=admin_policy_enforced", way.state)
        }),
        ("an endless error", |way| format!("state={}&error={}", way.state, "e".repeat(5_000))),
    ];
    let browser_cases: &[(&str, Deed)] = &[
        ("another browser", |deployment, way| (deployment.browser(), sound(way))),
        ("no cookie", |_, way| {
            way.browser.forget_cookie("login");
            (way.browser.clone(), sound(way))
        }),
        ("an empty cookie", |_, way| {
            way.browser.put_cookie("login", "");
            (way.browser.clone(), sound(way))
        }),
        ("another cookie", |_, way| {
            way.browser.put_cookie("login", &"A".repeat(43));
            (way.browser.clone(), sound(way))
        }),
        ("a cookie with another letter", |_, way| {
            let cookie = way.browser.cookie("login").unwrap();
            way.browser.put_cookie("login", &changed(&cookie, 5));
            (way.browser.clone(), sound(way))
        }),
        ("the state as cookie", |_, way| {
            way.browser.put_cookie("login", &way.state);
            (way.browser.clone(), sound(way))
        }),
    ];
    assert!(query_cases.len() + browser_cases.len() >= 45);
    for (what, query) in query_cases {
        let way = begin(&deployment).await;
        assert_refused(&deployment, what, &way.browser, &query(&way)).await;
    }
    for (what, deed) in browser_cases {
        let way = begin(&deployment).await;
        let (browser, query) = deed(&deployment, &way);
        assert_refused(&deployment, what, &browser, &query).await;
    }
    assert_eq!(deployment.count("select count(*) from member").await, 0);
}

#[tokio::test]
async fn another_browser_with_a_way_of_its_own_cannot_bring_back_a_foreign_answer() {
    let deployment = Deployment::start().await;
    let (mine, foreign) = (begin(&deployment).await, begin(&deployment).await);
    assert_refused(&deployment, "all of another's", &mine.browser, &sound(&foreign)).await;
    let nobody = deployment.browser();
    assert_refused(&deployment, "login CSRF", &nobody, &sound(&foreign)).await;
    // An answer of another way in the same browser does not pass either: nonce and verifier are that way's.
    let mixed = format!("state={}&code={}", mine.state, foreign.code);
    let answer = mine.browser.get(&format!("{CALLBACK}?{mixed}")).await;
    assert_eq!(answer.status.as_u16(), 400, "code injection: {}", answer.body);
    assert_eq!(deployment.sessions().await, 0);
    assert_eq!(deployment.google.invalid_grants(), 1, "the verifier is of another way");
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_refused() {
    let deployment = Deployment::start().await;
    let way = begin(&deployment).await;
    deployment.execute("update sign_in_attempt set created = now() - interval '601 seconds'").await;
    assert_refused(&deployment, "too late", &way.browser, &sound(&way)).await;
    let way = begin(&deployment).await;
    deployment.execute("update sign_in_attempt set created = now() - interval '590 seconds'").await;
    way.browser.get(&format!("{CALLBACK}?{}", sound(&way))).await.expect(303);
    deployment.execute("update sign_in_attempt set created = now() - interval '25 hours'").await;
    assert_eq!(deployment.app.storage.prune_attempts().await.unwrap(), 2);
}

#[tokio::test]
async fn an_answer_is_used_once_also_when_it_was_an_error() {
    let deployment = Deployment::start().await;
    let way = begin(&deployment).await;
    way.browser.get(&format!("{CALLBACK}?{}", sound(&way))).await.expect(303);
    let session = way.browser.cookie("sid").unwrap();
    let replay = way.browser.get(&format!("{CALLBACK}?{}", sound(&way))).await.expect(400);
    replay.shows("used already");
    assert_eq!(way.browser.cookie("sid").unwrap(), session, "the session goes on");
    assert_eq!(deployment.google.token_requests("authorization_code"), 1);
    let signed_out = deployment.browser();
    signed_out.put_cookie("login", &way.browser.cookie("login").unwrap());
    assert_refused(&deployment, "replayed", &signed_out, &sound(&way)).await;
    let way = begin(&deployment).await;
    let declined = format!("state={}&error=access_denied", way.state);
    assert_refused(&deployment, "declined", &way.browser, &declined).await;
    assert_refused(&deployment, "code after error", &way.browser, &sound(&way)).await;
}

#[tokio::test]
async fn of_a_hundred_who_come_back_at_once_one_is_in() {
    let deployment = Deployment::start().await;
    for round in 1..=3 {
        let way = begin(&deployment).await;
        let path = format!("{CALLBACK}?{}", sound(&way));
        let fresh = || {
            let browser = deployment.browser();
            browser.put_cookie("login", &way.browser.cookie("login").unwrap());
            browser
        };
        let browsers: Vec<_> = (0..100).map(|_| fresh()).collect();
        let answers = futures::future::join_all(browsers.iter().map(|it| it.get(&path))).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 99, "{statuses:?}");
        let ids: BTreeSet<_> = browsers.iter().filter_map(|it| it.cookie("sid")).collect();
        assert_eq!(ids.len(), 1);
        assert_eq!(deployment.sessions().await, round);
        let asked = deployment.google.token_requests("authorization_code");
        assert_eq!(i64::try_from(asked).unwrap(), round);
    }
}

#[tokio::test]
async fn a_grant_comes_back_to_who_asked_for_it_and_to_nobody_else() {
    let deployment = Deployment::start().await;
    let begin_connect = async |browser: &Browser| {
        deployment.google.account(Account::new(ADA));
        let way = browser.depart_to_connect("pubsub", "/runs/").await;
        browser.visit(&way).await
    };
    let ada = deployment.signed_in(ADA).await;
    let bob = deployment.signed_in(BOB).await;
    let asked = deployment.google.requests(Endpoint::Token);

    let back = begin_connect(&ada).await;
    let session = ada.cookie("sid").unwrap();
    ada.forget_cookie("sid");
    let answer = ada.get(&back).await.expect(403).shows("You were signed out meanwhile");
    answer.shows("action=\"/accounts/login/\"").shows("value=\"/runs/\"");
    ada.put_cookie("sid", &session);

    let back = begin_connect(&ada).await;
    ada.put_cookie("sid", &bob.cookie("sid").unwrap());
    ada.get(&back).await.expect(403);
    ada.put_cookie("sid", &session);

    let back = begin_connect(&ada).await;
    bob.put_cookie("login", "x");
    bob.get(&back).await.expect(400);
    assert_eq!(deployment.google.requests(Endpoint::Token), asked, "no code was tried");
    assert_eq!(deployment.count("select count(*) from google_credential").await, 0);
    assert_eq!(deployment.sessions().await, 2);
    ada.get(&begin_connect(&ada).await).await.expect(303);
}

#[tokio::test]
async fn what_the_provider_says_no_to_is_told_without_repeating_it() {
    let deployment = Deployment::start().await;
    for (error, title) in [
        ("admin_policy_enforced", "You were not signed in"),
        ("<script>alert(1)</script>", "You were not signed in"),
        ("access_denied", "the request was declined"),
    ] {
        deployment.google.consent(Consent::Fail { error, description: "<b>No</b> evil.example" });
        let browser = deployment.browser();
        let way = browser.depart("/").await;
        let back = browser.visit(&way).await;
        let answer = browser.get(&back).await.shows(title);
        answer.hides("<script>alert").hides("<b>No").hides("evil.example").shows("Sign in again");
    }
    assert_eq!(deployment.sessions().await, 0);
}
