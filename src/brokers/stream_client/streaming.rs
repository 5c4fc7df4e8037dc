//! Watches over a stream: opens it, hands over what comes, notices when nothing can come, and opens it anew.
//!
//! Google's crate tries for ever and says nothing while Pub/Sub cannot be reached, and ends for good when the
//! subscription was not there for a moment. So the run watches it from outside:
//!
//! - When nothing has come for 15 s (8 s after opening), it asks by REST whether the subscription is there and still on
//!   its topic.
//! - It says in the log what is wrong. When REST answers again, it opens a stream over a new connection. After 5
//!   minutes of silence it does so in any case.
//! - An answer by REST alone does not count as health. It also tries a connection to where streams go, and counts the
//!   crate's calls where the crate asks for a token: a silent stream that calls more than twice between two looks does
//!   not stay open.
//! - A refused token is renewed once. A missing permission ends the run.
//! - Time in trouble does not count as silence, and silence ends a run only after an answer.

use std::time::Duration;

use tokio::time::{sleep, sleep_until, timeout};

use super::{
    batching::{self, Batching},
    contact::Contact,
    looking::{LookError, Looker},
};
use crate::{
    brokers::{
        BrokerError, RunContext,
        pubsub::{Batches, Limits, Pacing},
    },
    domain::{run::LogLevel, timing::StreamTiming},
    google::{
        GoogleError,
        pubsub::{PullStream, StreamError, StreamOpener},
    },
};

/// What a run streams from.
pub(super) struct Source {
    pub(super) opener: StreamOpener,
    pub(super) looker: Looker,
    /// What a broken stream has taken out comes again after so long.
    pub(super) lease: Duration,
    /// How long trouble may last before a run fails; a run that listens is as patient as it takes.
    pub(super) patience: Duration,
    pub(super) timing: StreamTiming,
}

/// Streams until a stop condition holds, the run is stopped, or there is trouble that does not pass.
pub(super) async fn stream_until_stopped(
    source: Source,
    limits: Limits,
    batches: Batches,
    context: RunContext,
) {
    let timing = source.timing;
    let mut streamer = Streamer {
        pacing: Pacing::new(context.clone()),
        contact: Contact::new(context.clone(), limits.silence, timing),
        limits,
        batches: batches.clone(),
        context: context.clone(),
        stream: None,
        was_token_renewed: false,
        source,
    };
    let streaming = limits.until_deadline(streamer.stream_on());
    tokio::select! {
        () = context.stop.cancelled() => {}
        // Nobody listens when the run has ended meanwhile; what is out must go back all the same.
        () = batches.closed() => {}
        ended = streaming => match ended {
            Ok(because) => context.ends_because(because),
            Err(error) => {
                let _ = batches.send(Err(error)).await;
            }
        },
    }
    drop(batches);
    let Streamer { stream, batches, contact, .. } = streamer;
    drop(batches);
    close(stream, !contact.is_in_trouble(), timing.last_leases).await;
}

/// Closes a stream once the batches that came of it are settled, or after so long.
async fn close(stream: Option<PullStream>, is_open: bool, patience: Duration) {
    if let Some(stream) = stream
        && timeout(patience, stream.close(is_open)).await.is_err()
    {
        tracing::warn!("Some messages of a stream were not settled in time: they come again");
    }
}

/// How receiving from one stream ended.
enum Verdict {
    /// The run is to end, because of this.
    Ended(String),
    /// Another stream is to go on.
    Reopen,
    Broken(StreamError),
}

struct Streamer {
    source: Source,
    limits: Limits,
    batches: Batches,
    context: RunContext,
    pacing: Pacing,
    contact: Contact,
    stream: Option<PullStream>,
    was_token_renewed: bool,
}

impl Streamer {
    /// One stream after another; why it ended.
    async fn stream_on(&mut self) -> Result<String, BrokerError> {
        loop {
            if !self.pacing.turn().await {
                return Ok(String::new());
            }
            self.contact.opens(self.source.lease, self.source.opener.n_calls());
            let verdict = match self.source.opener.open().await {
                Ok(stream) => {
                    self.stream = Some(stream);
                    self.receive().await?
                }
                Err(error) => Verdict::Broken(error),
            };
            // Aside: its last batches may take their time, and another stream has to go on.
            let is_open = matches!(verdict, Verdict::Ended(_));
            let last_leases = self.source.timing.last_leases;
            self.context.tasks.spawn(close(self.stream.take(), is_open, last_leases));
            match verdict {
                Verdict::Ended(because) => return Ok(because),
                Verdict::Reopen => {}
                Verdict::Broken(error) => self.get_over(error).await?,
            }
        }
    }

