//! Signing out: at once, everywhere, and for good.

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use super::{ADA, Deployment, SignInSetup};

const ROUNDS: usize = 1_000;
const AT_ONCE: usize = 20;

#[tokio::test]
async fn signing_out_ends_the_session_here_and_in_the_browser() {
    for (setup, cookie) in [(SignInSetup::default(), "sid"), (SignInSetup::https(), "__Host-sid")] {
        let is_https = setup.public_url.is_some();
        let deployment = setup.start().await;
        let browser = deployment.signed_in(ADA).await;
        let old = browser.cookie(cookie).unwrap();
        browser.get("/accounts/logout/").await.expect(405);
        assert!(browser.is_in().await, "looking at an address signs nobody out");
        let answer = browser.post("/accounts/logout/", &[]).await.expect(303);
        assert_eq!(answer.location(), "/accounts/login/");
        assert_eq!(answer.headers["clear-site-data"], "\"cache\", \"storage\"");
        let removals: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
        assert_eq!(removals.len(), 1);
        let removal = removals[0].to_str().unwrap();
        assert!(removal.starts_with(&format!("{cookie}=;")), "{removal}");
        for part in ["Path=/", "Max-Age=0", "HttpOnly", "SameSite=Lax"] {
            assert!(removal.contains(part), "{part} is not in {removal}");
        }
        assert_eq!(removal.contains("; Secure"), is_https, "{removal}");
        assert_eq!(browser.cookie(cookie), None);
        assert_eq!(deployment.sessions().await, 0);
        browser.put_cookie(cookie, &old);
        assert!(!browser.is_in().await);
        browser.put_cookie(cookie, &old);
        browser.post("/accounts/logout/", &[]).await.expect(303);
    }
}

/// A form whose head has been taken and whose body is still to come.
struct SlowForm(BufReader<TcpStream>);

const FORM: &[u8] = b"project=slow-proj";

impl SlowForm {
    /// Returns when the handler waits for the body: the session has been read by then.
    async fn begin(base: &str, cookie: &str) -> Self {
        let host = base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).await.unwrap();
        let head = format!(
            "POST /accounts/project/ HTTP/1.1\r\nHost: {host}\r\nCookie: sid={cookie}\r\n\
             Sec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            FORM.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        assert!(line.starts_with("HTTP/1.1 100"), "{line}");
        Self(reader)
    }

    /// Sends the body; the whole answer.
    async fn finish(mut self) -> String {
        self.0.get_mut().write_all(FORM).await.unwrap();
        let mut answer = Vec::new();
        self.0.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// One sign-out while requests of the same session are under way.
async fn race(deployment: &Deployment, member_id: i64) {
    let cookie = deployment.session_of(member_id).await;
    let browser = deployment.browser();
    browser.put_cookie("sid", &cookie);
    let slow = SlowForm::begin(&deployment.app.base, &cookie).await;
    let other = browser.clone();
    let (signed_out, ..) = tokio::join!(
        browser.post("/accounts/logout/", &[]),
        other.get("/api/brokers/"),
        other.get("/accounts/login/"),
    );
    signed_out.expect(303);
    let answer = slow.finish().await;
    assert!(answer.contains("HTTP/1.1 303"), "{answer}");
    assert!(!answer.contains("set-cookie: sid="), "{answer}");
    browser.put_cookie("sid", &cookie);
    assert!(!browser.is_in().await, "the session is alive again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_comes_back_to_life_in_a_thousand_sign_outs_with_slow_requests_under_way() {
    let deployment = Deployment::start().await;
    deployment.signed_in(ADA).await;
    let member_id = deployment.member_id(ADA).await;
    let own = deployment.sessions().await;
    for _ in 0..ROUNDS / AT_ONCE {
        let races = (0..AT_ONCE).map(|_| race(&deployment, member_id));
        futures::future::join_all(races).await;
    }
    assert_eq!(deployment.sessions().await, own);
}

#[tokio::test]
async fn the_store_makes_sessions_at_a_sign_in_and_by_nothing_else() {
    let deployment = Deployment::start().await;
    deployment.signed_in(ADA).await;
    let store = deployment.app.storage.sessions();
    let cookie = deployment.session_of(deployment.member_id(ADA).await).await;
    let id: Id = cookie.parse().unwrap();
    let mut record = store.load(&id).await.unwrap().unwrap();
    store.delete(&id).await.unwrap();
    let before = deployment.sessions().await;
    store.save(&record).await.unwrap();
    assert!(store.load(&id).await.unwrap().is_none(), "saving revives nothing");
    assert_eq!(deployment.sessions().await, before);
    assert!(store.create(&mut record).await.is_err(), "what was loaded is no sign-in");
    let planted = Id(42);
    let mut empty = Record {
        id: planted,
        data: std::collections::HashMap::new(),
        expiry_date: record.expiry_date,
    };
    assert!(store.create(&mut empty).await.is_err());
    assert!(store.load(&planted).await.unwrap().is_none());
    assert_eq!(deployment.sessions().await, before);
}
