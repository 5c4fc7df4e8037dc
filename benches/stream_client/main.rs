//! Alerts per second of a stream over an open connection, and the memory that it takes: ours are received, decoded, filtered,
//! committed and acknowledged by the service's own code; a bare subscriber of Google's crate acknowledges each message and
//! drops it. Both read the same messages of a Pub/Sub emulator in the same run, in turn. Then messages of which one in ten
//! cannot be read; and with more arguments many messages in one run, and the largest that Pub/Sub takes.
//! It asserts nothing: the table is its result.
//!
//! `cargo bench --bench stream_client [-- MESSAGES [ROUNDS [MANY [LARGEST]]]]`. Emulator and `PostgreSQL` as in the bench `stream_rest`.

mod bare;
mod largest;
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

/// Messages that one emulator is given: it keeps 240 kB of each in a heap of a quarter of the memory.
const LARGEST_PART: usize = 12_500;

/// Messages per second of the long run: what the machine can both publish and store.
const LONG_RATE: u32 = 700;

/// Numbers of rounds of their own.
const JUNK_ROUND: usize = 1_000;
const LONG_ROUND: usize = 2_000;
const LARGEST_ROUND: usize = 3_000;

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
    print_head(n_messages)?;
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
