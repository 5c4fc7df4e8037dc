//! The backends of a deployment: its archives, Pub/Sub and BigQuery as they are set up.

use std::path::{Path, PathBuf};

use anyhow::Context;
use chrono::Utc;
use tracing::{info, warn};

use crate::{
    brokers::{
        BackendSettings, Brokers, Cost, all_backends,
        archive::{SIMULATED_LSST_NIGHT, SIMULATED_NIGHT},
        database::BigQueryService,
        pubsub::PubSubService,
    },
    config::{BigQueryConfig, GoogleConfig, ServeConfig},
    domain::timing::Timing,
    simulate::{self, Format, LsstNight, Night, NightFile, NightFiles},
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
    let (ztf, lsst) = (data_dir.join(SIMULATED_NIGHT), data_dir.join(SIMULATED_LSST_NIGHT));
    let usual = simulate::default_night();
    let (seed, n_packets) = (usual.seed, usual.n_packets);
    let night = Night::on(Night::last(Utc::now()), seed, n_packets);
    make_once(&ztf, "ZTF", night.archive_name(), n_packets, night).await?;
    let night = LsstNight::on(LsstNight::last(Utc::now()), seed, n_packets);
    let name = night.archive_name();
    make_once(&lsst, "LSST", name, n_packets, LsstWire(night)).await?;
    Ok(vec![ztf, lsst])
}

/// A night of LSST as its stream has it.
struct LsstWire(LsstNight);

impl NightFiles for LsstWire {
    fn files(&self) -> Box<dyn Iterator<Item = NightFile> + '_> {
        let night = &self.0;
        Box::new(night.packets().map(|packet| NightFile {
            name: format!("{}.avro", packet.dia_source_id),
            bytes: packet.bytes(Format::Wire),
            jd: packet.jd,
        }))
    }
}

/// Writes a night into a folder that has none, whatever its date.
async fn make_once(
    folder: &Path,
    survey: &str,
    name: String,
    n_packets: usize,
    night: impl NightFiles + Send + 'static,
) -> anyhow::Result<()> {
    let is_night =
        |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().ends_with(".tar.gz");
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    if entries.any(is_night) {
        return Ok(());
    }
    info!("Simulating a night of {n_packets} {survey} alerts for a first look");
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        simulate::write_tar_gz(&night, &folder.join(name)).map_err(anyhow::Error::from)
    })
    .await?
    .context("the simulated night cannot be written")?;
    Ok(())
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
