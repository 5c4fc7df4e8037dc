//! A service of its own for each test, with verbs for what a user does.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};

use reqwest::{Client, RequestBuilder, redirect};
use serde_json::{Value, json};
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tom_alerts::{
    actions::{
        credentials::Credentials,
        run_limits::RunLimits,
        runs::{Runner, RunnerSettings},
        sign_in::SignIn,
    },
    brokers::{
        BackendSettings, Broker, Brokers, all_backends, database::BigQueryService,
        pubsub::PubSubService,
    },
    clock::Clock,
    domain::timing::Timing,
    google::Access,
    packets,
    storage::Storage,
    telemetry,
    web::{self, AppState, Site, StateParts},
};

use crate::timing;
pub(crate) use crate::{answer::Answer, databases::fresh_database, nights::write_night};

/// How long a client of ours keeps a connection that nothing goes over: the service closes it after 10 s, maybe just when
/// the next request is on its way.
pub(crate) const IDLE: Duration = Duration::from_secs(3);

/// A running service with a database and an archive of its own.
pub(crate) struct TestApp {
    pub(crate) base: String,
    pub(crate) storage: Storage,
    pub(crate) database_url: String,
    pub(crate) runner: Runner,
    pub(crate) archive: PathBuf,
    pub(crate) http: Client,
    stop: CancellationToken,
    _place: Arc<TempDir>,
}

/// What a service stands on: an address, a database, an archive.
pub(crate) struct Ground {
    pub(crate) base: String,
    pub(crate) address: SocketAddr,
    pub(crate) storage: Storage,
    database_url: String,
    listener: TcpListener,
    place: Arc<TempDir>,
}

/// What a service is put together from.
pub(crate) struct Parts {
    pub(crate) pubsub: PubSubService,
    pub(crate) bigquery: BigQueryService,
    pub(crate) credentials: Credentials,
    pub(crate) site: Site,
    pub(crate) sign_in: Option<Arc<SignIn>>,
    pub(crate) clock: Clock,
    pub(crate) timing: Timing,
    pub(crate) requests_a_minute: Option<NonZeroU32>,
    pub(crate) limits: RunLimits,
}

impl Ground {
    /// Takes a free port, and a database as it is.
    pub(crate) async fn lay(database_url: String) -> Self {
        packets::install_limits();
        let storage =
            Storage::connect_with(&database_url, &timing::short().database).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let place = Arc::new(tempfile::tempdir().unwrap());
        Self { base: format!("http://{address}"), address, storage, database_url, listener, place }
    }

    /// Serves on it what the program serves.
    pub(crate) fn build(self, parts: Parts) -> TestApp {
        self.build_with(parts, |backends| backends)
    }

    /// Serves on it, with another list of backends than the program's.
    pub(crate) fn build_with(
        self,
        parts: Parts,
        change: impl FnOnce(Vec<Arc<dyn Broker>>) -> Vec<Arc<dyn Broker>>,
    ) -> TestApp {
        let Parts {
            pubsub,
            bigquery,
            credentials,
            site,
            sign_in,
            clock,
            timing,
            requests_a_minute,
            limits,
        } = parts;
        let archive = self.place.path().join("night");
        let uploads = self.place.path().join("uploads");
        std::fs::create_dir_all(&archive).unwrap();
        std::fs::create_dir_all(&uploads).unwrap();
        let archives = vec![archive.clone()];
        let backends = all_backends(BackendSettings { archives, uploads, pubsub, bigquery });
        let brokers = Brokers::new(change(backends));
        let stop = CancellationToken::new();
        let settings = RunnerSettings {
            clock: clock.clone(),
            timing,
            limits,
            shutdown: stop.clone(),
            ..RunnerSettings::default()
        };
        let runner =
            Runner::new(self.storage.clone(), brokers.clone(), credentials.clone(), settings);
        let metrics = telemetry::collect_metrics().unwrap();
        let state = AppState::new(StateParts {
            storage: self.storage.clone(),
            brokers,
            runner: runner.clone(),
            clock,
            site,
            metrics,
            timing: timing.web,
            retention: Duration::from_hours(30 * 24),
        })
        .with_sign_in(sign_in, credentials)
        .with_requests_a_minute(requests_a_minute);
        tokio::spawn(web::server::serve(
            self.listener,
            web::router(state),
            stop.clone(),
            timing.web,
        ));
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .cookie_store(true)
            .pool_idle_timeout(IDLE)
            .build()
            .unwrap();
        TestApp {
            base: self.base,
            storage: self.storage,
            database_url: self.database_url,
            runner,
            archive,
            http,
            stop,
            _place: self.place,
        }
    }
}

impl TestApp {
    /// A service whose archive `night` holds 40 simulated packets.
    pub(crate) async fn start() -> Self {
        let app = Self::start_empty().await;
        write_night(&app.archive, 1, 40);
        app
    }

