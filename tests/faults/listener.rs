//! The user of a campaign over a listener: listens to a saved query, on whichever program has it, until all is acknowledged.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{ledger::Ledger, program::Program, runs::Ends};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Listens until the faults are over and every message is acknowledged.
pub(crate) async fn keep_listening(
    programs: &[Program],
    wanted: &Value,
    ledger: &Ledger,
    faults_are_over: &AtomicBool,
) -> Ends {
    let program = &programs[0];
    let mut query = wanted.clone();
    query["name"] = json!("all night");
    let saved = until_done(|| program.post("/api/queries/", &query)).await;
    let listener = format!("/api/queries/{}/listener/", saved["id"]);
    let (on, paused) = (json!({"state": "on"}), json!({"state": "paused"}));
    until_done(|| program.put(&listener, &on)).await;
    while !faults_are_over.load(Ordering::SeqCst) || ledger.n_left() > 0 {
        tokio::time::sleep(PAUSE).await;
    }
    until_done(|| program.put(&listener, &paused)).await;
    // Until its last run has ended it may still store something.
    while !until_done(|| program.get(&listener)).await["run"].is_null() {
        tokio::time::sleep(PAUSE).await;
    }
    let mut ends = Ends::default();
    let runs = until_done(|| program.get("/api/runs/")).await;
    for run in runs["results"].as_array().into_iter().flatten() {
        let text = |name: &str| run[name].as_str().unwrap_or_default().to_owned();
        *ends.states.entry(text("state")).or_default() += 1;
        *ends.feedback.entry(text("feedback")).or_default() += 1;
    }
    ends
}

/// Asks until the program is there and has its database.
async fn until_done<F>(ask: impl Fn() -> F) -> Value
where
    F: Future<Output = Option<Value>>,
{
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
