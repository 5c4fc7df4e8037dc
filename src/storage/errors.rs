//! What can go wrong: the database (`StorageError`), a right or a conflict (`Refused`), a batch that is not kept (`NotKept`).

use crate::domain::target::NameClash;

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database refused, or could not be reached.
    #[error("the database did not answer as it should")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("the tables could not be brought up to date")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The tables were made by migrations that are no more.
    #[error(
        "the database was made by a version before the first release, and its tables cannot be brought up to date: start \
         again with an empty database (for a private PostgreSQL, move the folder postgres out of the data folder)"
    )]
    BeforeFirstRelease,
    /// A row that this version of the software never writes.
    #[error("row {id} of table {table} is inconsistent")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Id of the row.
        id: i64,
    },
    /// The server does not keep what it has confirmed.
    #[error(
        "the database runs with synchronous_commit = {0}: it may lose what it has confirmed; set it to on"
    )]
    NotDurable(String),
    /// The task that began or held a transaction ended early.
    #[error("a transaction was broken off")]
    BrokenOff,
}

impl StorageError {
    /// Whether the same call may succeed a little later: the server restarts, or all connections are busy.
    pub fn is_passing(&self) -> bool {
        let Self::Database(error) = self else { return false };
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_) => true,
            // 57P0x: the server shuts down or starts; 40xxx: a transaction had to give way; 08xxx: connection
            // lost; 53xxx: disk or connections used up; 55000: the database lets nobody in for now;
            // 55P03 and 57014: a lock or a statement took too long.
            sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                ["57P", "40", "08", "53", "55000", "55P03", "57014", "25P"]
                    .iter()
                    .any(|class| code.starts_with(class))
            }),
            _ => false,
        }
    }
}

/// Why what somebody asked for is refused: they have no right to it, or it does not go together with how things are now.
/// Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Whoever asks was taken out of the team meanwhile, or their token is void.
    #[error("not a member any more")]
    NotIn,
    /// Their role, or the token they use, lets them look only.
    #[error("viewers look only")]
    ViewersLookOnly,
    /// They see it, and may not do that with it.
    #[error("that is for its owner, an admin or those whom they let")]
    Forbidden,
    /// They may share it further, but not take it from anybody, nor give rights that they do not have.
    #[error("not theirs to give or take")]
    NotTheirsToGive,
    /// Somebody else changed the row since it was read.
    #[error("somebody else changed this meanwhile")]
    Changed,
    /// A name is taken.
    #[error(transparent)]
    NameClash(#[from] NameClash),
    /// Among those who would see it there is a target with one of its names.
    #[error("those who would see this target see one with the same name already")]
    NameTakenThere,
    /// So many runs of the member wait that no more are taken.
    #[error("{waiting} runs of this member are waiting already")]
    QueueFull {
        /// Runs that wait.
        waiting: u64,
    },
    /// So many listeners of the member go on that no more are started.
    #[error("{going_on} listeners of this member go on already")]
    TooManyListeners {
        /// Listeners that go on.
        going_on: u64,
    },
}

/// Why what somebody asked for was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// It is refused.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for NotDone {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl From<NameClash> for NotDone {
    fn from(clash: NameClash) -> Self {
        Self::Refused(clash.into())
    }
}

/// Why a batch of a run was not kept.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// The run was ended by somebody else: a user, or another process that thought ours dead.
    #[error("the run is no longer ours to write")]
    RunEnded,
    /// The batch before this one was not kept: it comes first.
    #[error("the batch before was not kept")]
    OutOfTurn,
    /// An alert, or the head of a packet, was removed while the batch named it.
    #[error("a row that a batch names was removed meanwhile")]
    RemovedMeanwhile,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for NotKept {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl NotKept {
    /// Whether the same batch may be kept a little later.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::RunEnded => false,
            Self::OutOfTurn | Self::RemovedMeanwhile => true,
            Self::Storage(error) => error.is_passing(),
        }
    }
}
