//! The log of a run: what its backend says, written while it goes on and a little beyond its end.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::state::Inner;
use crate::{
    domain::run::{LogLevel, RunId},
    storage::Storage,
};

/// Lines that a backend has said and nobody has written.
pub(super) type Lines = mpsc::UnboundedReceiver<(LogLevel, String)>;

/// Writes the run's log until the run is over, or nobody has more to say; what is still to come. A backend that hangs may
/// hold its end of the channel for longer.
pub(super) async fn write_log(
    storage: Storage,
    id: RunId,
    mut lines: Lines,
    is_over: CancellationToken,
) -> Lines {
    loop {
        let line = tokio::select! {
            biased;
            line = lines.recv() => line,
            () = is_over.cancelled() => None,
        };
        let Some((level, sentence)) = line else { return lines };
        if let Err(error) = storage.log_run(id, level, &sentence).await {
            warn!(run.id = id, %error, "A line of the run's log was lost: {sentence}");
        }
    }
}

/// Writes, in the background, what a backend says after its run has ended: what it cost, and whether a job could be
/// stopped.
pub(super) fn write_late_lines(inner: &Inner, id: RunId, lines: Lines) {
    let late = write_log(inner.storage.clone(), id, lines, CancellationToken::new());
    let (shutdown, timing) = (inner.shutdown.clone(), inner.timing.runs);
    inner.tracker.spawn(async move {
        let last = async {
            shutdown.cancelled().await;
            tokio::time::sleep(timing.last_lines).await;
        };
        tokio::select! {
            _ = tokio::time::timeout(timing.late_lines, late) => {}
            () = last => {}
        }
    });
}
