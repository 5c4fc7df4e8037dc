//! The load generator, a process of its own: keep-alive connections in a closed loop, requests prepared beforehand,
//! nothing allocated per request.

mod answer;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use self::answer::read_answer;
use crate::setting::processor_time::ProcessorTime;

/// The first argument of a process that is to make load.
pub(crate) const ARGUMENT: &str = "load";

/// What it says when the warm-up is over.
pub(crate) const BEGIN: &str = "begin";

const WARMING_UP: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

/// Room for the latencies of one connection: growing it while measured would cost time.
const LATENCIES: usize = 1 << 18;

/// What it says at its end, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Answers that came while it measured.
    pub(crate) requests: usize,
    /// Those of them with another status than 200.
    pub(crate) failed: usize,
    /// Bytes of all answers, heads included.
    pub(crate) bytes: u64,
    /// Time it measured, seconds.
    pub(crate) seconds: f64,
    /// Half of the answers took at most this, milliseconds.
    pub(crate) p50_ms: f64,
    /// 99 in 100 took at most this, milliseconds.
    pub(crate) p99_ms: f64,
    /// Processor time of the load generator, seconds.
    pub(crate) cpu_seconds: f64,
}

/// Makes load: `ADDRESS FILE-OF-PATHS ENCODING WARM-UP-SECONDS SECONDS CONNECTIONS`.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [address, paths, encoding, warm_up, seconds, connections] = arguments else {
        anyhow::bail!("load ADDRESS FILE-OF-PATHS ENCODING WARM-UP-SECONDS SECONDS CONNECTIONS");
    };
    let address: SocketAddr = address.parse()?;
    let requests = prepare(Path::new(paths), address, encoding)?;
    let spans = [warm_up, seconds].map(|seconds| seconds.parse().map(Duration::from_secs));
    let [warm_up, seconds] = spans;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(drive(address, requests, warm_up?, seconds?, connections.parse()?))
}

/// One request for each line of a file of paths.
fn prepare(paths: &Path, address: SocketAddr, encoding: &str) -> anyhow::Result<Arc<[Vec<u8>]>> {
    let requests: Arc<[Vec<u8>]> = std::fs::read_to_string(paths)?
        .lines()
        .map(|path| {
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\nAccept-Encoding: {encoding}\r\n\r\n")
                .into_bytes()
        })
        .collect();
    anyhow::ensure!(!requests.is_empty(), "no paths in {}", paths.display());
    Ok(requests)
}

#[expect(clippy::print_stdout, reason = "this is how the process answers the one that started it")]
async fn drive(
    address: SocketAddr,
    requests: Arc<[Vec<u8>]>,
    warm_up: Duration,
    span: Duration,
    n_connections: usize,
) -> anyhow::Result<()> {
    let phase = Arc::new(AtomicU8::new(WARMING_UP));
    let connections: Vec<_> = (0..n_connections)
        .map(|number| tokio::spawn(converse(address, requests.clone(), number, phase.clone())))
        .collect();
    tokio::time::sleep(warm_up).await;
    println!("{BEGIN}");
    let (began, before) = (Instant::now(), ProcessorTime::now()?);
    phase.store(MEASURING, Ordering::Relaxed);
    tokio::time::sleep(span).await;
    phase.store(OVER, Ordering::Relaxed);
    let mut outcome = Outcome {
        seconds: began.elapsed().as_secs_f64(),
        cpu_seconds: (ProcessorTime::now()? - before).own,
        ..Outcome::default()
    };
    let mut latencies = Vec::new();
    for connection in connections {
        let tally = connection.await?.context("a connection broke")?;
        outcome.failed += tally.failed;
        outcome.bytes += tally.bytes;
        latencies.extend(tally.latencies_us);
    }
    latencies.sort_unstable();
    outcome.requests = latencies.len();
    outcome.p50_ms = percentile_ms(&latencies, 50);
    outcome.p99_ms = percentile_ms(&latencies, 99);
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

fn percentile_ms(sorted_us: &[u32], percent: usize) -> f64 {
    let index = (sorted_us.len() * percent / 100).min(sorted_us.len().saturating_sub(1));
    sorted_us.get(index).map_or(f64::NAN, |latency| f64::from(*latency) / 1e3)
}

/// What one connection saw while it measured.
struct Tally {
    latencies_us: Vec<u32>,
    failed: usize,
    bytes: u64,
}

/// Asks, reads the answer to its end, and asks again.
async fn converse(
    address: SocketAddr,
    requests: Arc<[Vec<u8>]>,
    number: usize,
    phase: Arc<AtomicU8>,
) -> std::io::Result<Tally> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 64 << 10];
    let mut tally = Tally { latencies_us: Vec::with_capacity(LATENCIES), failed: 0, bytes: 0 };
    // Each connection begins elsewhere, lest all ask for the same at the same time.
    for request in requests.iter().cycle().skip(number * 7 % requests.len()) {
        let began = Instant::now();
        stream.write_all(request).await?;
        let answer = read_answer(&mut stream, &mut buffer).await?;
        match phase.load(Ordering::Relaxed) {
            OVER => break,
            MEASURING => {
                tally
                    .latencies_us
                    .push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
                tally.failed += usize::from(!answer.is_ok);
                tally.bytes += answer.n_bytes;
            }
            _ => {}
        }
    }
    Ok(tally)
}
