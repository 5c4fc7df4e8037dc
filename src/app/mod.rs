//! Composition: starts every part in order, serves, and stops in the reverse order.

mod accounts;
mod backends;
mod database;
mod ending;
mod ingest;
mod schemas;
mod settings;

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use futures::future::BoxFuture;
use tokio::net::TcpSocket;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::{
    backends::{brokers, pubsub_service},
    database::Database,
};
pub use self::{ingest::ingest, settings::check_settings};
use crate::{
    actions::{
        credentials::Credentials,
        run_limits::RunLimits,
        runs::{Runner, RunnerSettings},
    },
    brokers::{Brokers, pubsub},
    clock::Clock,
    config::{GoogleConfig, LimitsConfig, ServeConfig, SimulateConfig, TimingConfig},
    domain::timing::Timing,
    google::{
        Access, ServiceAccount, TokenSource,
        pubsub::{SchemaPath, SubscriptionPath, TopicPath},
    },
    packets, simulate,
    storage::{Storage, StorageError},
    telemetry,
    web::{self, AppState, StateParts},
};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How often are old alerts pruned, and how many in one go?
const PRUNE_EVERY: Duration = Duration::from_hours(1);
const PRUNE_BATCH: i64 = 2_000;

/// Resolves when the program shall end. A boxed one: the whole service would be compiled again for each kind of future.
pub type Stop = BoxFuture<'static, ()>;

/// Serves until `stop` resolves. `on_ready` is told the address once requests are answered.
pub async fn serve(
    config: ServeConfig,
    stop: Stop,
    on_ready: Box<dyn FnOnce(SocketAddr) + Send>,
) -> anyhow::Result<()> {
    accounts::check_exposure(&config)?;
    packets::install_limits();
    schemas::add_schemas(config.schemas.as_deref())?;
    if config.dev {
        web::serve_static_files_from(settings::folder_of_developers(&config)?);
    }
    let socket = ending::take_address(config.listen)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let data_dir = config.data_dir();
    let database = Database::start(config.database_url.as_deref(), &data_dir).await?;
    let served = serve_on(socket, &config, &data_dir, &database, stop, on_ready).await;
    database.stop().await;
    served
}

async fn serve_on(
    socket: TcpSocket,
    config: &ServeConfig,
    data_dir: &Path,
    database: &Database,
    stop: Stop,
    on_ready: Box<dyn FnOnce(SocketAddr) + Send>,
) -> anyhow::Result<()> {
    let metrics = telemetry::collect_metrics()?;
    let storage = database.connect().await?;
    let (clock, timing) = (Clock::system(), timing_of(config.timing));
    let brokers = brokers(config, data_dir, &timing).await?;
    let address = socket.local_addr()?;
    let public_url = settings::public_url(config, address)?;
    let access = google_access(&config.google)?;
    let sign_in =
        accounts::sign_in(&config.sign_in, data_dir, &public_url, &storage, &clock, &timing)
            .await?;
    let credentials = accounts::credentials(access, sign_in.as_deref());
    let shutdown = CancellationToken::new();
    let settings = RunnerSettings {
        clock: clock.clone(),
        timing,
        limits: run_limits(&config.limits),
        command: "serve",
        shutdown: shutdown.clone(),
    };
    let runner = runner(database, &storage, &brokers, credentials.clone(), settings).await?;
    let site = accounts::site(sign_in.as_deref(), public_url, address, &storage).await?;
    let state = AppState::new(StateParts {
        storage: storage.clone(),
        brokers,
        runner: runner.clone(),
        clock,
        site: site.trusting(&config.trusted_proxies),
        metrics,
        timing: timing.web,
        retention: config.retention,
    })
    .with_sign_in(sign_in, credentials)
    .with_requests_a_minute(config.limits.requests());

    let watching = tokio::spawn(runner.clone().watch());
    let pruning = tokio::spawn(prune(storage.clone(), config.retention, shutdown.clone()));
    let delay = ending::delay(config, state.site().local_asker().is_some());
    tokio::spawn(ending::end_in_order(stop, runner.clone(), delay, shutdown.clone()));
    // Until here connections are refused, so that a proxy goes to another replica.
    let listener = socket.listen(BACKLOG).with_context(|| format!("cannot listen on {address}"))?;
    info!("Ready: open {} in a browser", state.site().public_url());
    on_ready(address);
    web::server::serve(listener, web::router(state), shutdown.clone(), timing.web).await;
    if !runner.finish_in_time().await {
        warn!("Some runs did not finish in time; they will be marked interrupted");
    }
    let _ = tokio::join!(watching, pruning);
    storage.close().await;
    Ok(())
}

/// Who works on runs in this process.
async fn runner(
    database: &Database,
    storage: &Storage,
    brokers: &Brokers,
    credentials: Credentials,
    settings: RunnerSettings,
) -> anyhow::Result<Runner> {
    let runner = Runner::new(storage.clone(), brokers.clone(), credentials, settings);
    if database.is_private() {
        // Nobody else uses this database: whatever was live died with the process before us.
        runner.interrupt_all().await?;
    }
    Ok(runner)
}

