//! What the database has committed, asked over a connection that no relay touches.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::{sync::Mutex, time::Instant};

use crate::ledger::Claim;

/// How long may the database be away?
const PATIENCE: Duration = Duration::from_mins(1);

const COUNT_MISSING: &str = "
    select (
        select count(*) from unnest($1::bigint[]) as wanted (source_id)
        where not exists (select from alert a where a.survey = 'ztf' and a.source_id = wanted.source_id)
    ) + (
        select count(*) from unnest($2::text[]) as wanted (message_id)
        where not exists (select from unreadable u where u.message_id = wanted.message_id)
    )";

/// A direct connection, made anew after each crash.
pub(crate) struct Oracle {
    url: String,
    connection: Mutex<Option<PgConnection>>,
}

impl Oracle {
    pub(crate) fn new(url: String) -> Self {
        Self { url, connection: Mutex::new(None) }
    }

    /// How many of these messages are not committed. Waits while the database is down.
    pub(crate) async fn count_missing(&self, claim: &Claim) -> u64 {
        let give_up = Instant::now() + PATIENCE;
        let mut connection = self.connection.lock().await;
        loop {
            match self.ask(&mut connection, claim).await {
                Ok(n) => return n.cast_unsigned(),
                Err(error) => {
                    *connection = None;
                    assert!(Instant::now() < give_up, "the database does not come back: {error}");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        }
    }

    async fn ask(&self, connection: &mut Option<PgConnection>, claim: &Claim) -> sqlx::Result<i64> {
        let connection = match connection {
            Some(connection) => connection,
            None => connection.insert(PgConnection::connect(&self.url).await?),
        };
        sqlx::query_scalar(COUNT_MISSING)
            .bind(&claim.candids)
            .bind(&claim.junk)
            .fetch_one(connection)
            .await
    }
}
