//! Writes that outlive a restart of the database.

use std::{fmt::Display, future::Future};

use crate::{
    domain::timing::RunTiming,
    storage::{NotKept, StorageError},
};

/// How often is a write tried?
const WRITE_TRIES: u32 = 8;

/// Why a write failed, which may be over a little later.
pub(super) trait MayPass: Display {
    fn is_passing(&self) -> bool;
}

impl MayPass for StorageError {
    fn is_passing(&self) -> bool {
        self.is_passing()
    }
}

impl MayPass for NotKept {
    fn is_passing(&self) -> bool {
        self.is_passing()
    }
}

/// Tries a write again while the database restarts or is out of connections, pausing longer each time.
pub(super) async fn patiently<T, E, F>(
    timing: RunTiming,
    mut write: impl FnMut() -> F,
) -> Result<T, E>
where
    E: MayPass,
    F: Future<Output = Result<T, E>>,
{
    let mut pause = timing.first_pause;
    for _ in 1..WRITE_TRIES {
        match write().await {
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "The database is not ready: trying again in {pause:?}");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(timing.longest_pause);
            }
            other => return other,
        }
    }
    write().await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_write_is_tried_eight_times_with_pauses_as_they_are_set() {
        let (first_pause, longest_pause) = (Duration::from_millis(1), Duration::from_millis(2));
        let timing = RunTiming { first_pause, longest_pause, ..RunTiming::default() };
        let mut n_tries = 0;
        let writing = patiently(timing, || {
            n_tries += 1;
            async { Err::<(), _>(NotKept::OutOfTurn) }
        });
        // The program itself pauses for 24 s in all.
        let ended = tokio::time::timeout(Duration::from_secs(15), writing).await;
        assert!(matches!(ended, Ok(Err(NotKept::OutOfTurn))), "{ended:?}");
        assert_eq!(n_tries, WRITE_TRIES);
    }

    #[tokio::test]
    async fn what_does_not_pass_is_tried_once() {
        let mut n_tries = 0;
        let written = patiently(RunTiming::default(), || {
            n_tries += 1;
            async { Err::<(), _>(NotKept::RunEnded) }
        });
        assert!(matches!(written.await, Err(NotKept::RunEnded)));
        assert_eq!(n_tries, 1);
    }
}
