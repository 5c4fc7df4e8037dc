//! The work of one run: fetch, filter, keep, and only then acknowledge.

use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use super::{
    batch_writer::{BatchWriter, WriterSettings},
    ending::Ending,
};
use crate::{
    brokers::{AlertStream, Broker, RunContext, filter_from},
    domain::{
        run::{LogLevel, RunId},
        timing::RunTiming,
        wording::{as_sentence, counted, grouped},
    },
    forms::Parameters,
    storage::{NotKept, Storage},
};

/// How many messages are looked at beyond the limit of a run, to tell whether it has left something out.
const MOST_LOOKED_AT: usize = 1_000;

/// What a run asks of which backend, and until when.
pub(super) struct Work<'r> {
    pub(super) storage: &'r Storage,
    pub(super) run_id: RunId,
    pub(super) broker: &'r dyn Broker,
    pub(super) parameters: &'r Parameters,
    pub(super) stop: &'r CancellationToken,
    pub(super) timing: RunTiming,
}

impl Work<'_> {
    /// Runs the query to its end.
    pub(super) async fn finish(&self, context: RunContext) -> Result<Ending, NotKept> {
        let filter = match filter_from(self.parameters, context.now) {
            Ok(filter) => filter,
            Err(error) => {
                return Ok(Ending::failed(format!(
                    "The query no longer fits the form: {error}. Edit it and run it again."
                )));
            }
        };
        let max_results = self.parameters.integer("max_results").filter(|_| !context.is_listening);
        let log = context.clone();
        let mut stream = match self.broker.fetch_alerts(self.parameters, context).await {
            Ok(stream) => stream,
            Err(error) => {
                return Ok(Ending::broken(as_sentence(&error.to_string()), &error, self.broker));
            }
        };
        let mut writer = BatchWriter::new(WriterSettings {
            storage: self.storage.clone(),
            run_id: self.run_id,
            filter,
            max_results: max_results.and_then(|n| u64::try_from(n).ok()),
            context: log.clone(),
            timing: self.timing,
        });
        let ending = self.keep_all(&mut writer, &mut stream, &log).await;
        let settled = writer.settle().await;
        writer.finish_acknowledging().await;
        settled.and(ending)
    }

    /// Keeps what comes, to the end of the stream, the limit or a request to stop.
    async fn keep_all(
        &self,
        writer: &mut BatchWriter,
        stream: &mut AlertStream,
        log: &RunContext,
    ) -> Result<Ending, NotKept> {
        loop {
            let next = tokio::select! {
                // Cancel wins over a stream that always has more.
                biased;
                () = self.stop.cancelled() => return Ok(Ending::cancelled()),
                () = writer.pending_batch_done() => {
                    writer.settle().await?;
                    continue;
                }
                next = stream.next() => next,
            };
            match next {
                None if self.stop.is_cancelled() => return Ok(Ending::cancelled()),
                None => return Ok(read_to_end(writer, log)),
                Some(Err(error)) => {
                    let sentence = as_sentence(&error.to_string());
                    log.log(LogLevel::Error, sentence.clone());
                    let feedback = format!("{sentence} Results so far are kept.");
                    return Ok(Ending::broken(feedback, &error, self.broker));
                }
                Some(Ok(batch)) => {
                    if writer.keep(batch).await? {
                        let is_all = self.is_all(writer, stream).await;
                        return Ok(reached_limit(writer, log, is_all));
                    }
                }
            }
        }
    }

    /// Whether nothing follows that the filter lets pass, as far as a short look tells. Messages that have to be
    /// acknowledged are not taken for a look. The writer's receipts belong to one thread: so does whoever asks it.
    async fn is_all(&self, writer: &mut BatchWriter, stream: &mut AlertStream) -> bool {
        if writer.has_left_over() || self.broker.acknowledges() {
            return false;
        }
        let mut n_looked_at = 0;
        while n_looked_at < MOST_LOOKED_AT {
            let next = tokio::select! {
                biased;
                () = self.stop.cancelled() => return false,
                next = stream.next() => next,
            };
            match next {
                None => return !self.stop.is_cancelled(),
                Some(Ok(batch)) if !batch.deliveries.iter().any(|it| writer.lets_pass(it)) => {
                    n_looked_at += batch.deliveries.len();
                }
                Some(_) => return false,
            }
        }
        false
    }
}

fn read_to_end(writer: &BatchWriter, log: &RunContext) -> Ending {
    let read = log.ending().unwrap_or_else(|| match writer.n_received() {
        0 => "Nothing to read: no packets were found.".to_owned(),
        n => format!("Read to the end: {}.", counted(n, "packet")),
    });
    let remarks = log.remarks().into_iter().map(|remark| format!(" {remark}"));
    Ending::finished(read + &set_aside(writer) + &remarks.collect::<String>())
}

fn reached_limit(writer: &BatchWriter, log: &RunContext, is_all: bool) -> Ending {
    let results = counted(writer.n_stored(), "result");
    let told = if is_all {
        let read = log.ending().unwrap_or_else(|| "Read to the end.".to_owned());
        format!("{read} There are no more: the limit of {results} was just reached.")
    } else {
        format!(
            "Stopped at the limit of {results}. There may be more: raise \"Maximum results\" to see them."
        )
    };
    Ending::finished(told + &set_aside(writer))
}

fn set_aside(writer: &BatchWriter) -> String {
    match writer.n_unreadable() {
        0 => String::new(),
        n => format!(" {} could not be read.", grouped(n)),
    }
}