/// How patient the service is.
fn timing_of(config: TimingConfig) -> Timing {
    let divisor = config.timing_divisor;
    if divisor.get() > 1 {
        warn!("Every patience is divided by {divisor}: this is for tests, and for nothing else");
    }
    Timing::default().shortened(divisor)
}

/// What the runs of one member may take.
fn run_limits(limits: &LimitsConfig) -> RunLimits {
    RunLimits {
        at_once: limits.runs_at_once,
        listeners: limits.listeners,
        pulls_a_minute: limits.pulls(),
        ..RunLimits::default()
    }
}

/// Whom the deployment acts as towards Google: a service account, if it has one.
fn google_access(config: &GoogleConfig) -> anyhow::Result<Access> {
    // An emulator asks for no credentials, and must not be sent any.
    let key_file = config.credentials.as_deref().filter(|_| config.pubsub_emulator.is_none());
    let account = key_file
        .map(ServiceAccount::from_key_file)
        .transpose()
        .context("GOOGLE_APPLICATION_CREDENTIALS")?;
    let named = config.project.clone();
    let own = account.as_ref().and_then(|account| account.project().map(str::to_owned));
    Ok(Access {
        project: named.or(own),
        tokens: account.map(|account| Arc::new(account) as Arc<dyn TokenSource>),
    })
}

/// Deletes alerts that nobody saved, after the retention time, until shutdown.
async fn prune(storage: Storage, retention: Duration, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(PRUNE_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.cancelled() => return,
        }
        if let Err(error) = prune_accounts(&storage).await {
            warn!(%error, "Old sessions were not pruned");
        }
        loop {
            match storage.prune_alerts(retention, PRUNE_BATCH).await {
                Ok(0) => break,
                Ok(n) => info!(n_alerts = n, "Pruned {n} alerts that nobody saved"),
                Err(error) => {
                    warn!(%error, "Old alerts were not pruned");
                    break;
                }
            }
        }
    }
}

/// Deletes sessions, ways to the provider, waiting forms and answers whose time is over.
async fn prune_accounts(storage: &Storage) -> Result<(), StorageError> {
    let n = storage.prune_sessions().await?
        + storage.prune_attempts().await?
        + storage.prune_drafts().await?
        + storage.prune_answers().await?
        + storage.prune_save_reports().await?;
    if n > 0 {
        info!("Pruned {n} sessions, sign-ins, waiting forms and answers whose time was over");
    }
    Ok(())
}

/// Writes or publishes a simulated night; what was done, as a sentence.
pub async fn simulate(config: &SimulateConfig) -> anyhow::Result<String> {
    let night = simulate::Night::on(config.date, config.seed, config.packets);
    let Some(out) = &config.out else { return publish(config, &night).await };
    let is_archive = out.to_string_lossy().ends_with(".tar.gz");
    let n_packets = if is_archive {
        simulate::write_tar_gz(&night, out)?
    } else {
        simulate::write_folder(&night, out)?
    };
    Ok(format!("Wrote {n_packets} packets to {}", out.display()))
}

async fn publish(config: &SimulateConfig, night: &simulate::Night) -> anyhow::Result<String> {
    let topic = config.publish.as_deref().context("neither --out nor --publish is given")?;
    let service = pubsub_service(&config.google, &Timing::default())?;
    let access = google_access(&config.google)?;
    let project = match &access.project {
        Some(project) => project.clone(),
        None if service.is_emulator => pubsub::publisher_of(topic).to_owned(),
        None => anyhow::bail!("give the project to publish in with --google-project"),
    };
    let subscription = config.subscription.as_deref().unwrap_or(topic);
    let stream = simulate::Stream {
        topic: TopicPath::new(&project, topic),
        subscription: SubscriptionPath::new(&project, subscription),
        schema: config.schema.as_deref().map(|name| SchemaPath::new(&project, name)),
        per_second: (config.rate > 0.0).then_some(config.rate),
    };
    let pubsub = service.client(access, Arc::new(|_, sentence: String| info!("{sentence}")));
    for sentence in stream.prepare(&pubsub).await? {
        info!("{sentence}");
    }
    info!("Publishing {} packets onto {}", night.n_packets, stream.topic);
    let n_published = stream.publish(&pubsub, night).await?;
    Ok(format!("Published {n_published} packets onto {}", stream.topic))
}

/// Asks the service at an address whether it is ready.
pub async fn check_health(listen: SocketAddr) -> anyhow::Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let ask = async {
        let mut address = listen;
        if address.ip().is_unspecified() {
            address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
        }
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream
            .write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        anyhow::ensure!(answer.starts_with(b"HTTP/1.1 200"), "the service is not ready");
        Ok(())
    };
    tokio::time::timeout(Duration::from_secs(5), ask)
        .await
        .context("the service did not answer in 5 seconds")?
}
