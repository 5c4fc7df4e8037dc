//! Packets per second from an archive to committed rows: simulated nights through the runner, as a user's run.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use serde_json::json;
use tom_alerts::{
    actions::runs::{Runner, RunnerSettings},
    brokers::{Brokers, archive::Archive},
    clock::Clock,
    domain::{run::Run, sharing::Asker},
    forms::{self, RawForm},
    google::Access,
    simulate::{Night, default_night, write_folder, write_tar_gz},
    storage::Storage,
};

use crate::setting::processor_time::{ProcessorTime, forget_peak_memory, peak_memory_mb};

/// Packets of each night.
const PACKETS: usize = 3_000;

/// How often the run is looked at; its own times are what counts.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Measures an archive file, a folder, and the archive file again, whose alerts are kept by then.
#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
pub(crate) async fn measure(storage: &Storage, place: &Path) -> anyhow::Result<()> {
    let (tar_gz, folder) = (place.join("night.tar.gz"), place.join("folder"));
    let night = |seed| Night { seed, n_packets: PACKETS, ..default_night() };
    write_tar_gz(&night(1), &tar_gz)?;
    write_folder(&night(2), &folder)?;
    let archive = Archive::new(vec![tar_gz, folder], place.join("no-uploads"));
    let brokers = Brokers::new(vec![Arc::new(archive)]);
    let reader = Reader {
        storage,
        runner: Runner::new(
            storage.clone(),
            brokers.clone(),
            Access::default(),
            RunnerSettings::default(),
        ),
        brokers,
        asker: storage.local_asker().await?,
    };
    println!("archive to committed rows, {PACKETS} packets each");
    println!(
        "{:<34}{:>10}{:>8}{:>9}{:>10}{:>9}{:>9}",
        "", "packets/s", "MB/s", "seconds", "peak MB", "cpu own", "cpu db"
    );
    reader.measure("one .tar.gz", "night.tar.gz").await?;
    reader.measure("a folder of .avro files", "folder").await?;
    reader.measure("the .tar.gz again (all known)", "night.tar.gz").await?;
    println!();
    Ok(())
}

struct Reader<'a> {
    storage: &'a Storage,
    runner: Runner,
    brokers: Brokers,
    asker: Asker,
}

impl Reader<'_> {
    #[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
    #[expect(clippy::cast_precision_loss, reason = "a rate for reading needs three digits")]
    async fn measure(&self, title: &str, folder: &str) -> anyhow::Result<()> {
        forget_peak_memory();
        let before = ProcessorTime::now()?;
        let run = self.run(folder).await?;
        let used = ProcessorTime::now()? - before;
        let seconds =
            run.duration(Clock::system().now()).context("the run never began")?.as_seconds_f64();
        let counts = &run.counts;
        println!(
            "{title:<34}{:>10.0}{:>8.1}{seconds:>9.2}{:>10.0}{:>9.2}{:>9.2}   {} received, {} stored",
            counts.received as f64 / seconds,
            counts.received_bytes as f64 / 1e6 / seconds,
            peak_memory_mb()?,
            used.own,
            used.database,
            counts.received,
            counts.stored,
        );
        Ok(())
    }

    /// Runs a query for everything in an archive to its end.
    async fn run(&self, folder: &str) -> anyhow::Result<Run> {
        let broker = self.brokers.find("archive").context("there is no archive backend")?;
        let context =
            forms::Context { now: Clock::system().now(), choices: broker.choices().await };
        let sent = RawForm::from_json(&json!({ "folder": folder }));
        let parameters = broker
            .form()
            .validate(&sent, &context)
            .map_err(|_| anyhow::anyhow!("the form has changed"))?;
        let id = self.runner.start("archive", parameters, None, "", &self.asker).await?;
        loop {
            let run = self.storage.find_run(&self.asker, id).await?.context("the run is gone")?;
            if !run.state.is_live() {
                return Ok(run);
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}
