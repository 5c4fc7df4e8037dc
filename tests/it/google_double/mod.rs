//! A double of Google's OAuth 2.0 and OpenID Connect endpoints, with an API that wants its tokens.
//! It keeps what Google would, fails as a test says, and tells what it was asked.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

use self::google::Google;
pub(crate) use self::{
    account::{Account, Consent, Ending},
    call::{Call, Endpoint, Params},
    fault::Fault,
    id_token_flaw::IdTokenFlaw,
    scopes::{BIGQUERY, PUBSUB},
};

mod account;
mod agreement;
mod api;
mod authorize;
mod call;
mod client;
mod consents;
mod failing;
mod fault;
mod google;
mod id_token;
mod id_token_flaw;
mod judging;
mod keys;
mod records;
mod refreshing;
mod reply;
mod scopes;
mod server;
mod token;

/// The client that the double knows.
pub(crate) const CLIENT_ID: &str = "tom-alerts";
pub(crate) const CLIENT_SECRET: &str = "s3cret-of-the-client";

/// A running double; it and its connections end when it is dropped.
pub(crate) struct GoogleDouble {
    issuer: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What the server and the test both see.
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    google: Google,
    /// Every call in the order in which they arrived.
    journal: Vec<Call>,
    faults: HashMap<Endpoint, VecDeque<Fault>>,
    lasting_faults: HashMap<Endpoint, Fault>,
    api_behind: Option<String>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Changes the state and wakes who waits for a change.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.notify_waiters();
        result
    }
}

impl GoogleDouble {
    /// Listens on a free port of this machine. At the browser is `ada@obs.example`, who agrees to all.
    pub(crate) async fn start() -> Self {
        // Made before the first request, which would otherwise wait for it.
        keys::key(keys::FIRST);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let state = State {
            google: Google::new(issuer.clone()),
            journal: Vec::new(),
            faults: HashMap::new(),
            lasting_faults: HashMap::new(),
            api_behind: None,
        };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() });
        let server = tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        Self { issuer, shared, server }
    }

    /// `http://127.0.0.1:PORT`, the issuer; the API is below it too.
    pub(crate) fn issuer(&self) -> String {
        self.issuer.clone()
    }

    fn google<T>(&self, change: impl FnOnce(&mut Google) -> T) -> T {
        self.shared.change(|state| change(&mut state.google))
    }

    /// Who is at the browser from now on.
    pub(crate) fn account(&self, account: Account) {
        self.google(|google| google.account = account);
    }

    /// What they do at the consent page from now on. No page is shown to somebody who is asked for
    /// nothing new, unless `prompt` says so: then `Decline` and `Only` have no effect.
    pub(crate) fn consent(&self, consent: Consent) {
        self.google(|google| google.consent = consent);
    }

    /// Goes to an authorisation address as the browser does; the address that it is sent back to.
    /// Panics when the browser is left on a page.
    pub(crate) async fn visit(&self, address: &str) -> String {
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
        let response = browser.build().unwrap().get(address).send().await.unwrap();
        let status = response.status();
        let location = response.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
        match location {
            Some(location) => location,
            None => panic!("{status}: {}", response.text().await.unwrap()),
        }
    }

    /// Registers an address to go back to; from the first one on, any other is refused.
    pub(crate) fn register_redirect_uri(&self, redirect_uri: &str) {
        self.google(|google| google.redirect_uris.push(redirect_uri.to_owned()));
    }

    /// How long access tokens live that are given from now on; at first 3599 s.
    pub(crate) fn access_token_lifetime(&self, lifetime: Duration) {
        self.google(|google| google.access_lifetime = lifetime);
    }

    /// Whether each refresh gives a new refresh token, and the replay of an old one ends the grant;
    /// at first not, as at Google.
    pub(crate) fn rotate_refresh_tokens(&self, is_rotating: bool) {
        self.google(|google| google.is_rotating = is_rotating);
    }

    /// Whether a refresh token gains what is granted after it with `include_granted_scopes`; at
    /// first it does. Google's documentation promises that only of the newest refresh token.
    pub(crate) fn refresh_tokens_gain_scopes(&self, is_gaining: bool) {
        self.google(|google| google.is_gaining = is_gaining);
    }

    /// Sets the double's clock ahead of the machine's, or back by a negative number.
    pub(crate) fn clock_ahead(&self, seconds: i64) {
        self.google(|google| google.clock_ahead_s = seconds);
    }

    /// Signs with a new key from now on; the old one is no longer published.
    pub(crate) fn rotate_keys(&self) {
        let next = self.shared.state().google.key + 1;
        keys::key(next);
        self.google(|google| google.key = next);
    }

    /// Gives ID tokens with this flaw from now on, or sound ones.
    pub(crate) fn flaw(&self, flaw: Option<IdTokenFlaw>) {
        // The key of a stranger is made here, and not while a client waits.
        keys::key(keys::FOREIGN);
        self.google(|google| google.flaw = flaw);
    }

    /// The next so many requests of an endpoint fail so, after those that were ordered before.
    #[track_caller]
    pub(crate) fn fail_next(&self, endpoint: Endpoint, fault: Fault, times: usize) {
        assert!(fault.fits(endpoint), "{endpoint:?} cannot fail by {fault:?}");
        self.shared.change(|state| {
            state.faults.entry(endpoint).or_default().extend(vec![fault; times]);
        });
    }

    /// Every request of an endpoint fails so when the ordered faults are used up.
    #[track_caller]
    pub(crate) fn fail_always(&self, endpoint: Endpoint, fault: Fault) {
        assert!(fault.fits(endpoint), "{endpoint:?} cannot fail by {fault:?}");
        self.shared.change(|state| state.lasting_faults.insert(endpoint, fault));
    }

    /// Forgets the faults that were ordered for an endpoint.
    pub(crate) fn heal(&self, endpoint: Endpoint) {
        self.shared.change(|state| {
            state.faults.remove(&endpoint);
            state.lasting_faults.remove(&endpoint);
        });
    }

    /// Puts a service behind the API: calls with a good token go on to it, without the token.
    pub(crate) fn forward_api_to(&self, url: &str) {
        self.shared.change(|state| state.api_behind = Some(url.to_owned()));
    }

    /// The time of all access tokens of this address is over.
    pub(crate) fn expire_access_tokens(&self, email: &str) {
        self.google(|google| google.expire_access_tokens(email));
    }

    /// The owner of this address takes back all access on Google's own page.
    pub(crate) fn revoke_all(&self, email: &str) {
        self.google(|google| google.revoke_all(email));
    }

    /// The refresh tokens of this address end for this cause.
    pub(crate) fn end_grants(&self, email: &str, ending: Ending) {
        self.google(|google| google.end_grants(email, ending));
    }
}

impl Drop for GoogleDouble {
    fn drop(&mut self) {
        self.server.abort();
    }
}
