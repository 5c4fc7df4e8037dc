//! Requests per second and latencies of the pages that people look at most, over a running service.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::Context;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tom_alerts::{
    actions::runs::{Runner, RunnerSettings},
    brokers::{
        BackendSettings, Brokers, all_backends, database::BigQueryService, pubsub::PubSubService,
    },
    clock::Clock,
    domain::{
        sky::Position,
        timing::{Timing, WebTiming},
    },
    google::Access,
    storage::Storage,
    telemetry,
    web::{self, AppState, Site, StateParts},
};

use crate::{
    fill::Filled,
    load::{self, Outcome},
    setting::processor_time::ProcessorTime,
    sky_points::place,
};

/// Connections that ask at the same time.
const CONNECTIONS: usize = 32;

/// Different circles on the sky that are searched.
const CONES: usize = 1_000;

/// Rows before a deep page, as a share of the run.
const DEEP_SHARE: usize = 2;

/// Warm-up and measured time of a scenario, seconds.
pub(crate) type Spans = (u32, u32);

/// For the small set.
pub(crate) const SHORT: Spans = (1, 4);
/// For the large set.
pub(crate) const LONG: Spans = (2, 8);

/// What is asked for over and over.
struct Scenario {
    title: String,
    paths: Vec<String>,
    encoding: &'static str,
}

impl Scenario {
    fn new(title: &str, paths: Vec<String>) -> Self {
        Self { title: title.to_owned(), paths, encoding: "gzip" }
    }

    fn uncompressed(mut self) -> Self {
        self.title.push_str(", no gzip");
        self.encoding = "identity";
        self
    }
}

/// The service under load.
pub(crate) struct Service {
    address: SocketAddr,
    http: reqwest::Client,
    stop: CancellationToken,
    storage: Storage,
    place: PathBuf,
}

impl Service {
    /// Starts to serve from this process.
    pub(crate) async fn start(storage: &Storage, place: &Path) -> anyhow::Result<Self> {
        Self::start_with(storage, place, None).await
    }

    /// Another one on the same database, which reads from this emulator.
    pub(crate) async fn beside(&self, host: &str) -> anyhow::Result<Self> {
        Self::start_with(&self.storage, &self.place, Some(host)).await
    }

    async fn start_with(
        storage: &Storage,
        place: &Path,
        emulator: Option<&str>,
    ) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let timing = Timing::default();
        let brokers = Brokers::new(all_backends(BackendSettings {
            archives: vec![place.join("night.tar.gz")],
            uploads: place.join("no-uploads"),
            pubsub: PubSubService::at(emulator, &timing)?,
            bigquery: BigQueryService::at(None, &timing)?,
        }));
        let runner = Runner::new(
            storage.clone(),
            brokers.clone(),
            Access::default(),
            RunnerSettings { shutdown: stop.clone(), ..RunnerSettings::default() },
        );
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let site = Site::local(
            format!("http://{address}").parse()?,
            address,
            storage.local_asker().await?,
        );
        let timing = WebTiming::default();
        let metrics = telemetry::collect_metrics()?;
        let state = AppState::new(StateParts {
            storage: storage.clone(),
            brokers,
            runner,
            clock: Clock::system(),
            site,
            metrics,
            timing,
            retention: Duration::from_hours(30 * 24),
        });
        let router = web::router(state);
        tokio::spawn(web::server::serve(listener, router, stop.clone(), timing));
        let (storage, place) = (storage.clone(), place.to_owned());
        Ok(Self { address, http: reqwest::Client::new(), stop, storage, place })
    }

    /// Calls the API.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let url = format!("http://{}{path}", self.address);
        let mut request = self.http.request(method.parse()?, url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await?.error_for_status()?;
        Ok(serde_json::from_slice(&answer.bytes().await?)?)
    }

    /// Measures one page.
    pub(crate) async fn measure_page(
        &self,
        title: &str,
        path: &str,
        scratch: &Path,
        spans: Spans,
    ) -> anyhow::Result<()> {
        self.measure_one(&Scenario::new(title, vec![path.to_owned()]), scratch, spans).await
    }

    /// Ends the service.
    pub(crate) fn stop(self) {
        self.stop.cancel();
    }

    /// Measures every page.
    pub(crate) async fn measure(
        &self,
        filled: &Filled,
        scratch: &Path,
        spans: Spans,
    ) -> anyhow::Result<()> {
        print_heading(&format!("{} alerts in the run, {} targets", filled.n_rows, filled.n_rows));
        for scenario in self.scenarios(filled).await? {
            self.measure_one(&scenario, scratch, spans).await?;
        }
        print_heading("");
        Ok(())
    }

    /// Measures what else may cost: answers without compression, and a run whose rows are all ticked.
    pub(crate) async fn measure_bulk_cases(
        &self,
        filled: &Filled,
        storage: &Storage,
        scratch: &Path,
    ) -> anyhow::Result<()> {
        print_heading(&format!("{} rows, other cases", filled.n_rows));
        for scenario in self.scenarios(filled).await? {
            self.measure_one(&scenario.uncompressed(), scratch, SHORT).await?;
        }
        let health = Scenario::new("/healthz (no database)", vec!["/healthz".to_owned()]);
        self.measure_one(&health, scratch, SHORT).await?;
        let asker = storage.local_asker().await?;
        storage.select_all(&asker, filled.run).await?;
        let all_ticked =
            Scenario::new("run, first page, all ticked", vec![format!("/runs/{}/", filled.run)]);
        self.measure_one(&all_ticked, scratch, SHORT).await?;
        storage.clear_selection(&asker, filled.run).await?;
        Ok(())
    }

    async fn scenarios(&self, filled: &Filled) -> anyhow::Result<Vec<Scenario>> {
        let run = filled.run;
        let deep = self.deep_page(filled, "").await?;
        let deep_by_mag = self.deep_page(filled, "order=-mag&").await?;
        Ok(vec![
            Scenario::new("query list", vec!["/alerts/query/list/".to_owned()]),
            Scenario::new("run, first page", vec![format!("/runs/{run}/")]),
            Scenario::new("run, deep page", vec![deep]),
            Scenario::new("run, first page, -mag", vec![format!("/runs/{run}/?order=-mag")]),
            Scenario::new("run, deep page, -mag", vec![deep_by_mag]),
            Scenario::new("target list", vec!["/targets/".to_owned()]),
            Scenario::new("cone search 0.1 deg", (0..CONES).map(cone_path).collect()),
            Scenario::new(
                "API, alerts of the run",
                vec![format!("/api/runs/{run}/alerts/?page=1")],
            ),
        ])
    }

    /// The page in the middle of a run, found as a user finds it: by following "next".
    async fn deep_page(&self, filled: &Filled, order: &str) -> anyhow::Result<String> {
        const PAGE_SIZE: usize = 200;
        let mut cursor = String::new();
        for _ in 0..filled.n_rows / DEEP_SHARE / PAGE_SIZE {
            let path = format!("/runs/{}/?{order}page_size={PAGE_SIZE}&after={cursor}", filled.run);
            let body = self
                .http
                .get(format!("http://{}{path}", self.address))
                .send()
                .await?
                .text()
                .await?;
            cursor = body
                .split("after=")
                .skip(1)
                .filter_map(|rest| rest.split(['"', '&']).next())
                .find(|found| *found != cursor)
                .context("the page has no next page")?
                .to_owned();
        }
        Ok(format!("/runs/{}/?{order}after={cursor}", filled.run))
    }

    async fn measure_one(
        &self,
        scenario: &Scenario,
        scratch: &Path,
        spans: Spans,
    ) -> anyhow::Result<()> {
        let paths = scratch.join("paths.txt");
        std::fs::write(&paths, scenario.paths.join("\n"))?;
        let mut generator = Command::new(std::env::current_exe()?);
        generator
            .args([load::ARGUMENT, &self.address.to_string()])
            .arg(paths)
            .args([
                scenario.encoding,
                &spans.0.to_string(),
                &spans.1.to_string(),
                &CONNECTIONS.to_string(),
            ])
            .stdout(Stdio::piped());
        let (outcome, used) = tokio::task::spawn_blocking(move || watch(generator)).await??;
        print_row(&scenario.title, &outcome, used);
        Ok(())
    }
}

