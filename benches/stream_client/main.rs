//! Alerts per second of a stream over an open connection, and the memory that it takes: ours are received, decoded, filtered,
//! committed and acknowledged by the service's own code; a bare subscriber of Google's crate acknowledges each message and
//! drops it. Both read the same messages of a Pub/Sub emulator in the same run, in turn. Then messages of which one in ten
//! cannot be read; and with more arguments many messages in one run, and the largest that Pub/Sub takes.
//! It asserts nothing: the table is its result.
//!
//! `cargo bench --bench stream_client [-- MESSAGES [ROUNDS [MANY [LARGEST]]]]`. Emulator and `PostgreSQL` as in the bench `stream_rest`.

mod bare;
#[path = "../stream_rest/emulator.rs"]
mod emulator;
mod largest;
#[path = "../service/processor_time.rs"]
mod processor_time;
#[path = "../stream_rest/publish.rs"]
mod publish;
#[path = "../stream_rest/service.rs"]
mod service;
#[path = "../stream_rest/warm_up.rs"]
mod warm_up;

use std::{ffi::OsString, os::unix::fs::PermissionsExt, path::Path};

use tempfile::TempDir;
use tom_alerts::{local_postgres::LocalPostgres, packets, storage::Storage};

use self::{emulator::Emulator, publish::Round, service::Service};

/// Messages of each round and side, unless the first argument says otherwise.
const MESSAGES: usize = 3_000;

/// Rounds, unless the second argument says otherwise.
const ROUNDS: usize = 3;

/// Messages that one emulator is given.
const LARGEST_PART: usize = 25_000;

/// Messages per second of the long run: what the machine can both publish and store.
const LONG_RATE: u32 = 700;

/// Numbers of rounds of their own.
const JUNK_ROUND: usize = 1_000;
const LONG_ROUND: usize = 2_000;
const LARGEST_ROUND: usize = 3_000;

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
    tokio::runtime::Runtime::new()?.block_on(async {
        tokio::select! {
            measured = measure(&numbers) => measured,
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
async fn measure(numbers: &[usize]) -> anyhow::Result<()> {
    let number = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (n_messages, n_rounds) = (number(0, MESSAGES), number(1, ROUNDS));
    let Some(emulator) = Emulator::find().await? else {
        println!("stream_client: skipped, there is no Pub/Sub emulator");
        return Ok(());
    };
    packets::install_limits();
    let place = traversable_folder()?;
    let database = Database::start(place.path()).await?;
    let storage = Storage::connect(&database.url).await?;
    let service = Service::new(&storage, emulator.host(), "stream-client").await?;
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
    measure_rates(n_messages, n_rounds, &emulator, &service).await?;
    measure_many(number(2, 0), &storage).await?;
    measure_largest(number(3, 0), &emulator, &service).await?;
    storage.close().await;
    database.stop().await
}

/// The same messages to a bare subscriber and to us, in turn; and to us with junk among them.
#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
async fn measure_rates(
    n_messages: usize,
    n_rounds: usize,
    emulator: &Emulator,
    service: &Service,
) -> anyhow::Result<()> {
    let (mut ours, mut bare, mut with_junk) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=n_rounds {
        let round = Round::clean(number, n_messages);
        round.publish(emulator.host())?;
        let (turn, n_bytes) = service.read(&round, emulator).await?;
        ours.push(print(&format!("tom-alerts, round {number}"), &turn, n_messages, n_bytes));
        let turn = bare::read(&round, emulator).await?;
        bare.push(print(&format!("bare, round {number}"), &turn, n_messages, n_bytes));
        let round = Round { junk_each: 10, ..Round::clean(JUNK_ROUND + number, n_messages) };
        round.publish(emulator.host())?;
        let (turn, n_bytes) = service.read(&round, emulator).await?;
        with_junk.push(print(&format!("1 in 10 junk, round {number}"), &turn, n_messages, n_bytes));
    }
    if let (Some(ours), Some(bare), Some(junk)) = (median(ours), median(bare), median(with_junk)) {
        println!(
            "\nmedian: tom-alerts {ours:.0} alerts/s, bare subscriber {bare:.0} messages/s: {:.0} %; with junk {junk:.0}/s: {:.0} % of clean\n",
            ours / bare * 100.0,
            junk / ours * 100.0
        );
    }
    Ok(())
}

/// Many messages in one process, published meanwhile: what memory it takes. The emulator forgets nothing, some 240 kB a
/// message, so each part has an emulator of its own.
async fn measure_many(n_messages: usize, storage: &Storage) -> anyhow::Result<()> {
    let mut n_left = n_messages;
    while n_left > 0 {
        let n_part = n_left.min(LARGEST_PART);
        let Some(emulator) = Emulator::own().await? else { return Ok(()) };
        let service = Service::new(storage, emulator.host(), "stream-client").await?;
        let alone = |n_messages, per_second| Round {
            per_second,
            is_ours_alone: true,
            ..Round::clean(LONG_ROUND + n_left / 1_000, n_messages)
        };
        let host = emulator.host().to_owned();
        // Makes topic and subscription.
        alone(1, 0).publish(&host)?;
        let night = alone(n_part, LONG_RATE);
        let publisher = tokio::task::spawn_blocking(move || night.publish(&host));
        // The first message of the night comes twice.
        let (turn, n_bytes) = service.read(&alone(n_part, 0), &emulator).await?;
        publisher.await??;
        n_left -= n_part;
        let title = format!("{} of {n_messages}", n_messages - n_left);
        print(&title, &turn, n_part, n_bytes);
    }
    Ok(())
}

/// Messages of the largest size among others.
async fn measure_largest(
    n_messages: usize,
    emulator: &Emulator,
    service: &Service,
) -> anyhow::Result<()> {
    if n_messages == 0 {
        return Ok(());
    }
    let round = Round { is_ours_alone: true, ..Round::clean(LARGEST_ROUND, n_messages) };
    round.publish(emulator.host())?;
    largest::publish(emulator.host(), &round, n_messages).await?;
    let whole = Round::clean(LARGEST_ROUND, 2 * n_messages);
    let (turn, n_bytes) = service.read(&whole, emulator).await?;
    print(&format!("{n_messages} of 9.9 MB"), &turn, 2 * n_messages, n_bytes);
    Ok(())
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
        let data_dir = place.join("data");
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
