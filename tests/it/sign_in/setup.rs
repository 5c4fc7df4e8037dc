//! A deployment whose people sign in at a double of Google.

use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tom_alerts::{
    actions::{
        credentials::Credentials,
        grants::Grants,
        run_limits::RunLimits,
        sign_in::{Policy, SignIn},
    },
    brokers::{database::BigQueryService, pubsub::PubSubService},
    clock::Clock,
    domain::{grant::GoogleRight, timing::Timing},
    google::{
        Access, Token, TokenSource,
        cipher::Cipher,
        oauth::{Client, Provider},
    },
    simulate::{Night, SimulatedPacket, default_night},
    storage::{NewSession, SIGNED_IN, Storage},
    web::Site,
};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
};

use super::Browser;
use crate::{
    google_double::{Account, CLIENT_ID, CLIENT_SECRET, GoogleDouble},
    pubsub_double::PubSubDouble,
    support::{Ground, Parts, TestApp, fresh_database},
    timing,
};

pub(crate) const ADA: &str = "ada@obs.example";
pub(crate) const BOB: &str = "bob@obs.example";
/// The project of the deployment.
pub(crate) const PROJECT: &str = "site-proj";
/// A key for tokens.
pub(crate) const KEY: [u8; 32] = [0x5a; 32];

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// What a deployment is set to.
#[derive(Clone)]
pub(crate) struct SignInSetup {
    pub(crate) policy: Policy,
    pub(crate) access: Access,
    /// `None`: Google's own, which nothing here may ask.
    pub(crate) bigquery: Option<BigQueryService>,
    pub(crate) clock: Clock,
    pub(crate) key: [u8; 32],
    pub(crate) previous_key: Option<[u8; 32]>,
    /// `None`: the address that is listened to, by http.
    pub(crate) public_url: Option<&'static str>,
    /// `None`: a new one.
    pub(crate) database_url: Option<String>,
    /// Whether browsers may say where they are: each request then comes from an address of its own.
    pub(crate) is_behind_proxy: bool,
    /// Requests that a member may make in a minute; `None`: any number.
    pub(crate) requests_a_minute: Option<NonZeroU32>,
    /// What the runs of a member may take.
    pub(crate) limits: RunLimits,
    /// How patient it is.
    pub(crate) timing: Timing,
}

impl Default for SignInSetup {
    /// Everybody of `obs.example` is welcome; browsers come through a proxy; runs act as their members.
    fn default() -> Self {
        Self {
            policy: Policy { admins: Vec::new(), domains: vec!["obs.example".to_owned()] },
            access: Access { project: Some(PROJECT.to_owned()), tokens: None },
            bigquery: None,
            clock: Clock::system(),
            key: KEY,
            previous_key: None,
            public_url: None,
            database_url: None,
            is_behind_proxy: true,
            requests_a_minute: None,
            limits: RunLimits::default(),
            timing: timing::short(),
        }
    }
}

/// A running deployment.
pub(crate) struct Deployment {
    pub(crate) app: TestApp,
    pub(crate) google: Arc<GoogleDouble>,
    pub(crate) sign_in: Arc<SignIn>,
    pub(crate) pool: PgPool,
    pub(crate) public_url: url::Url,
}

impl SignInSetup {
    /// The same reached by https, as a deployment for many is.
    pub(crate) fn https() -> Self {
        Self { public_url: Some("https://alerts.obs.example"), ..Self::default() }
    }

    /// The deployment, with a Google of its own.
    pub(crate) async fn start(self) -> Deployment {
        let google = Arc::new(GoogleDouble::start().await);
        self.start_at(google).await
    }

    /// The deployment at this Google.
    pub(crate) async fn start_at(self, google: Arc<GoogleDouble>) -> Deployment {
        let database_url = match &self.database_url {
            Some(url) => url.clone(),
            None => fresh_database().await,
        };
        let ground = Ground::lay(database_url).await;
        let public_url = self.public_url.unwrap_or(&ground.base);
        let public_url = url::Url::parse(public_url).unwrap();
        let redirect_uri = public_url.join("accounts/callback/").unwrap();
        google.register_redirect_uri(redirect_uri.as_str());
        let sign_in = self.sign_in(&ground.storage, &google.issuer(), redirect_uri.as_str());
        let timing = self.timing;
        let pubsub = PubSubService::behind(google.issuer().parse().unwrap(), &timing).unwrap();
        let site = Site::shared(public_url.clone(), sign_in.provider_origin());
        let trusted: &[_] =
            if self.is_behind_proxy { &[std::net::IpAddr::from([127, 0, 0, 1])] } else { &[] };
        let app = ground.build(Parts {
            pubsub,
            bigquery: self.bigquery.unwrap_or_else(|| BigQueryService::at(None, &timing).unwrap()),
            credentials: Credentials::with_grants(self.access, sign_in.grants().clone()),
            site: site.trusting(trusted),
            sign_in: Some(sign_in.clone()),
            clock: self.clock,
            timing,
            requests_a_minute: self.requests_a_minute,
            limits: self.limits,
        });
        let pool = app.pool().await;
        Deployment { app, google, sign_in, pool, public_url }
    }

    fn sign_in(&self, storage: &Storage, issuer: &str, redirect_uri: &str) -> Arc<SignIn> {
        Arc::new(SignIn::new(
            storage.clone(),
            provider(issuer, redirect_uri, &self.timing),
            self.cipher(),
            self.policy.clone(),
            self.clock.clone(),
            self.timing.grants,
        ))
    }

    pub(crate) fn cipher(&self) -> Arc<Cipher> {
        Arc::new(Cipher::new(&self.key, self.previous_key.as_ref()).unwrap())
    }
}

