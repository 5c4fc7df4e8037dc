//! Figures of the whole service: packets per second from an archive to committed rows, and requests per second
//! with their latencies. It asserts nothing: the table is its result.
//!
//! `cargo bench --bench service`; with `-- streaming` only the small set and the pages while a stream is stored. With
//! `DATABASE_URL` it fills that database, which should be empty; else it starts a private `PostgreSQL` in a temporary
//! folder. The load comes from a process of its own: this program once more.

mod archive;
mod fill;
mod load;
#[path = "../streams/publish.rs"]
mod publish;
mod requests;
#[path = "../setting/mod.rs"]
mod setting;
mod sky_points;
mod streaming;

use tom_alerts::{packets, storage::Storage};

use self::setting::database::{Database, traversable_folder};

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
        _ => {
            let is_short = arguments.iter().any(|argument| argument == "streaming");
            tokio::runtime::Runtime::new()?.block_on(measure(is_short))
        }
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
async fn measure(is_short: bool) -> anyhow::Result<()> {
    packets::install_limits();
    let place = traversable_folder()?;
    let database = Database::start(place.path()).await?;
    let storage = Storage::connect(&database.url).await?;
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    let n_cores = std::thread::available_parallelism()?;
    println!(
        "cores {n_cores}, build profile {profile}; cpu: seconds of processor time while measured\n"
    );
    if !is_short {
        archive::measure(&storage, place.path()).await?;
    }
    let service = requests::Service::start(&storage, place.path()).await?;
    let mut rows = fill::Fill::start(&storage, &database.url).await?;
    let small = rows.grow_to(SMALL).await?;
    service.measure(&small, place.path(), requests::SHORT).await?;
    if !is_short {
        let large = rows.grow_to(LARGE).await?;
        service.measure(&large, place.path(), requests::LONG).await?;
        service.measure_bulk_cases(&large, &storage, place.path()).await?;
    }
    streaming::measure(&service, place.path()).await?;
    service.stop();
    storage.close().await;
    database.stop().await
}
