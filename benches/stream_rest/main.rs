//! Alerts per second of a stream, ours and Python's: ours are pulled, decoded, filtered, committed and acknowledged by
//! the service's own code; a loop of requests and fastavro only pulls, decodes and acknowledges. Both read the same
//! messages of a Pub/Sub emulator in the same run, in turn. It asserts nothing: the table is its result.
//!
//! `cargo bench --bench stream_rest [-- MESSAGES [ROUNDS]]`. `TOM_ALERTS_PYTHON`: a Python with fastavro and requests
//! (else `python3`). The emulator is the one at `TOM_ALERTS_TEST_PUBSUB` or a child of this program, whose processor
//! time is then shown as well; `PostgreSQL` is the one of `DATABASE_URL` or a private one, as in the bench `service`.

mod python;
#[path = "../setting/mod.rs"]
mod setting;
#[path = "../streams/mod.rs"]
mod streams;

use tom_alerts::{packets, storage::Storage};

use self::{
    setting::{
        database::{Database, traversable_folder},
        emulator::Emulator,
    },
    streams::{
        publish::{self, Round},
        service::Service,
        turn::{median, print, print_head},
        warm_up,
    },
};

/// Messages of each round and side, unless the first argument says otherwise.
const MESSAGES: usize = 3_000;

/// Rounds, unless the second argument says otherwise.
const ROUNDS: usize = 3;

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
    print_head(n_messages)?;
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
