//! Figures of the whole service: packets per second from an archive to committed rows, and requests per second
//! with their latencies. It asserts nothing: the table is its result.
//!
//! `cargo bench --bench service`. With `DATABASE_URL` it fills that database, which should be empty; else it starts
//! a private `PostgreSQL` in a temporary folder. The load comes from a process of its own: this program once more.

mod archive;
#[path = "../stream_rest/emulator.rs"]
mod emulator;
mod fill;
mod load;
mod processor_time;
#[path = "../stream_rest/publish.rs"]
mod publish;
mod requests;
mod sky_points;
mod streaming;

use std::{
    ffi::OsString,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tom_alerts::{local_postgres::LocalPostgres, packets, storage::Storage};

/// Rows of the small and of the large set of requests.
const SMALL: usize = 1_000;
const LARGE: usize = 100_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == load::ARGUMENT => load::run(rest),
        Some((first, rest)) if first == publish::ARGUMENT => {
            tokio::runtime::Runtime::new()?.block_on(publish::run(rest))
        }
        _ => tokio::runtime::Runtime::new()?.block_on(measure()),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no other configuration")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
async fn measure() -> anyhow::Result<()> {
    packets::install_limits();
    let place = traversable_folder()?;
    let database = Database::start(place.path()).await?;
    let storage = Storage::connect(&database.url).await?;
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let n_cores = std::thread::available_parallelism()?;
    println!(
        "cores {n_cores}, build profile {profile}; cpu: seconds of processor time while measured\n"
    );
    archive::measure(&storage, place.path()).await?;
    let service = requests::Service::start(&storage, place.path()).await?;
    let mut rows = fill::Fill::start(&storage, &database.url).await?;
    let small = rows.grow_to(SMALL).await?;
    service.measure(&small, place.path(), requests::SHORT).await?;
    let large = rows.grow_to(LARGE).await?;
    service.measure(&large, place.path(), requests::LONG).await?;
    service.measure_bulk_cases(&large, &storage, place.path()).await?;
    streaming::measure(&service, place.path()).await?;
    service.stop();
    storage.close().await;
    database.stop().await
}

/// A temporary folder that the user of a private database may pass through.
fn traversable_folder() -> anyhow::Result<TempDir> {
    let place = tempfile::Builder::new().prefix("tom-alerts-bench-").tempdir()?;
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(place)
}

/// The database of `DATABASE_URL`, or one of our own.
struct Database {
    url: String,
    own: Option<LocalPostgres>,
}

impl Database {
    async fn start(place: &Path) -> anyhow::Result<Self> {
        if let Some(Ok(url)) = variable("DATABASE_URL").map(OsString::into_string) {
            return Ok(Self { url, own: None });
        }
        let data_dir: PathBuf = place.join("data");
        std::fs::create_dir_all(&data_dir)?;
        let own = LocalPostgres::start(&data_dir).await?;
        Ok(Self { url: own.url().to_owned(), own: Some(own) })
    }

    async fn stop(self) -> anyhow::Result<()> {
        match self.own {
            Some(own) => Ok(own.stop().await?),
            None => Ok(()),
        }
    }
}
