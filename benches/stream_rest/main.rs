//! Alerts per second of a stream, ours and Python's: ours are pulled, decoded, filtered, committed and acknowledged by
//! the service's own code; a loop of requests and fastavro only pulls, decodes and acknowledges. Both read the same
//! messages of a Pub/Sub emulator in the same run, in turn. It asserts nothing: the table is its result.
//!
//! `cargo bench --bench stream_rest [-- MESSAGES [ROUNDS]]`. `TOM_ALERTS_PYTHON`: a Python with fastavro and requests
//! (else `python3`). The emulator is the one at `TOM_ALERTS_TEST_PUBSUB` or a child of this program, whose processor
//! time is then shown as well; `PostgreSQL` is the one of `DATABASE_URL` or a private one, as in the bench `service`.

mod emulator;
#[path = "../service/processor_time.rs"]
mod processor_time;
mod publish;
mod python;
mod service;
mod warm_up;

use std::{
    ffi::OsString,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tom_alerts::{local_postgres::LocalPostgres, packets, storage::Storage};

use self::{emulator::Emulator, publish::Round, service::Service};

/// Messages of each round and side, unless the first argument says otherwise.
const MESSAGES: usize = 3_000;

/// Rounds, unless the second argument says otherwise.
const ROUNDS: usize = 3;

/// One side's turn.
struct Turn {
    seconds: f64,
    /// By the reading process.
    cpu_own: f64,
    /// By the database.
    cpu_database: f64,
    /// By the emulator, where it is ours.
    cpu_emulator: Option<f64>,
    peak_mb: f64,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((publish::ARGUMENT, rest)) =
        arguments.split_first().map(|(first, rest)| (first.as_str(), rest))
    {
        return tokio::runtime::Runtime::new()?.block_on(publish::run(rest));
    }
    // Cargo adds an option of its own.
    let numbers: Vec<usize> = arguments.iter().filter_map(|text| text.parse().ok()).collect();
    let n_messages = numbers.first().copied().unwrap_or(MESSAGES);
    let n_rounds = numbers.get(1).copied().unwrap_or(ROUNDS);
    tokio::runtime::Runtime::new()?.block_on(async {
        tokio::select! {
            measured = measure(n_messages, n_rounds) => measured,
            // The emulator and the database are stopped on the way out.
            _ = tokio::signal::ctrl_c() => anyhow::bail!("interrupted"),
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no other configuration")]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
async fn measure(n_messages: usize, n_rounds: usize) -> anyhow::Result<()> {
    let Some(emulator) = Emulator::find().await? else {
        println!("stream_rest: skipped, there is no Pub/Sub emulator");
        return Ok(());
    };
    packets::install_limits();
    let place = traversable_folder()?;
    let database = Database::start(place.path()).await?;
    let storage = Storage::connect(&database.url).await?;
    let service = Service::new(&storage, emulator.host(), "stream-rest").await?;
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    println!(
        "cores {}, build profile {profile}; {n_messages} messages for each side and round; cpu: seconds of processor time",
        std::thread::available_parallelism()?
    );
    println!(
        "{:<28}{:>10}{:>8}{:>9}{:>10}{:>9}{:>8}{:>10}",
        "", "alerts/s", "MB/s", "seconds", "peak MB", "cpu own", "cpu db", "emulator"
    );
    warm_up::warm_up(emulator.host()).await?;
    let mut rates = (Vec::new(), Vec::new());
    for number in 1..=n_rounds {
        let (ours, theirs) = turns(number, n_messages, &emulator, &service).await?;
        rates.0.push(ours);
        rates.1.extend(theirs);
    }
    if let (Some(ours), Some(theirs)) = (median(rates.0), median(rates.1)) {
        println!(
            "\nmedian: tom-alerts {ours:.0} alerts/s, Python {theirs:.0} alerts/s, ratio {:.1}",
            ours / theirs
        );
    }
    storage.close().await;
    database.stop().await
}

/// A round: the same messages to us, then to Python; the rates of both.
#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
async fn turns(
    number: usize,
    n_messages: usize,
    emulator: &Emulator,
    service: &Service,
) -> anyhow::Result<(f64, Option<f64>)> {
    let round = Round::clean(number, n_messages);
    round.publish(emulator.host())?;
    let title = |who| format!("{who}, round {number}");
    let (ours, n_bytes) = service.read(&round, emulator).await?;
    let our_rate = print(&title("tom-alerts"), &ours, n_messages, n_bytes);
    match python::read(&round, emulator) {
        Ok(theirs) => Ok((our_rate, Some(print(&title("Python"), &theirs, n_messages, n_bytes)))),
        Err(why) => {
            println!("Python not measured: {why}");
            Ok((our_rate, None))
        }
    }
}

/// Prints a turn; its alerts per second.
#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#[expect(clippy::cast_precision_loss, reason = "a rate for reading needs three digits")]
fn print(title: &str, turn: &Turn, n_messages: usize, n_bytes: u64) -> f64 {
    let rate = n_messages as f64 / turn.seconds;
    println!(
        "{title:<28}{rate:>10.0}{:>8.1}{:>9.2}{:>10.0}{:>9.2}{:>8.2}{:>10}",
        n_bytes as f64 / 1e6 / turn.seconds,
        turn.seconds,
        turn.peak_mb,
        turn.cpu_own,
        turn.cpu_database,
        turn.cpu_emulator.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.2}")),
    );
    rate
}

fn median(mut rates: Vec<f64>) -> Option<f64> {
    rates.sort_by(f64::total_cmp);
    let (lower, upper) = (rates.len().checked_sub(1)? / 2, rates.len() / 2);
    Some(f64::midpoint(*rates.get(lower)?, *rates.get(upper)?))
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
