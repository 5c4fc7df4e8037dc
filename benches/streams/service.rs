//! Our turn: a run through the service's runner, as a user's.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde_json::json;
use tom_alerts::{
    actions::runs::{Runner, RunnerSettings},
    brokers::{
        Broker, Brokers, pubsub::PubSubService, stream_client::StreamClient,
        stream_rest::StreamRest,
    },
    clock::Clock,
    domain::{
        run::{Run, RunId},
        sharing::Asker,
        timing::Timing,
    },
    forms::{self, RawForm},
    google::Access,
    storage::Storage,
};

use super::{
    publish::{PROJECT, Round},
    turn::Turn,
};
use crate::setting::{
    emulator::Emulator,
    processor_time::{ProcessorTime, forget_peak_memory, peak_memory_mb},
};

/// How often the run is looked at: the accuracy of its time.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A round that takes longer has lost messages.
const LONGEST: Duration = Duration::from_mins(10);

/// What works on runs.
pub(crate) struct Service {
    storage: Storage,
    runner: Runner,
    brokers: Brokers,
    asker: Asker,
    backend: &'static str,
}

impl Service {
    /// Reads with a backend from the emulator at `host` into `storage`.
    pub(crate) async fn new(
        storage: &Storage,
        host: &str,
        backend: &'static str,
    ) -> anyhow::Result<Self> {
        let pubsub = PubSubService::at(Some(host), &Timing::default())?;
        let streams: [Arc<dyn Broker>; 2] =
            [Arc::new(StreamRest::new(pubsub.clone())), Arc::new(StreamClient::new(pubsub))];
        let brokers = Brokers::new(streams.into());
        let runner = Runner::new(
            storage.clone(),
            brokers.clone(),
            Access::default(),
            RunnerSettings::default(),
        );
        let asker = storage.local_asker().await?;
        Ok(Self { storage: storage.clone(), runner, brokers, asker, backend })
    }

    /// Reads a round until the last message is acknowledged; the turn and the bytes of the packets.
    pub(crate) async fn read(
        &self,
        round: &Round,
        emulator: &Emulator,
    ) -> anyhow::Result<(Turn, u64)> {
        forget_peak_memory();
        let (before, emulator_before) = (ProcessorTime::now()?, emulator.cpu_seconds()?);
        let began = Instant::now();
        let id = self.start(round).await?;
        let n_messages = round.n_messages as u64;
        let kept = |run: &Run| run.counts.stored + run.counts.unreadable;
        let all = |run: &Run| kept(run) >= n_messages && run.counts.acknowledged >= n_messages;
        let run = self.wait_for(id, all).await?;
        let seconds = began.elapsed().as_secs_f64();
        let (used, peak_mb) = (ProcessorTime::now()? - before, peak_memory_mb()?);
        let cpu_emulator = emulator.cpu_seconds()?.zip(emulator_before).map(|(a, b)| a - b);
        let n_kept = kept(&run);
        anyhow::ensure!(n_kept == n_messages, "kept {n_kept} of {n_messages} messages");
        // The end of the run comes with the silence after the last message.
        self.wait_for(id, |run| !run.state.is_live()).await?;
        let turn =
            Turn { seconds, cpu_own: used.own, cpu_database: used.database, cpu_emulator, peak_mb };
        Ok((turn, run.counts.received_bytes))
    }

    async fn start(&self, round: &Round) -> anyhow::Result<RunId> {
        let broker = self.brokers.find(self.backend).context("there is no such backend")?;
        let context =
            forms::Context { now: Clock::system().now(), choices: broker.choices().await };
        let sent = RawForm::from_json(&json!({
            "subscription_name": round.our_subscription(),
            "topic": round.topic(),
            "project": PROJECT,
            "timeout": 5,
            // A filter that is asked of every alert and passes all.
            "mag_max": 30,
        }));
        let parameters = broker
            .form()
            .validate(&sent, &context)
            .map_err(|_| anyhow::anyhow!("the form has changed"))?;
        Ok(self.runner.start(self.backend, parameters, None, "", &self.asker).await?)
    }

    async fn wait_for(&self, id: RunId, is_there: impl Fn(&Run) -> bool) -> anyhow::Result<Run> {
        let began = Instant::now();
        while began.elapsed() < LONGEST {
            let run = self.storage.find_run(&self.asker, id).await?.context("the run is gone")?;
            if is_there(&run) {
                return Ok(run);
            }
            anyhow::ensure!(run.state.is_live(), "the run ended too early: {}", run.feedback);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        anyhow::bail!("the run takes too long")
    }
}
