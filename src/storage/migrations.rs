//! The tables: how a database gets them, and when it cannot.
//!
//! `0001_initial_schema.sql` has the tables of the first release. Each later change is a file `NNNN_words.sql` of its
//! own; a released file never changes. The version before starts and runs beside tables that are newer, so a migration
//! leaves what that version uses. For each migration after the first `tests/it/migrations/rows.rs` has rows that are
//! put in before it, and what they have to be after it.

use std::{sync::LazyLock, time::Duration};

use sqlx::{
    ConnectOptions,
    migrate::{MigrateError, Migrator},
    postgres::PgConnectOptions,
};
use tracing::log::LevelFilter;

use super::StorageError;

/// The migrations of the folder `migrations`, in the order of their numbers.
pub static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrator = sqlx::migrate!();
    // A replica of the version before may have to start again while a newer one is there already.
    migrator.set_ignore_missing(true);
    migrator
});

/// The migration that makes the tables of the first release. Before that release the number was another migration's.
const FIRST: i64 = 1;

/// Brings the tables up to date, under an advisory lock.
pub(super) async fn migrate(options: &PgConnectOptions) -> Result<(), StorageError> {
    // Another process may be migrating a large table: wait for it as long as it takes.
    // A migration takes what it takes: a warning would tell all of its text.
    let patient = options
        .clone()
        .options([("statement_timeout", "0"), ("lock_timeout", "0")])
        .log_slow_statements(LevelFilter::Off, Duration::ZERO);
    let mut connection = patient.connect().await?;
    MIGRATOR.run(&mut connection).await.map_err(|error| match error {
        MigrateError::VersionMismatch(FIRST) => StorageError::BeforeFirstRelease,
        other => StorageError::Migration(other),
    })
}
