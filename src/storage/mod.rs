//! All SQL, one file a table or a question; rows become domain types here.
//!
//! **Transactions.** Each runs in a task of its own, which `in_transaction_at` alone begins. A request that goes away
//! half-way drops its future, and sqlx's `begin` is not safe to drop: whoever got the connection next would be inside
//! the old transaction.
//!
//! **Connections.** In each process pages have 8 and runs have 12, so a crowd at the pages does not keep runs from
//! storing, and runs do not hold up pages. Heartbeats of runs use those of pages. More for pages would make all answers
//! late together: 32 requests at once took 54 ms (p99) with 16 connections, and 39 ms with 6. A statement of a page may
//! take 5 s; one of a run 30 s, because packets travel while it goes on.
//!
//! **Statements** are texts, not sqlx's query macros: building needs no database, and each statement is run by a test.

mod admissions;
mod alert_runs;
mod alerts;
mod api_tokens;
mod askers;
mod batches;
mod budget;
mod classifications;
mod credentials;
mod errors;
mod form_drafts;
mod found_alert_rows;
mod groups;
mod history;
mod invitations;
mod kept_answers;
mod kept_packets;
mod known_alerts;
mod listener_changes;
mod listener_runs;
mod listener_work;
mod listeners;
mod members;
mod migrations;
mod owned;
mod packet_heads;
mod query_lists;
mod read_again;
mod results;
mod run_alerts;
mod run_lists;
mod run_news;
mod run_queue;
mod run_work;
mod runs;
mod save_reports;
mod saved_queries;
mod selections;
mod sessions;
mod sharing;
mod sign_in_attempts;
mod standing;
mod target_evidence;
mod target_lists;
mod target_names;
mod target_saves;
mod targets;
mod team;
mod turns;
mod unreadable;

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::domain::{count::Count, timing::DatabaseTiming};

pub use self::{
    admissions::{Admission, Welcome},
    batches::{Batch, KeptBatch},
    budget::{Reserved, SpendingLimits, SpendingWish},
    credentials::{Credential, SealedTokens},
    errors::{NotDone, NotKept, Refused, StorageError},
    form_drafts::{DRAFT_LIFE, FormDraft},
    history::HistoryFilter,
    kept_answers::KeptAnswer,
    known_alerts::KeptAlert,
    listener_runs::ListenerRunEnd,
    listener_work::{ListenerAtWork, NamedQuery, RunAtWork},
    migrations::MIGRATOR,
    query_lists::{QueryFilter, QueryOrder},
    read_again::{KeptAgain, TriedAgain},
    results::{Cursor, PageCursor, ResultPage},
    run_lists::RunFilter,
    run_news::RunFollower,
    run_queue::{BegunRun, RunsAhead},
    run_work::StopRequest,
    runs::NewRun,
    save_reports::SaveReport,
    sessions::{NewSession, SESSION_LIFE, SIGNED_IN, Sessions},
    sign_in_attempts::{Attempt, Taken},
    target_evidence::{EvidencePage, EvidencePlace, TargetEvidence},
    target_lists::{TargetFilter, TargetPage},
    target_saves::Saving,
    team::MemberChange,
    turns::{Follower, Turn},
    unreadable::{QuarantinedMessage, SetAside, ToTryAgain},
};

/// Where a page of a list begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPosition {
    /// Rows on all pages.
    pub n_all: u64,
    /// Rows on the pages before.
    pub n_before: u64,
}

impl ListPosition {
    fn of(n_all: i64, n_before: i64) -> Self {
        Self { n_all: from_bigint(n_all), n_before: from_bigint(n_before) }
    }
}

/// How far the rows of a list are counted that may be of any length: one more than is told.
pub const COUNTED: i64 = Count::MOST.cast_signed() + 1;

/// Connections of one process for those who ask: what two cores do at once. With more, all answers would come late
/// together.
const MAX_CONNECTIONS: u32 = 8;

/// Connections of one process for the work of runs, which pages neither wait for nor hold up. A run has two while one of its
/// batches waits for the other.
const MAX_WORK_CONNECTIONS: u32 = 12;