/// The double, as a deployment knows it.
fn provider(issuer: &str, redirect_uri: &str, timing: &Timing) -> Arc<Provider> {
    let client = Client {
        issuer: issuer.to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: Token::new(CLIENT_SECRET.to_owned()),
        redirect_uri: redirect_uri.to_owned(),
    };
    Arc::new(Provider::new(client, timing).unwrap())
}

impl Deployment {
    pub(crate) async fn start() -> Self {
        SignInSetup::default().start().await
    }

    /// A browser that was never here.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.app.base, &self.public_url, self.google.clone())
    }

    /// A browser where this address has just signed in.
    pub(crate) async fn signed_in(&self, email: &str) -> Browser {
        self.google.account(Account::new(email));
        let browser = self.browser();
        let answer = browser.sign_in("/").await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"), "{}", answer.body);
        browser
    }

    /// The same, and they have granted Pub/Sub.
    pub(crate) async fn connected(&self, email: &str) -> Browser {
        let browser = self.signed_in(email).await;
        let answer = browser.connect("pubsub", "/").await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"), "{}", answer.body);
        browser
    }

    /// Another process with its own memory on the same database.
    pub(crate) async fn other_process(&self) -> Arc<Grants> {
        let storage =
            Storage::connect_with(&self.app.database_url, &timing::short().database).await.unwrap();
        let redirect_uri = self.public_url.join("accounts/callback/").unwrap();
        let setup = SignInSetup::default();
        let provider = provider(&self.google.issuer(), redirect_uri.as_str(), &setup.timing);
        Grants::new(storage, provider, setup.cipher(), setup.clock, setup.timing.grants)
    }

    pub(crate) async fn member_id(&self, email: &str) -> i64 {
        sqlx::query_scalar("select id from member where email = $1")
            .bind(email)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// Pub/Sub tokens of an address, as its runs get them.
    pub(crate) async fn tokens_of(&self, email: &str) -> Arc<dyn TokenSource> {
        let member_id = self.member_id(email).await;
        self.sign_in.grants().source(member_id, email.to_owned(), GoogleRight::PubSub)
    }

    /// A number from the database.
    pub(crate) async fn count(&self, sql: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&self.pool).await.unwrap()
    }

    /// Changes the database behind the service's back; how many rows.
    pub(crate) async fn execute(&self, sql: &str) -> u64 {
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::query(sql).execute(&self.pool).await.unwrap().rows_affected()
    }

    pub(crate) async fn sessions(&self) -> i64 {
        self.count("select count(*) from session").await
    }

    /// Makes a session of a member without a sign-in; what its cookie holds.
    pub(crate) async fn session_of(&self, member_id: i64) -> String {
        let new = NewSession { member_id, browser: "Firefox on Linux".to_owned() };
        let mut record = Record {
            id: Id::default(),
            data: [(SIGNED_IN.to_owned(), serde_json::to_value(new).unwrap())].into(),
            expiry_date: SystemTime::now().into(),
        };
        self.app.storage.sessions().create(&mut record).await.unwrap();
        record.id.to_string()
    }

    /// The time of every access token here is over.
    pub(crate) async fn expire_here(&self) {
        self.execute(
            "update google_credential set access_expires = now() - interval '1 second',
                                          access_obtained = now() - interval '1 hour'",
        )
        .await;
    }

    /// A Pub/Sub behind the double's API, with a topic and a subscription `loop-1` in this project.
    pub(crate) async fn stream(&self, project: &str) -> Stream {
        let double = PubSubDouble::start().await;
        self.google.forward_api_to(&double.url());
        let topic = double.create_topic(project, "loop-1");
        double.create_subscription(project, "loop-1", &topic);
        Stream { double, topic }
    }

    /// Waits until a run has ended, as its page has it.
    pub(crate) async fn ended(&self, browser: &Browser, id: i64) -> Value {
        for _ in 0..2_400 {
            let run = browser.get(&format!("/api/runs/{id}/")).await.expect(200).json();
            if !matches!(run["state"].as_str(), Some("queued" | "running")) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("run {id} does not end");
    }

    /// Starts a run of `loop-1` that ends after a second of silence unless it says otherwise.
    pub(crate) async fn begin_run(&self, browser: &Browser, more: Value) -> i64 {
        let mut parameters = json!({"subscription_name": "loop-1", "timeout": 1});
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let body = json!({"broker": "stream-rest", "parameters": parameters});
        let started = browser.post_json("/api/runs/", &body).await.expect(202);
        started.json()["id"].as_i64().unwrap()
    }

    /// The database's word for whom a run acted as, and for the right that it lacked.
    pub(crate) async fn run_row(&self, id: i64) -> (Option<String>, Option<String>) {
        sqlx::query_as("select acts_as, lacks_scope from run where id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await
            .unwrap()
    }

    /// When the grant of an address was last renewed.
    pub(crate) async fn last_refresh(&self, email: &str) -> Option<DateTime<Utc>> {
        let found = self.app.storage.find_credential(self.member_id(email).await).await.unwrap();
        found.unwrap().grant.last_refresh
    }
}

/// A Pub/Sub with one topic.
pub(crate) struct Stream {
    pub(crate) double: PubSubDouble,
    topic: String,
}

impl Stream {
    /// Publishes packets of a simulated night.
    pub(crate) fn publish(&self, seed: u64, n_packets: usize) {
        let night = Night { seed, n_packets, ..default_night() };
        let packets: Vec<SimulatedPacket> = night.packets().collect();
        for packet in packets {
            self.double.publish(&self.topic, &packet.bytes, &[]);
        }
    }
}
