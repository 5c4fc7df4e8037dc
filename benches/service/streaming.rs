//! Pages while a stream is stored as fast as it goes, by the same process.

use std::{path::Path, time::Instant};

use anyhow::Context;
use serde_json::{Value, json};

use crate::{
    publish::{PROJECT, Round},
    requests::{SHORT, Service},
    setting::emulator::Emulator,
};

/// Messages that are published beforehand: more than can be stored while the page is measured.
const MESSAGES: usize = 12_000;

/// So many are stored before it is measured: the emulator's machine code and the database are warm by then.
const WARM_UP: u64 = 1_500;

/// Niceness of an emulator that gets the processor when nobody else wants it.
const GIVING_WAY: u8 = 10;

/// Measures the list of queries meanwhile: beside an emulator that takes a third of the machine, and beside one that gives way.
pub(crate) async fn measure(service: &Service, scratch: &Path) -> anyhow::Result<()> {
    let [shares, gives_way] = [Round::clean(1, MESSAGES), Round::clean(2, MESSAGES)];
    let emulator = Emulator::find().await?;
    measure_beside(emulator, &shares, "query list, while streaming", service, scratch).await?;
    let emulator = Emulator::niced(GIVING_WAY).await?;
    measure_beside(emulator, &gives_way, "the same, emulator niced", service, scratch).await
}

#[expect(clippy::print_stdout, reason = "a benchmark's figures are its output")]
#[expect(clippy::cast_precision_loss, reason = "a rate for reading needs three digits")]
async fn measure_beside(
    emulator: Option<Emulator>,
    round: &Round,
    title: &str,
    service: &Service,
    scratch: &Path,
) -> anyhow::Result<()> {
    let Some(emulator) = emulator else {
        println!("pages while streaming: skipped, there is no Pub/Sub emulator");
        return Ok(());
    };
    let service = service.beside(emulator.host()).await?;
    round.publish(emulator.host())?;
    let parameters = json!({
        "subscription_name": round.our_subscription(),
        "topic": round.topic(),
        "project": PROJECT,
        "timeout": 5,
    });
    let wanted = json!({"broker": "stream-client", "parameters": parameters});
    let started = service.call("POST", "/api/runs/", Some(&wanted)).await?;
    let path = format!("/api/runs/{}/", started["id"]);
    while n_stored(&service, &path).await? < WARM_UP {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (began, before) = (Instant::now(), n_stored(&service, &path).await?);
    service.measure_page(title, "/alerts/query/list/", scratch, SHORT).await?;
    let (seconds, after) = (began.elapsed().as_secs_f64(), n_stored(&service, &path).await?);
    let cpu_emulator = emulator.cpu_seconds()?.unwrap_or_default();
    println!(
        "meanwhile {:.0} alerts/s were stored, {after} of {MESSAGES} in all; the emulator took {cpu_emulator:.1} s of processor time\n",
        (after - before) as f64 / seconds,
    );
    service.stop();
    Ok(())
}

async fn n_stored(service: &Service, path: &str) -> anyhow::Result<u64> {
    let run: Value = service.call("GET", path, None).await?;
    run["counts"]["stored"].as_u64().context("a run has counts")
}
