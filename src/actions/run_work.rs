//! The work of one run: fetch, filter, keep, and only then acknowledge.

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::run_keeping::Keeper;
use crate::{
    brokers::{AlertStream, Broker, BrokerError, RunContext, filter_from},
    domain::{
        grant::Scope,
        run::{LogLevel, RunId, RunState},
        timing::RunTiming,
        wording::{as_sentence, counted, grouped},
    },
    forms::Parameters,
    storage::{NotKept, StopRequest, Storage},
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
            feedback: "Stopped on request. Results so far are kept.".to_owned(),
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
    let is_asked =
        ending.lacks.is_some() && matches!(storage.stop_request(id).await, Ok(StopRequest::Asked));
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
) -> Result<Ending, NotKept> {
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
    let mut keeper = Keeper::new(storage.clone(), id, filter, max_results, log.clone(), timing);
    let ending = keep_all(&mut keeper, &mut stream, &log, stop, broker).await;
    let settled = keeper.settle().await;
    keeper.finish_acknowledging().await;
    settled.and(ending)
}

/// Keeps what comes, to the end of the stream, the limit or a request to stop.
async fn keep_all(
    keeper: &mut Keeper,
    stream: &mut AlertStream,
    log: &RunContext,
    stop: &CancellationToken,
    broker: &dyn Broker,
) -> Result<Ending, NotKept> {
    loop {
        let next = tokio::select! {
            // Cancel wins over a stream that always has more.
            biased;
            () = stop.cancelled() => return Ok(Ending::cancelled()),
            () = keeper.is_to_settle() => {
                keeper.settle().await?;
                continue;
            }
            next = stream.next() => next,
        };
        match next {
            None if stop.is_cancelled() => return Ok(Ending::cancelled()),
            None => return Ok(read_to_end(keeper, log.ending())),
            Some(Err(error)) => {
                log.log(LogLevel::Error, as_sentence(&error.to_string()));
                let feedback =
                    format!("{} Results so far are kept.", as_sentence(&error.to_string()));
                return Ok(Ending::broken(feedback, &error, broker));
            }
            Some(Ok(batch)) => {
                if keeper.keep(batch).await? {
                    return Ok(reached_limit(keeper.n_stored()));
                }
            }
        }
    }
}

fn read_to_end(keeper: &Keeper, because: Option<String>) -> Ending {
    let read = match keeper.n_received() {
        _ if because.is_some() => because.unwrap_or_default(),
        0 => "Nothing to read: no packets were found.".to_owned(),
        n => format!("Read to the end: {}.", counted(n, "packet")),
    };
    let set_aside = match keeper.n_unreadable() {
        0 => String::new(),
        n => format!(" {} could not be read.", grouped(n)),
    };
    Ending::finished(read + &set_aside)
}

fn reached_limit(n_stored: u64) -> Ending {
    Ending::finished(format!(
        "Stopped at the limit of {}. There may be more: raise \"Maximum results\" to see them.",
        counted(n_stored, "result")
    ))
}
