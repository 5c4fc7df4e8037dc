//! The loop of a run: pulls while there is room, hands batches over, and knows when to stop.
//!
//! It asks for as many messages as the run will probably need, with three pulls at once while there is a backlog. Only
//! an answer of Pub/Sub counts as silence. Pulls are answered at once (`returnImmediately`) and repeated twice a second
//! while the stream is quiet: a pull that waits, and is then given up, keeps taking messages out, and those come again
//! only when their lease ends. Before a silence ends the run, and now and then before that, the subscription is looked at:
//! where its topic was deleted nothing comes any more, and that is no silence.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{
    leases::{HeldBatch, Leases},
    one_pull::{Outcome, pull_once},
};
use crate::{
    brokers::{
        AlertBatch, BrokerError, Delivery, RunContext,
        pubsub::{Batches, Consumer, Limits, Pacing},
    },
    domain::{run::LogLevel, timing::PullTiming, wording::counted},
    google::pubsub::Subscription,
};

/// Messages asked for at once. A hundred ZTF alerts are 9 MB of JSON.
const MOST_AT_ONCE: u64 = 100;

/// Pulls at once while the subscription has a backlog; one is enough to wait for new messages.
const PULLS_AT_ONCE: usize = 3;

/// Messages that a peek looks at: all stay out until it ends, and nobody else gets them meanwhile. One request gives so many
/// back.
const MOST_PEEKED: u64 = 1_000;

/// When to stop, and how to take messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taking {
    pub(super) limits: Limits,
    pub(super) is_peek: bool,
    pub(super) timing: PullTiming,
}

/// Pulls until a stop condition holds, the run is stopped, or there is trouble.
pub(super) async fn pull_until_stopped(
    consumer: Arc<Consumer>,
    subscription: Subscription,
    taking: Taking,
    batches: Batches,
    context: RunContext,
) {
    let limits = taking.limits;
    let mut puller = Puller::new(consumer, &subscription, taking, batches.clone(), context.clone());
    let pulling = limits.until_deadline(puller.pull_on());
    tokio::select! {
        () = context.stop.cancelled() => {}
        ended = pulling => match ended {
            Ok(because) => context.ends_because(because),
            Err(error) => {
                // Nobody listens when the run has ended meanwhile.
                let _ = batches.send(Err(error)).await;
            }
        },
    }
    // The run ends here; what is still on its way is waited for, only to be given back.
    drop(batches);
    puller.give_back().await;
}

/// What one pull brought.
struct Pulled {
    asked: u64,
    outcome: Outcome,
}

struct Puller {
    consumer: Arc<Consumer>,
    leases: Leases,
    pacing: Arc<Pacing>,
    limits: Limits,
    is_peek: bool,
    timing: PullTiming,
    batches: Option<Batches>,
    context: RunContext,
    pulls: JoinSet<Pulled>,
    n_asked: u64,
    /// Learned from answers that were too large.
    most_at_once: Arc<AtomicU64>,
    most_known: u64,
    ack_deadline: Duration,
    /// Retries and unanswered calls that we know of.
    troubles: (u64, u64),
    has_backlog: bool,
    n_messages: u64,
    last_message: Instant,
    /// Full name of the topic when the run began.
    topic: String,
    /// When an empty answer has the subscription looked at.
    next_look: Instant,
}

impl Puller {
    fn new(
        consumer: Arc<Consumer>,
        subscription: &Subscription,
        taking: Taking,
        batches: Batches,
        context: RunContext,
    ) -> Self {
        let leases =
            Leases::start(consumer.clone(), subscription.ack_deadline_seconds, &context.tasks);
        // Where nothing can come any more, what waits is taken and no more waited for.
        let look_in =
            if subscription.is_topic_gone() { Duration::ZERO } else { taking.timing.look };
        Self {
            consumer,
            leases,
            pacing: Arc::new(Pacing::new(context.clone())),
            limits: taking.limits,
            is_peek: taking.is_peek,
            timing: taking.timing,
            batches: Some(batches),
            context,
            pulls: JoinSet::new(),
            n_asked: 0,
            most_at_once: Arc::new(AtomicU64::new(MOST_AT_ONCE)),
            most_known: MOST_AT_ONCE,
            ack_deadline: Duration::from_secs(u64::from(subscription.ack_deadline_seconds)),
            troubles: (0, 0),
            has_backlog: false,
            n_messages: 0,
            last_message: Instant::now(),
            topic: subscription.topic.clone(),
            next_look: Instant::now() + look_in,
        }
    }

