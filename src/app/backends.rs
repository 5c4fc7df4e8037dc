//! The backends of a deployment: its archives, Pub/Sub and BigQuery as they are set up.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tracing::{info, warn};

use crate::{
    brokers::{
        BackendSettings, Brokers, Cost, all_backends, archive::SIMULATED_NIGHT,
        database::BigQueryService, pubsub::PubSubService,
    },
    config::{BigQueryConfig, GoogleConfig, ServeConfig},
    domain::timing::Timing,
    simulate,
};

/// The backends as the deployment has set them up.
pub(super) async fn brokers(
    config: &ServeConfig,
    data_dir: &Path,
    timing: &Timing,
) -> anyhow::Result<Brokers> {
    Ok(Brokers::new(all_backends(BackendSettings {
        archives: archives(config, data_dir).await?,
        uploads: uploads_folder(data_dir)?,
        pubsub: pubsub_service(&config.google, timing)?,
        bigquery: bigquery(&config.bigquery, timing)?,
    })))
}

/// The configured archives, or the simulated night, which is made when it is first needed.
async fn archives(config: &ServeConfig, data_dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !config.archives.is_empty() {
        for archive in &config.archives {
            if !archive.exists() {
                warn!("The archive {} is not there (yet)", archive.display());
            }
        }
        return Ok(config.archives.clone());
    }
    let folder = data_dir.join(SIMULATED_NIGHT);
    let night = simulate::default_night();
    let file = folder.join(night.archive_name());
    if !file.exists() {
        info!("Simulating a night of {} alerts for a first look", night.n_packets);
        tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(file.parent().unwrap_or(&file))?;
            simulate::write_tar_gz(&night, &file).map_err(anyhow::Error::from)
        })
        .await?
        .context("the simulated night cannot be written")?;
    }
    Ok(vec![folder])
}

/// Where Pub/Sub is.
pub(super) fn pubsub_service(
    config: &GoogleConfig,
    timing: &Timing,
) -> anyhow::Result<PubSubService> {
    Ok(match &config.pubsub_endpoint {
        Some(endpoint) => PubSubService::behind(endpoint.clone(), timing)?,
        None => PubSubService::at(config.pubsub_emulator.as_deref(), timing)?,
    })
}

/// BigQuery as the deployment uses it.
pub(super) fn bigquery(
    config: &BigQueryConfig,
    timing: &Timing,
) -> anyhow::Result<BigQueryService> {
    let mut service = BigQueryService::at(config.bigquery_emulator.as_deref(), timing)?;
    service.query_limit = config.bigquery_query_limit;
    service.daily.user = Cost(config.bigquery_user_budget);
    service.daily.team = Cost(config.bigquery_team_budget);
    Ok(service)
}

fn uploads_folder(data_dir: &Path) -> anyhow::Result<PathBuf> {
    let folder = data_dir.join("uploads");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))?;
    Ok(folder)
}
