//! The user of the campaign: starts a run whenever none is going on, until the stream is drained.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    ledger::Ledger,
    program::Program,
    pubsub::{SUBSCRIPTION, TOPIC},
    settings::{Backend, Tier},
};

/// Between two looks at a run.
const PAUSE: Duration = Duration::from_millis(100);

/// So many runs in vain mean that messages do not come which nobody has acknowledged.
const EMPTY_RUNS: usize = 3;

/// Messages that a stream may have out at most, and the largest part of all that these may be: whoever dies takes them
/// along until their leases end.
const MOST_OUT: usize = 200;
const SMALL_PART: usize = 30;

/// How the runs ended.
#[derive(Debug, Default)]
pub(crate) struct Ends {
    /// How many in each state; those of a killed program count as *killed*.
    pub(crate) states: BTreeMap<String, usize>,
    /// What those said that did not finish.
    pub(crate) feedback: BTreeMap<String, usize>,
}

impl Ends {
    /// Those of several programs.
    pub(crate) fn of_all(all: Vec<Self>) -> Self {
        let mut sum = Self::default();
        for ends in all {
            for (state, n) in ends.states {
                *sum.states.entry(state).or_default() += n;
            }
            for (feedback, n) in ends.feedback {
                *sum.feedback.entry(feedback).or_default() += n;
            }
        }
        sum
    }
}

/// Keeps a run going until one of them receives nothing once the faults are over and no message is out.
pub(crate) async fn keep_running(
    program: &Program,
    wanted: &Value,
    ledger: &Ledger,
    faults_are_over: &AtomicBool,
) -> Ends {
    let mut ends = Ends::default();
    let mut n_empty = 0;
    loop {
        let may_be_last = faults_are_over.load(Ordering::SeqCst) && ledger.leases_are_over();
        let Some(run) = run_once(program, wanted).await else {
            *ends.states.entry("killed".to_owned()).or_default() += 1;
            continue;
        };
        let state = run["state"].as_str().unwrap_or_default().to_owned();
        if state != "finished" {
            let feedback = run["feedback"].as_str().unwrap_or_default().to_owned();
            *ends.feedback.entry(feedback).or_default() += 1;
        } else if may_be_last && run["counts"]["received"] == 0 {
            n_empty += 1;
            if n_empty == EMPTY_RUNS || ledger.n_left() == 0 {
                return ends;
            }
        }
        *ends.states.entry(state).or_default() += 1;
    }
}

/// The run that is wanted again and again.
pub(crate) fn wanted(tier: &Tier, project: &str) -> Value {
    let mut parameters = json!({
        "project": project, "topic": TOPIC, "subscription_name": SUBSCRIPTION, "timeout": 5
    });
    let broker = match tier.backend {
        Backend::StreamRest => {
            parameters["acknowledge"] = json!("keep");
            "stream-rest"
        }
        Backend::StreamClient => {
            parameters["max_backlog"] = json!(MOST_OUT.min(tier.n_messages / SMALL_PART));
            "stream-client"
        }
    };
    json!({"broker": broker, "parameters": parameters})
}

/// Starts a run and waits for its end; `None` if the program was killed meanwhile.
async fn run_once(program: &Program, wanted: &Value) -> Option<Value> {
    let (life, started) = loop {
        let life = program.life();
        match program.post("/api/runs/", wanted).await {
            Some(started) => break (life, started),
            None => tokio::time::sleep(PAUSE).await,
        }
    };
    let path = format!("/api/runs/{}/", started["id"]);
    loop {
        tokio::time::sleep(PAUSE).await;
        let run = program.get(&path).await;
        if program.life() != life {
            return None;
        }
        if let Some(run) = run
            && !matches!(run["state"].as_str(), Some("queued" | "running"))
        {
            return Some(run);
        }
    }
}
