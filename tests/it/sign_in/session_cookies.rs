//! The cookie of a session: what it says, and that nobody else can choose what it holds.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use tower_sessions::session::Id;

use super::{ADA, BOB, Browser, Deployment, SignInSetup, setup::hex};
use crate::{google_double::Account, support::Answer};

fn set_cookies<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let cookies = answer.headers.get_all("set-cookie").into_iter();
    let cookies = cookies.map(|cookie| cookie.to_str().unwrap());
    cookies.filter(|cookie| cookie.starts_with(&format!("{name}="))).collect()
}

#[track_caller]
fn assert_bound(cookie: &str, is_https: bool) {
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{part} is not in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(cookie.contains("; Secure"), is_https, "{cookie}");
}

#[tokio::test]
async fn cookies_are_bound_to_our_host_and_to_https_where_there_is_https() {
    for (setup, is_https) in [(SignInSetup::https(), true), (SignInSetup::default(), false)] {
        let (sid, login) = if is_https { ("__Host-sid", "__Host-login") } else { ("sid", "login") };
        let deployment = setup.start().await;
        deployment.google.account(Account::new(ADA));
        let browser = deployment.browser();
        let away = browser.post("/accounts/login/", &[]).await.expect(303);
        let [cookie] = set_cookies(&away, login)[..] else { panic!("{:?}", away.headers) };
        assert_bound(cookie, is_https);
        assert!(cookie.contains("Max-Age=600"), "{cookie}");
        let back = browser.visit(&away.location().parse().unwrap()).await;
        let answer = browser.get(&back).await.expect(303);
        let [cookie] = set_cookies(&answer, sid)[..] else { panic!("{:?}", answer.headers) };
        assert_bound(cookie, is_https);
        assert!(cookie.contains("Max-Age=43200"), "{cookie}");
        // 128 bits in base64url.
        assert_eq!(browser.cookie(sid).unwrap().len(), 22);
        browser.get("/").await.expect(200);
    }
}

#[tokio::test]
async fn cookies_of_colours_and_notes_are_kept_to_https_where_there_is_https() {
    for (setup, is_https) in [(SignInSetup::https(), true), (SignInSetup::default(), false)] {
        let deployment = setup.start().await;
        let browser = deployment.signed_in(ADA).await;
        let dark = browser.post("/theme/", &[("theme", "dark")]).await.expect(303);
        let [theme] = set_cookies(&dark, "theme")[..] else { panic!("{:?}", dark.headers) };
        let saved = browser.post("/accounts/project/", &[("project", "my-proj")]).await.expect(303);
        let [note] = set_cookies(&saved, "note")[..] else { panic!("{:?}", saved.headers) };
        // The page that shows the note takes it away.
        let shown = browser.get("/accounts/profile/").await.expect(200);
        let [removal] = set_cookies(&shown, "note")[..] else { panic!("{:?}", shown.headers) };
        assert!(removal.contains("Max-Age=0"), "{removal}");
        for cookie in [theme, note, removal] {
            assert_eq!(cookie.matches("; Secure").count(), usize::from(is_https), "{cookie}");
            assert!(cookie.contains("; SameSite=Lax"), "{cookie}");
        }
        assert_eq!(browser.cookie("theme").as_deref(), Some("dark"));
    }
}

#[tokio::test]
async fn a_cookie_of_a_session_that_is_over_is_taken_away_in_a_way_that_browsers_follow() {
    let deployment = SignInSetup::https().start().await;
    let browser = deployment.signed_in(ADA).await;
    deployment.execute("delete from session").await;
    for path in ["/api/brokers/", "/runs/", "/accounts/login/", "/theme/", "/nothing"] {
        browser.put_cookie("__Host-sid", "AAAAAAAAAAAAAAAAAAAAAA");
        let answer = browser.get(path).await;
        for cookie in set_cookies(&answer, "__Host-sid") {
            assert_bound(cookie, true);
        }
        assert_eq!(browser.cookie("__Host-sid"), None, "{path}: the browser keeps it");
    }
}

