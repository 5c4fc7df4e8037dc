//! `tom-alerts ingest`: one saved query is listened to in the foreground, without pages. It has its turn like any replica.

mod find_query;
mod listening;

use std::{path::Path, time::Duration};

use tokio_util::sync::CancellationToken;
use tracing::warn;
use url::Url;

use self::{
    find_query::find_query,
    listening::{Every, Ingest},
};
use super::{
    Database, Stop, accounts, google_access, pubsub_service, run_limits, runner,
    schemas::add_schemas, timing_of,
};
use crate::{
    actions::runs::RunnerSettings,
    brokers::{BackendSettings, Brokers, all_backends, database::BigQueryService},
    clock::Clock,
    config::IngestConfig,
    packets,
};

/// Listens to the saved query that the settings name until `stop` resolves. `say` is told of it in lines for people.
pub async fn ingest(
    config: IngestConfig,
    stop: Stop,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    packets::install_limits();
    add_schemas(config.schemas.as_deref())?;
    let data_dir = config.data_dir();
    let database = Database::start(config.database_url.as_deref(), &data_dir).await?;
    let done = ingest_on(&config, &data_dir, &database, stop, say).await;
    database.stop().await;
    done
}

async fn ingest_on(
    config: &IngestConfig,
    data_dir: &Path,
    database: &Database,
    stop: Stop,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<()> {
    let storage = database.connect().await?;
    let (clock, timing) = (Clock::system(), timing_of(config.timing));
    let brokers = Brokers::new(all_backends(BackendSettings {
        archives: Vec::new(),
        uploads: data_dir.join("uploads"),
        pubsub: pubsub_service(&config.google, &timing)?,
        // Its tables cannot be listened to.
        bigquery: BigQueryService::at(None, &timing)?,
    }));
    let access = google_access(&config.google)?;
    // Tokens are renewed here; nobody comes back to this address.
    let nowhere = Url::parse("http://127.0.0.1/")?;
    let sign_in =
        accounts::sign_in(&config.sign_in, data_dir, &nowhere, &storage, &clock, &timing).await?;
    let credentials = accounts::credentials(access, sign_in.as_deref());
    let shutdown = CancellationToken::new();
    let settings = RunnerSettings {
        clock: clock.clone(),
        timing,
        limits: run_limits(&config.limits),
        command: "ingest",
        shutdown: shutdown.clone(),
    };
    let runner = runner(database, &storage, &brokers, credentials, settings).await?;
    let (query, asker) = find_query(config, &storage, &brokers, clock.now()).await?;
    let query_id = query.id;
    let ingest = Ingest { storage: storage.clone(), runner: runner.clone(), clock, query, asker };
    let before = ingest.start().await?;
    let listening = tokio::spawn(runner.clone().listen_to(query_id));
    let every = Every { look: timing.runs.look, counts: Duration::from_secs(config.every) };
    let ended = ingest.tell(every, stop, say).await;
    if ended.is_ok() {
        ingest.give_back(before).await?;
    }
    runner.retire();
    shutdown.cancel();
    if !runner.finish_in_time().await {
        warn!("The run did not finish in time; it will be marked interrupted");
    }
    let _ = listening.await;
    if let Ok(counts) = ingest.counts().await {
        say(&counts);
    }
    storage.close().await;
    ended
}
