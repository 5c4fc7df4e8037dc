//! A browser with cookies of its own. It keeps `Secure` cookies also over http, as behind a proxy that ends TLS.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use reqwest::{Client, RequestBuilder, header, redirect};
use serde_json::Value;
use url::Url;

use crate::{
    google_double::GoogleDouble,
    support::{Answer, IDLE},
};

/// The last address that a browser came from.
static ADDRESSES: AtomicU32 = AtomicU32::new(0x0a00_0000);

#[derive(Clone)]
pub(crate) struct Browser {
    base: String,
    host: String,
    google: Arc<GoogleDouble>,
    http: Client,
    pub(crate) cookies: Arc<Mutex<BTreeMap<String, String>>>,
    /// Everything that came here but cookies and ways to the provider.
    pub(crate) seen: Arc<Mutex<String>>,
}

impl Browser {
    pub(crate) fn new(base: &str, public_url: &Url, google: Arc<GoogleDouble>) -> Self {
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .pool_idle_timeout(IDLE)
            .build()
            .unwrap();
        let host = public_url.host_str().unwrap();
        let host = public_url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        Self {
            base: base.to_owned(),
            host,
            google,
            http,
            cookies: Arc::default(),
            seen: Arc::default(),
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn put_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn forget_cookie(&self, name: &str) {
        self.cookies.lock().unwrap().remove(name);
    }

    /// What stands in the header `Cookie`.
    pub(crate) fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// A request as it comes from the proxy; each from another address.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let address = std::net::Ipv4Addr::from(ADDRESSES.fetch_add(1, Ordering::Relaxed));
        let request = self
            .http
            .request(method.parse().unwrap(), format!("{}{path}", self.base))
            .header(header::HOST, &self.host)
            .header("x-forwarded-for", address.to_string());
        let cookies = self.cookie_header();
        if cookies.is_empty() { request } else { request.header(header::COOKIE, cookies) }
    }

    /// Sends a request, and keeps the cookies of the answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = Answer::to(request).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        self.note(&answer);
        answer
    }

    fn note(&self, answer: &Answer) {
        let mut seen = self.seen.lock().unwrap();
        for (name, value) in &answer.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            let is_way = name == header::LOCATION && value.starts_with(&self.google.issuer());
            if name != header::SET_COOKIE && !is_way {
                writeln!(seen, "{name}: {value}").unwrap();
            }
        }
        seen.push_str(&answer.body);
    }

    fn keep(&self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let attributes = attributes.to_lowercase();
        let is_kept = !name.starts_with("__Host-") || attributes.contains("secure");
        // Browsers refuse to set, and to remove, such a cookie without it.
        if !is_kept {
            return;
        }
        if attributes.contains("max-age=0") {
            self.forget_cookie(name);
        } else {
            self.put_cookie(name, value);
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// Sends a form as a page of ours does.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.request("POST", path).header("sec-fetch-site", "same-origin");
        self.send(request.form(form)).await
    }

    /// The same, and goes where it leads.
    pub(crate) async fn post_to_page(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let led = self.post(path, form).await.expect(303);
        self.get(led.location()).await
    }

    /// Sends JSON as a script does.
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request("POST", path).json(body)).await
    }

    /// Whether somebody is signed in here.
    pub(crate) async fn is_in(&self) -> bool {
        match self.get("/api/brokers/").await.status.as_u16() {
            200 => true,
            401 => false,
            other => panic!("status {other}"),
        }
    }

    /// Presses *Sign in*; where the browser is sent.
    pub(crate) async fn depart(&self, next: &str) -> Url {
        let answer = self.post("/accounts/login/", &[("next", next)]).await.expect(303);
        answer.location().parse().unwrap()
    }

    /// Presses *Connect to Google*; where the browser is sent.
    pub(crate) async fn depart_to_connect(&self, scope: &str, next: &str) -> Url {
        let form = [("scope", scope), ("next", next)];
        self.post("/accounts/connect/", &form).await.expect(303).location().parse().unwrap()
    }

    /// Goes to the provider, and says yes; the path here that it is sent back to.
    pub(crate) async fn visit(&self, way: &Url) -> String {
        let back = Url::parse(&self.google.visit(way.as_str()).await).unwrap();
        format!("{}?{}", back.path(), back.query().unwrap_or_default())
    }

    /// Signs in at the provider as who is at the browser; the answer to the callback.
    pub(crate) async fn sign_in(&self, next: &str) -> Answer {
        let way = self.depart(next).await;
        let back = self.visit(&way).await;
        self.get(&back).await
    }

    /// Grants a right; the answer to the callback.
    pub(crate) async fn connect(&self, scope: &str, next: &str) -> Answer {
        let way = self.depart_to_connect(scope, next).await;
        let back = self.visit(&way).await;
        self.get(&back).await
    }
}

/// A parameter of an address.
pub(crate) fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut found = url.query_pairs().filter(|(one, _)| one == name).map(|(_, it)| it.into_owned());
    let value = found.next();
    assert!(found.next().is_none(), "{name} comes twice in {url}");
    value
}