/// Lets the load generator work; what it saw, and the processor time of the others meanwhile.
fn watch(mut generator: Command) -> anyhow::Result<(Outcome, ProcessorTime)> {
    let mut process = generator.spawn()?;
    let mut lines = BufReader::new(process.stdout.take().context("its output is ours")?).lines();
    let first = lines.next().context("the load generator said nothing")??;
    anyhow::ensure!(first == load::BEGIN, "the load generator said {first}");
    let before = ProcessorTime::now()?;
    let last = lines.next().context("the load generator gave no result")??;
    let used = ProcessorTime::now()? - before;
    process.wait()?;
    Ok((serde_json::from_str(&last)?, used))
}

/// Circles everywhere: every second around a target, among the others RA 0 and both poles.
fn cone_path(number: usize) -> String {
    let center = match number {
        3 => Position::new(0.0, 0.0),
        5 => Position::new(359.99, 12.0),
        7 => Position::new(0.01, -30.0),
        9 => Position::new(0.0, 90.0),
        11 => Position::new(0.0, -90.0),
        number if number.is_multiple_of(2) => Ok(place(number)),
        number => Ok(place(50_000 + number)),
    };
    let center = center.unwrap_or(place(number));
    format!("/targets/?cone_search={:.6}%2C{:.6}%2C0.1", center.ra_deg(), center.dec_deg())
}

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
fn print_heading(title: &str) {
    if title.is_empty() {
        println!();
        return;
    }
    println!("{title}; {CONNECTIONS} keep-alive connections, closed loop");
    println!(
        "{:<34}{:>10}{:>9}{:>9}{:>8}{:>9}{:>9}{:>10}{:>11}{:>7}",
        "",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "kB each",
        "cpu own",
        "cpu db",
        "cpu load",
        "cpu ms/req",
        "busy"
    );
}

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#[expect(clippy::cast_precision_loss, reason = "figures for reading need three digits")]
fn print_row(title: &str, outcome: &Outcome, used: ProcessorTime) {
    let requests = outcome.requests as f64;
    let n_cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    // Where other programs keep the machine busy this says more than the rate.
    let cpu_ms_each = (used.own + used.database) * 1e3 / requests;
    let busy = (used.own + used.database + outcome.cpu_seconds) / (outcome.seconds * n_cores);
    let failures =
        if outcome.failed == 0 { String::new() } else { format!("   {} not 200", outcome.failed) };
    println!(
        "{title:<34}{:>10.0}{:>9.2}{:>9.2}{:>8.1}{:>9.2}{:>9.2}{:>10.2}{cpu_ms_each:>11.2}{:>6.0}%{failures}",
        requests / outcome.seconds,
        outcome.p50_ms,
        outcome.p99_ms,
        outcome.bytes as f64 / 1e3 / requests,
        used.own,
        used.database,
        outcome.cpu_seconds,
        busy * 100.0,
    );
}
