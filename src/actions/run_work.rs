//! The work of one run: fetch, filter, keep, and only then acknowledge.

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::run_keeping::BatchWriter;
use crate::{
    brokers::{AlertStream, Broker, BrokerError, RunContext, filter_from},
    domain::{
        grant::Scope,
        run::{LogLevel, RunId, RunState},
        timing::RunTiming,
        wording::as_sentence,
    },
    forms::Parameters,
    storage::{Storage, StorageError},
};

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) state: RunState,
    /// Why, and what can be done.
    pub(super) feedback: String,
    /// The right at Google whose lack ended it: its owner can grant it and run again.
    pub(super) lacks: Option<Scope>,
}

impl Ending {
    fn finished(feedback: String) -> Self {
        Self { state: RunState::Finished, feedback, lacks: None }
    }

    pub(super) fn failed(feedback: String) -> Self {
        Self { state: RunState::Failed, feedback, lacks: None }
    }

    pub(super) fn cancelled() -> Self {
        Self {
            state: RunState::Cancelled,
            feedback: "Stopped on request. What had come until then is kept.".to_owned(),
            lacks: None,
        }
    }

    /// Ended by an error of the backend, which its user can perhaps mend by connecting to Google.
    fn broken(feedback: String, error: &BrokerError, broker: &dyn Broker) -> Self {
        let lacks = match error {
            BrokerError::Google(error) if error.is_cured_by_connecting() => broker.needed_scope(),
            _ => None,
        };
        Self { lacks, ..Self::failed(feedback) }
    }
}

/// How a run ended that lost its right at Google: who takes somebody out stops their runs and ends their grant, and a
/// run may feel the second first.
pub(super) async fn stopped_or(ending: Ending, storage: &Storage, id: RunId) -> Ending {
    let is_asked = ending.lacks.is_some() && matches!(storage.is_asked_to_stop(id).await, Ok(true));
    if is_asked { Ending::cancelled() } else { ending }
}

/// Runs a query to its end.
pub(super) async fn run(
    storage: &Storage,
    id: RunId,
    broker: &dyn Broker,
    parameters: &Parameters,
    context: RunContext,
    stop: &CancellationToken,
    timing: RunTiming,
) -> Result<Ending, StorageError> {
    let filter = match filter_from(parameters, context.now) {
        Ok(filter) => filter,
        Err(error) => {
            return Ok(Ending::failed(format!(
                "The query no longer fits the form: {error}. Edit it and run it again."
            )));
        }
    };
    let max_results = parameters.integer("max_results").filter(|_| !context.is_listening);
    let max_results = max_results.and_then(|n| u64::try_from(n).ok());
    let log = context.clone();
    let mut stream = match broker.fetch_alerts(parameters, context).await {
        Ok(stream) => stream,
        Err(error) => return Ok(Ending::broken(as_sentence(&error.to_string()), &error, broker)),
    };
    let mut writer =
        BatchWriter::new(storage.clone(), id, filter, max_results, log.clone(), timing);
    let ending = keep_all(&mut writer, &mut stream, &log, stop, broker).await;
    let settled = writer.settle().await;
    writer.finish_acknowledging().await;
    settled.and(ending)
}

/// Keeps what comes, to the end of the stream, the limit or a request to stop.
async fn keep_all(
    writer: &mut BatchWriter,
    stream: &mut AlertStream,
    log: &RunContext,
    stop: &CancellationToken,
    broker: &dyn Broker,
) -> Result<Ending, StorageError> {
    loop {
        let next = tokio::select! {
            // Cancel wins over a stream that always has more.
            biased;
            () = stop.cancelled() => return Ok(Ending::cancelled()),
            () = writer.pending_batch_done() => {
                writer.settle().await?;
                continue;
            }
            next = stream.next() => next,
        };
        match next {
            None if stop.is_cancelled() => return Ok(Ending::cancelled()),
            None => return Ok(read_to_end(writer, log.ending())),
            Some(Err(error)) => {
                log.log(LogLevel::Error, as_sentence(&error.to_string()));
                let feedback = format!(
                    "{} What had come until then is kept.",
                    as_sentence(&error.to_string())
                );
                return Ok(Ending::broken(feedback, &error, broker));
            }
            Some(Ok(batch)) => {
                if writer.keep(batch).await? {
                    return Ok(reached_limit(writer.n_stored()));
                }
            }
        }
    }
}

fn read_to_end(writer: &BatchWriter, because: Option<String>) -> Ending {
    let read = match writer.n_received() {
        _ if because.is_some() => because.unwrap_or_default(),
        0 => "Nothing to read: no packets were found.".to_owned(),
        1 => "Read to the end: 1 packet.".to_owned(),
        n => format!("Read to the end: {n} packets."),
    };
    let set_aside = match writer.n_unreadable() {
        0 => String::new(),
        1 => " 1 could not be read and was set aside.".to_owned(),
        n => format!(" {n} could not be read and were set aside."),
    };
    Ending::finished(read + &set_aside)
}

fn reached_limit(n_stored: u64) -> Ending {
    let results = if n_stored == 1 { "result" } else { "results" };
    Ending::finished(format!(
        "Stopped at the limit of {n_stored} {results}. There may be more: raise \"Maximum results\" to see them."
    ))
}