    /// Hands over what a stream brings.
    async fn receive(&mut self) -> Result<Verdict, BrokerError> {
        let mut batching = Batching::default();
        loop {
            let (due, look) = (batching.due(), self.contact.next_look());
            let Some(stream) = &mut self.stream else { return Ok(Verdict::Reopen) };
            let is_full = tokio::select! {
                biased;
                () = sleep_until(due.unwrap_or(look)), if due.is_some() => true,
                next = stream.next() => match next {
                    Some(Ok(message)) => {
                        self.contact.message_came();
                        self.was_token_renewed = false;
                        batching.add(message)
                    }
                    Some(Err(error)) => {
                        let verdict = Verdict::Broken(self.source.opener.understand(&error));
                        return Ok(self.hand_over(&mut batching).await?.unwrap_or(verdict));
                    }
                    None => {
                        let verdict = self.ended_without_error();
                        return Ok(self.hand_over(&mut batching).await?.unwrap_or(verdict));
                    }
                },
                () = sleep_until(look), if due.is_none() => {
                    if let Some(verdict) = self.look().await? {
                        return Ok(verdict);
                    }
                    false
                }
            };
            if is_full && let Some(verdict) = self.hand_over(&mut batching).await? {
                return Ok(verdict);
            }
        }
    }

    /// What the end of a stream means: one that brought something goes on at once.
    fn ended_without_error(&self) -> Verdict {
        if self.contact.has_brought_something() {
            return Verdict::Reopen;
        }
        Verdict::Broken(StreamError::Passing("Pub/Sub ends the stream at once".to_owned()))
    }

    /// Hands over what was gathered; a verdict when the run takes no more.
    async fn hand_over(&mut self, batching: &mut Batching) -> Result<Option<Verdict>, BrokerError> {
        let messages = batching.take();
        if messages.is_empty() {
            return Ok(None);
        }
        let batch = batching::read(messages, self.source.looker.path().clone()).await?;
        let is_taken = self.batches.send(Ok(batch)).await.is_ok();
        self.contact.was_busy();
        // Nobody reads why a run ended that takes no more.
        Ok((!is_taken).then(|| Verdict::Ended(String::new())))
    }

    /// Asks whether Pub/Sub is there and the subscription in it, since the stream says nothing.
    async fn look(&mut self) -> Result<Option<Verdict>, BrokerError> {
        let opener = &self.source.opener;
        let is_busy = opener.has_messages_out();
        let n_tries = self.contact.tries_in_vain(opener.n_calls()).filter(|_| !is_busy);
        let looked = match self.source.looker.look().await {
            Ok(()) => opener.check_connection().await,
            Err(LookError::MayPass(error)) => Err(error),
            Err(LookError::EndsRun(error)) => return Err(error),
        };
        let looked = looked.and_then(|()| match n_tries {
            None => Ok(()),
            Some(n) => {
                let why = format!("the stream does not stay open after {n} tries");
                Err(StreamError::Passing(why))
            }
        });
        if let Err(error) = looked {
            return Ok(Some(Verdict::Broken(error)));
        }
        self.contact.is_well();
        self.was_token_renewed = false;
        let has_more = self.stream.as_ref().is_some_and(PullStream::has_more);
        if self.contact.is_silent() && !is_busy && !has_more {
            let because = self.limits.silence_sentence(self.contact.n_messages());
            return Ok(Some(Verdict::Ended(because)));
        }
        Ok(self.contact.is_stale().then_some(Verdict::Reopen))
    }

    /// Waits until a stream has a chance again.
    async fn get_over(&mut self, error: StreamError) -> Result<(), BrokerError> {
        let mut error = error;
        loop {
            let why = match &error {
                StreamError::Final(error) => return Err(error.clone().into()),
                StreamError::TokenRefused(error) if self.was_token_renewed => {
                    return Err(error.clone().into());
                }
                StreamError::TokenRefused(_) => {
                    self.source.opener.renew_token();
                    self.was_token_renewed = true;
                    return Ok(());
                }
                StreamError::Gone => "the subscription does not exist".to_owned(),
                StreamError::Passing(why) => why.clone(),
            };
            let (pause, lasts) = self.contact.is_troubled(&why);
            if !self.context.is_listening && lasts > self.source.patience {
                return Err(self.given_up(&error, why, lasts));
            }
            sleep(pause).await;
            let was_gone = error == StreamError::Gone;
            match self.source.looker.look().await {
                Ok(()) => {
                    if was_gone {
                        self.context.log(
                            LogLevel::Info,
                            "The subscription was created again: earlier messages are not available",
                        );
                    }
                    return Ok(());
                }
                Err(LookError::MayPass(later)) => error = later,
                Err(LookError::EndsRun(error)) => return Err(error),
            }
        }
    }

    fn given_up(&self, error: &StreamError, why: String, lasted: Duration) -> BrokerError {
        match error {
            StreamError::Gone => BrokerError::SubscriptionGone(self.source.looker.path().clone()),
            _ => GoogleError::Unreachable {
                service: "Pub/Sub",
                seconds: lasted.as_secs(),
                last: why,
            }
            .into(),
        }
    }
}
