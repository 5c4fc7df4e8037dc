//! Writes that outlive a restart of the database.

use std::{future::Future, time::Duration};

use crate::storage::StorageError;

/// How often is a write tried, and how long is the first pause?
const WRITE_TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Tries a write again while the database restarts or is out of connections, pausing longer each time.
pub(super) async fn patiently<T, F>(mut write: impl FnMut() -> F) -> Result<T, StorageError>
where
    F: Future<Output = Result<T, StorageError>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..WRITE_TRIES {
        match write().await {
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "The database is not ready: trying again in {pause:?}");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            other => return other,
        }
    }
    write().await
}