    /// Pulls until nothing has come for too long; why it ended.
    async fn pull_on(&mut self) -> Result<String, BrokerError> {
        let mut unsettled = self.leases.watch_unsettled();
        loop {
            self.start_pulls();
            if self.pulls.is_empty() {
                if self.is_peek && self.n_messages >= MOST_PEEKED {
                    return Ok(peeked_sentence());
                }
                // No room until a batch is kept. The time in which we do not ask is no silence.
                // The sender lives as long as we do.
                let _ = unsettled.changed().await;
                self.last_message = Instant::now();
                continue;
            }
            let pulled = tokio::select! {
                Some(pulled) = self.pulls.join_next() => pulled.map_err(|_| BrokerError::ReaderBroke)?,
                _ = unsettled.changed() => continue,
            };
            self.n_asked -= pulled.asked;
            self.notice_trouble();
            let asking_since = self.last_message + self.pacing.take_waited();
            self.last_message = self.last_message.max(asking_since.min(Instant::now()));
            let most_at_once = self.most_at_once.load(Ordering::Relaxed);
            if most_at_once < self.most_known {
                // What was too large is out until its lease ends.
                self.most_known = most_at_once;
                self.last_message = Instant::now() + self.ack_deadline;
            }
            if let Some(batch) = pulled.outcome? {
                self.context.progress.note_answer();
                if !self.hand_over(batch, pulled.asked).await {
                    // The run has ended: nobody reads why.
                    return Ok(String::new());
                }
            } else {
                self.has_backlog = false;
                if let Some(because) = self.nothing_came().await? {
                    return Ok(because);
                }
            }
        }
    }

    /// An answer without messages; why the run ends with it.
    async fn nothing_came(&mut self) -> Result<Option<String>, BrokerError> {
        // Only an answer tells silence from a service that is out of reach, and only the last of several pulls: what is missing
        // here may be what another one has got, and is still reading.
        let is_last = self.pulls.is_empty();
        let is_silent = is_last && self.last_message.elapsed() >= self.limits.silence;
        // One empty answer may leave out what waits.
        let quiet = self.timing.quiet.min(self.limits.silence);
        let is_quiet = is_last && self.last_message.elapsed() >= quiet;
        if is_silent || is_quiet && self.next_look <= Instant::now() {
            self.consumer.look(&self.topic).await?;
            self.next_look = Instant::now() + self.timing.look;
        }
        self.context.progress.note_answer();
        Ok(is_silent.then(|| self.limits.silence_sentence(self.n_messages)))
    }

    /// Starts as many pulls as there is room for.
    fn start_pulls(&mut self) {
        let width = if self.has_backlog { PULLS_AT_ONCE } else { 1 };
        while self.pulls.len() < width {
            let asked = self.room().min(self.most_at_once.load(Ordering::Relaxed));
            if asked == 0 {
                return;
            }
            self.n_asked += asked;
            let (consumer, leases) = (self.consumer.clone(), self.leases.clone());
            let (pacing, most_at_once) = (self.pacing.clone(), self.most_at_once.clone());
            let pause = self.timing.empty_pause;
            self.pulls.spawn(async move {
                let pulling = pull_once(consumer, leases, &pacing, asked, most_at_once, pause);
                let outcome = pulling.await;
                Pulled { asked, outcome }
            });
        }
    }

    /// How many more messages may be out.
    fn room(&self) -> u64 {
        let out = self.leases.n_unsettled() as u64 + self.n_asked;
        let useful = self.limits.max_results.map_or(u64::MAX, |wanted| {
            self.context.progress.messages_for(wanted).saturating_sub(out)
        });
        let unpeeked = MOST_PEEKED.saturating_sub(self.n_messages + self.n_asked);
        if self.is_peek { useful.min(unpeeked) } else { useful }
    }

    /// Time in trouble is no silence; and what a lost answer took out comes again only when its lease ends.
    fn notice_trouble(&mut self) {
        let (retries, unanswered) = self.consumer.troubles();
        let (known_retries, known_unanswered) =
            std::mem::replace(&mut self.troubles, (retries, unanswered));
        if unanswered > known_unanswered {
            self.last_message = self.last_message.max(Instant::now() + self.ack_deadline);
            self.context.log(
                LogLevel::Info,
                format!(
                    "An answer was lost: up to {} messages will be delivered again within {} s",
                    self.most_at_once.load(Ordering::Relaxed),
                    self.ack_deadline.as_secs()
                ),
            );
        } else if retries > known_retries {
            self.last_message = self.last_message.max(Instant::now());
        }
    }

    /// Hands a batch over; false when the run takes no more, and the receipt gives the messages back.
    async fn hand_over(
        &mut self,
        (deliveries, held): (Vec<Delivery>, HeldBatch),
        asked: u64,
    ) -> bool {
        self.has_backlog = deliveries.len() as u64 == asked;
        self.n_messages += deliveries.len() as u64;
        let receipt =
            if self.is_peek { held.into_peek() } else { held.into_receipt(self.consumer.clone()) };
        let batch = AlertBatch { deliveries, receipt };
        let is_taken = match &self.batches {
            Some(batches) => batches.send(Ok(batch)).await.is_ok(),
            None => false,
        };
        self.last_message = self.last_message.max(Instant::now());
        is_taken
    }

    /// Ends the stream, waits for the pulls that are under way and gives back what they bring: a pull that is dropped
    /// would keep its messages out until their leases end.
    async fn give_back(mut self) {
        self.batches = None;
        let all = async { while self.pulls.join_next().await.is_some() {} };
        if timeout(self.timing.last_pulls, all).await.is_err() {
            tracing::warn!(
                "The last pulls of a run were not answered: what they took comes again later"
            );
        }
    }
}

fn peeked_sentence() -> String {
    format!(
        "Stopped after {}, the most that a peek looks at: all of them go back.",
        counted(MOST_PEEKED, "message")
    )
}
