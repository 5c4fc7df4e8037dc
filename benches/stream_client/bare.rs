//! The bare subscriber's turn: Google's crate as its documentation shows it, and nothing kept.

use std::time::{Duration, Instant};

use google_cloud_auth::credentials::anonymous;
use google_cloud_pubsub::client::Subscriber;

use crate::{
    setting::{
        emulator::Emulator,
        processor_time::{ProcessorTime, forget_peak_memory, peak_memory_mb},
    },
    streams::{
        publish::{PROJECT, Round},
        turn::Turn,
    },
};

/// Longer than any pause between messages.
const LONGEST: Duration = Duration::from_secs(30);

/// Reads the subscription that nobody of ours reads, to its end.
pub(crate) async fn read(round: &Round, emulator: &Emulator) -> anyhow::Result<Turn> {
    forget_peak_memory();
    let (before, emulator_before) = (ProcessorTime::now()?, emulator.cpu_seconds()?);
    let began = Instant::now();
    let client = Subscriber::builder()
        .with_endpoint(format!("http://{}", emulator.host()))
        .with_credentials(anonymous::Builder::new().build())
        .build()
        .await?;
    let subscription = format!("projects/{PROJECT}/subscriptions/{}", round.other_subscription());
    let mut stream = client.subscribe(subscription).build();
    for _ in 0..round.n_messages {
        let next = tokio::time::timeout(LONGEST, stream.next()).await?;
        let Some((_, handler)) = next.transpose()? else { anyhow::bail!("the stream ended") };
        handler.ack();
    }
    stream.shutdown_token().shutdown().await;
    let seconds = began.elapsed().as_secs_f64();
    let used = ProcessorTime::now()? - before;
    let cpu_emulator = emulator.cpu_seconds()?.zip(emulator_before).map(|(a, b)| a - b);
    let peak_mb = peak_memory_mb()?;
    Ok(Turn { seconds, cpu_own: used.own, cpu_database: used.database, cpu_emulator, peak_mb })
}