    /// A service whose archive `night` is empty.
    pub(crate) async fn start_empty() -> Self {
        Self::start_timed(&timing::short()).await
    }

    /// The same, so patient.
    pub(crate) async fn start_timed(timing: &Timing) -> Self {
        Self::start_with(PubSubService::at(None, timing).unwrap(), Access::default()).await
    }

    /// A service whose streams come from here, as patient as they are.
    pub(crate) async fn start_with(pubsub: PubSubService, access: Access) -> Self {
        Self::start_limited(pubsub, access, RunLimits::default()).await
    }

    /// The same with limits for each member.
    pub(crate) async fn start_limited(
        pubsub: PubSubService,
        access: Access,
        limits: RunLimits,
    ) -> Self {
        let bigquery = BigQueryService::at(None, &pubsub.timing).unwrap();
        Self::start_on(pubsub, bigquery, access, limits).await
    }

    /// A service whose tables are here, as patient as they are.
    pub(crate) async fn start_with_bigquery(bigquery: BigQueryService, access: Access) -> Self {
        let pubsub = PubSubService::at(None, &bigquery.timing).unwrap();
        Self::start_on(pubsub, bigquery, access, RunLimits::default()).await
    }

    /// A service with another list of backends than the program's.
    pub(crate) async fn start_with_backends(
        change: impl FnOnce(Vec<Arc<dyn Broker>>) -> Vec<Arc<dyn Broker>>,
    ) -> Self {
        let timing = timing::short();
        let pubsub = PubSubService::at(None, &timing).unwrap();
        let bigquery = BigQueryService::at(None, &timing).unwrap();
        let ground = Ground::lay(fresh_database().await).await;
        let parts =
            Self::parts(&ground, pubsub, bigquery, Access::default(), RunLimits::default()).await;
        ground.build_with(parts, change)
    }

    async fn start_on(
        pubsub: PubSubService,
        bigquery: BigQueryService,
        access: Access,
        limits: RunLimits,
    ) -> Self {
        let ground = Ground::lay(fresh_database().await).await;
        let parts = Self::parts(&ground, pubsub, bigquery, access, limits).await;
        ground.build(parts)
    }

    /// A service in local mode.
    async fn parts(
        ground: &Ground,
        pubsub: PubSubService,
        bigquery: BigQueryService,
        access: Access,
        limits: RunLimits,
    ) -> Parts {
        let asker = ground.storage.local_asker().await.unwrap();
        let site = Site::local(url::Url::parse(&ground.base).unwrap(), ground.address, asker);
        let (credentials, timing) = (access.into(), pubsub.timing);
        Parts {
            pubsub,
            bigquery,
            credentials,
            site,
            sign_in: None,
            clock: Clock::system(),
            timing,
            // In local mode it holds for nobody.
            requests_a_minute: Some(NonZeroU32::MIN),
            limits,
        }
    }

    pub(crate) async fn pool(&self) -> PgPool {
        PgPool::connect(&self.database_url).await.unwrap()
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::to(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base))).await
    }

    /// Sends a form as a page of ours does.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request =
            self.http.post(format!("{}{path}", self.base)).header("sec-fetch-site", "same-origin");
        self.send(request.form(form)).await
    }

    /// The same, and goes where it leads.
    pub(crate) async fn post_to_page(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let led = self.post(path, form).await.expect(303);
        self.get(led.location()).await
    }

    /// Sends JSON as a script does.
    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(self.http.post(format!("{}{path}", self.base)).json(body)).await
    }

    /// Sends JSON with another method.
    pub(crate) async fn send_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let method = method.parse().unwrap();
        self.send(self.http.request(method, format!("{}{path}", self.base)).json(body)).await
    }

    /// Runs a query without saving it and waits for its end.
    pub(crate) async fn run(&self, parameters: Value) -> Value {
        let mut parameters = parameters;
        if parameters.get("folder").is_none() {
            parameters["folder"] = json!("night");
        }
        let started = self
            .post_json("/api/runs/", &json!({"broker": "archive", "parameters": parameters}))
            .await
            .expect(202);
        self.wait(started.json()["id"].as_i64().unwrap()).await
    }

    /// Waits until a run has ended.
    pub(crate) async fn wait(&self, id: i64) -> Value {
        let mut run = Value::Null;
        for _ in 0..1_200 {
            run = self.get(&format!("/api/runs/{id}/")).await.expect(200).json();
            if !matches!(run["state"].as_str(), Some("queued" | "running")) {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the run does not end: {run}");
    }

    /// Begins to stop the service, as a signal does.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Every result of a run in an order.
    pub(crate) async fn results(&self, run: &Value, order: &str) -> Vec<Value> {
        let path = format!("/api/runs/{}/alerts/?page_size=1000&order={order}", run["id"]);
        self.get(&path).await.expect(200).json()["results"].as_array().unwrap().clone()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