/// How long an idle connection is taken for alive without asking. Asking each time costs pages a third of their time.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// The database, as the rest of the service sees it.
#[derive(Clone, Debug)]
pub struct Storage {
    pool: PgPool,
    /// For the work of runs.
    work: PgPool,
    news: run_news::RunNews,
    heads: packet_heads::KnownHeads,
}

impl Storage {
    /// Connects, checks that commits are durable and brings the tables up to date (under an advisory
    /// lock, so that several processes may start at once).
    pub async fn connect(url: &str) -> Result<Self, StorageError> {
        Self::connect_with(url, &DatabaseTiming::default()).await
    }

    /// The same with this patience.
    pub async fn connect_with(url: &str, timing: &DatabaseTiming) -> Result<Self, StorageError> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("tom-alerts")
            .options([
                ("statement_timeout", milliseconds(timing.statement)),
                ("lock_timeout", milliseconds(timing.lock)),
            ])
            .options([
                ("idle_in_transaction_session_timeout", "10s"),
                ("synchronous_commit", "on"),
                ("jit", "off"),
                // A limit that is bound makes the planner plan anew for each page, for longer than the page takes.
                ("plan_cache_mode", "force_generic_plan"),
                // A batch of packets is several megabytes: it must not go to disk on its way to the tables.
                ("work_mem", "32MB"),
                // Each start would tell that the table of migrations is there already.
                ("client_min_messages", "warning"),
            ])
            .log_slow_statements(tracing::log::LevelFilter::Warn, Duration::from_secs(1));
        migrations::migrate(&options).await?;
        let options = options.log_statements(tracing::log::LevelFilter::Trace);
        let pool = pool_of(MAX_CONNECTIONS, timing).connect_with(options.clone()).await?;
        // The packets of a batch are on their way while their statement goes on, and the next batch waits for it.
        let patient = options
            .options([("statement_timeout", milliseconds(timing.statement_of_runs))])
            .options([("idle_in_transaction_session_timeout", "40s")]);
        let work = pool_of(MAX_WORK_CONNECTIONS, timing).connect_lazy_with(patient);
        let (news, heads) = (run_news::RunNews::new(), packet_heads::KnownHeads::default());
        let storage = Self { pool, work, news, heads };
        storage.check_durability().await?;
        Ok(storage)
    }

    async fn check_durability(&self) -> Result<(), StorageError> {
        let setting: String =
            sqlx::query_scalar("show synchronous_commit").fetch_one(&self.pool).await?;
        if setting == "on" { Ok(()) } else { Err(StorageError::NotDurable(setting)) }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.news.end();
        self.work.close().await;
        self.pool.close().await;
    }
}

/// As a setting of the server.
fn milliseconds(duration: Duration) -> String {
    format!("{}ms", duration.as_millis())
}

fn pool_of(max_connections: u32, timing: &DatabaseTiming) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(max_connections)
        .acquire_timeout(timing.connection)
        // A connection is tested when it comes back; that much later it may have died.
        .test_before_acquire(false)
        .before_acquire(|connection, idle| {
            Box::pin(async move {
                if idle.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}

/// A transaction of ours. What drops it before its `commit` rolls it back: whoever goes away leaves nothing half done.
type Transaction = sqlx::Transaction<'static, sqlx::Postgres>;

/// Begins a transaction on a connection of this pool. No other is begun anywhere. It is begun in a task of its own: sqlx's
/// `begin` that is dropped half-way leaves a transaction open of which the connection knows nothing, and its next borrower
/// would find itself in it.
async fn begin_on(pool: &PgPool) -> Result<Transaction, StorageError> {
    let pool = pool.clone();
    let beginning = tokio::spawn(async move { pool.begin().await });
    Ok(beginning.await.map_err(|_| StorageError::BrokenOff)??)
}

/// A text as PostgreSQL can hold it: without NUL, which a hostile message may have.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The same for JSON, names included.
fn storable_json(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(storable(text)),
        Value::Array(items) => items.iter().map(storable_json).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (storable(name), storable_json(field))).collect()
        }
        plain => plain.clone(),
    }
}

/// A count as PostgreSQL has it (it has no unsigned integers).
fn to_bigint(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count from PostgreSQL; no column of ours goes below zero.
fn from_bigint(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