#[tokio::test]
async fn every_sign_in_has_an_id_of_its_own_also_over_another_session() {
    let deployment = Deployment::start().await;
    let browser = deployment.browser();
    let mut ids = BTreeSet::new();
    for n in 0..100 {
        deployment.google.account(Account::new(if n % 3 == 0 { BOB } else { ADA }));
        let old = browser.cookie("sid");
        browser.sign_in("/").await.expect(303);
        let new = browser.cookie("sid").unwrap();
        assert!(ids.insert(new.clone()), "an id comes twice");
        assert_eq!(deployment.sessions().await, 1, "the session before it has ended");
        if let Some(old) = old {
            let thief = deployment.browser();
            thief.put_cookie("sid", &old);
            assert!(!thief.is_in().await, "the old id still lives");
        }
        browser.get("/accounts/profile/").await.shows(if n % 3 == 0 { BOB } else { ADA });
    }
}

/// Signs in a browser in which somebody has put a cookie before.
async fn signed_in_over(deployment: &Deployment, planted: &str) -> Browser {
    let browser = deployment.browser();
    browser.put_cookie("sid", planted);
    let way = browser.depart("/").await;
    let back = browser.visit(&way).await;
    browser.put_cookie("sid", planted);
    browser.get(&back).await.expect(303);
    browser
}

#[tokio::test]
async fn an_id_that_somebody_planted_is_never_taken() {
    let deployment = Deployment::start().await;
    deployment.signed_in(BOB).await;
    let of_attacker = deployment.session_of(deployment.member_id(BOB).await).await;
    let ended = deployment.session_of(deployment.member_id(BOB).await).await;
    let expired = Id(77).to_string();
    let attacker = deployment.browser();
    attacker.put_cookie("sid", &ended);
    attacker.post("/accounts/logout/", &[]).await.expect(303);
    deployment.google.account(Account::new(ADA));
    let mut planted = vec![of_attacker, ended, expired];
    for n in 0..50_i128 {
        planted.push(Id(n * 7_919).to_string());
    }
    planted
        .extend(["", "x", "%00", "'", "AAAA", "../../etc", "null", "undefined"].map(str::to_owned));
    planted.push("A".repeat(4_000));
    for planted in &planted {
        let browser = signed_in_over(&deployment, planted).await;
        assert_ne!(browser.cookie("sid").as_ref(), Some(planted));
        browser.get("/accounts/profile/").await.expect(200).shows(ADA);
        let thief = deployment.browser();
        thief.put_cookie("sid", planted);
        assert!(!thief.is_in().await, "{planted} is in");
    }
}

#[tokio::test]
async fn nothing_that_is_stored_of_a_session_works_as_its_cookie() {
    let deployment = Deployment::start().await;
    let browser = deployment.signed_in(ADA).await;
    let cookie = browser.cookie("sid").unwrap();
    let rows: Vec<(i64, Vec<u8>, String)> =
        sqlx::query_as("select id, token_hash, session::text from session")
            .fetch_all(&deployment.pool)
            .await
            .unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&cookie).unwrap();
    let hex = hex(&bytes);
    for (id, hash, text) in rows {
        assert!(!text.contains(&cookie) && !text.contains(&hex), "{text}");
        assert!(!hash.windows(bytes.len()).any(|window| window == bytes));
        let mut tries = vec![id.to_string(), Id(i128::from(id)).to_string()];
        for part in hash.windows(16) {
            tries.push(BASE64_URL_SAFE_NO_PAD.encode(part));
            let reversed: Vec<u8> = part.iter().rev().copied().collect();
            tries.push(BASE64_URL_SAFE_NO_PAD.encode(reversed));
        }
        tries.push(BASE64_URL_SAFE_NO_PAD.encode(&hash));
        for stolen in tries {
            let thief = deployment.browser();
            thief.put_cookie("sid", &stolen);
            assert!(!thief.is_in().await, "{stolen}");
        }
    }
    assert!(browser.is_in().await);
}
