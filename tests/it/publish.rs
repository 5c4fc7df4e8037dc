//! `simulate --publish`: a stream to try the service on, made by the program itself.

use std::process::Command;

use reqwest::Client;
use serde_json::Value;

use crate::pubsub_emulator::PubSubEmulator;

/// Runs the program's `simulate` against the emulator; its standard output.
fn simulate(emulator: &PubSubEmulator, arguments: &[&str]) -> Result<String, String> {
    let done = Command::new(env!("CARGO_BIN_EXE_tom-alerts"))
        .arg("simulate")
        .args(arguments)
        .env("PUBSUB_EMULATOR_HOST", emulator.host())
        .env("GOOGLE_CLOUD_PROJECT", emulator.project())
        .env_remove("GOOGLE_APPLICATION_CREDENTIALS")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
}

#[tokio::test]
async fn on_the_emulator_a_night_is_published_with_topic_subscription_and_schema() {
    let emulator = PubSubEmulator::fresh_project();
    let arguments =
        ["--publish", "ztf-loop", "--packets", "70", "--rate", "0", "--schema", "ztf-v4-02"];
    let said = simulate(&emulator, &arguments).unwrap();
    assert!(said.starts_with("Published 70 packets onto projects/"), "{said}");
    let project = emulator.project();
    let subscription = format!("projects/{project}/subscriptions/ztf-loop");
    let received = emulator.pull(&subscription, 100).await;
    let first = &received[0]["message"]["attributes"];
    assert!(first["kafka.topic"].as_str().unwrap().starts_with("ztf_2026"), "{first}");
    assert!(first["candid"].as_str().unwrap().parse::<i64>().is_ok(), "{first}");
    let schema: Value = Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .get(format!("http://{}/v1/projects/{project}/schemas/ztf-v4-02", emulator.host()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(schema["type"], "AVRO");
    assert!(schema["definition"].as_str().unwrap().contains("candidate"));
    // What is there is used: nothing fails the second time.
    simulate(&emulator, &["--publish", "ztf-loop", "--packets", "1", "--rate", "0"]).unwrap();
}

#[tokio::test]
async fn on_the_emulator_a_rate_is_kept() {
    let emulator = PubSubEmulator::fresh_project();
    let begun = std::time::Instant::now();
    simulate(&emulator, &["--publish", "ztf-loop", "--packets", "11", "--rate", "10"]).unwrap();
    // Eleven messages, a tenth of a second apart. This is a lower bound, not a speed.
    assert!(begun.elapsed().as_secs_f64() >= 1.0);
}

#[test]
fn what_cannot_be_published_is_refused_with_a_sentence() {
    let emulator = PubSubEmulator::fresh_project();
    for bad in [
        &["--publish", "a/b", "--packets", "1"][..],
        &["--publish", "goog-x"],
        &["--publish", "ztf-loop", "--rate", "-1"],
        &["--publish", "ztf-loop", "--out", "x"],
        &[],
    ] {
        let said = simulate(&emulator, bad).unwrap_err();
        assert!(said.contains("error:") && !said.contains("panicked"), "{bad:?}: {said}");
    }
}
