//! What can go wrong with the private PostgreSQL, in sentences that name the remedy.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use thiserror::Error;

/// Why the private PostgreSQL is not available.
#[derive(Debug, Error)]
pub enum LocalPostgresError {
    /// Another process of ours holds the data folder.
    #[error(
        "another tom-alerts ({}) is using {}; stop it or choose another --data-dir",
        process_name(*pid),
        data_dir.display()
    )]
    InUse {
        /// The folder both want.
        data_dir: PathBuf,
        /// Process id of the holder, where its lock file tells it.
        pid: Option<u32>,
    },
    /// A file or folder could not be read, written or handed over.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// The verb, as in "cannot create".
        doing: &'static str,
        /// What it was done to.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No server is installed and none could be downloaded.
    #[error(
        "no PostgreSQL server is installed and the download failed ({reason}); install one \
         (Debian, Ubuntu: apt install postgresql; Fedora: dnf install postgresql-server; \
         macOS: brew install postgresql) or set DATABASE_URL"
    )]
    NoServer {
        /// Why the download failed.
        reason: String,
    },
    /// The cluster was made by a major version that is not at hand.
    #[error(
        "the cluster in {} was made by PostgreSQL {major}; installed: {}; the download failed \
         ({reason}); install PostgreSQL {major} or set DATABASE_URL",
        data.display(),
        list(installed)
    )]
    NoMatchingServer {
        /// The cluster's folder.
        data: PathBuf,
        /// Its major version.
        major: u32,
        /// Major versions found on this machine.
        installed: Vec<u32>,
        /// Why the download failed.
        reason: String,
    },
    /// Root starts the service, and the user who runs PostgreSQL cannot enter a folder on the way.
    #[error(
        "PostgreSQL runs as user {user}, who cannot enter {}; run chmod o+x on that folder, or \
         choose a --data-dir outside it, such as /var/lib/tom-alerts",
        folder.display()
    )]
    Unreachable {
        /// The first closed folder on the way to the data folder.
        folder: PathBuf,
        /// The user who runs PostgreSQL.
        user: String,
    },
    /// The service runs as root, and there is no user to hand PostgreSQL to.
    #[error(
        "PostgreSQL refuses to run as root and neither a user postgres nor a user nobody exists; \
         run tom-alerts as an ordinary user or set DATABASE_URL"
    )]
    NoOrdinaryUser,
    /// The cluster belongs to a user we may not become, or to root.
    #[error(
        "the cluster in {} belongs to user id {owner}, tom-alerts runs as user id {we}; hand it \
         over with chown -R, or choose another --data-dir",
        data.display()
    )]
    WrongOwner {
        /// The cluster's folder.
        data: PathBuf,
        /// Who owns it.
        owner: u32,
        /// Who we are.
        we: u32,
    },
    /// A program of PostgreSQL failed.
    #[error("{program} failed ({status}): {output}")]
    ProgramFailed {
        /// Name of the program.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it said.
        output: String,
    },
    /// The server refused to start before it opened its log: a setting, a permission, a library.
    #[error("PostgreSQL does not start ({status}): {words}")]
    Refused {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        words: String,
    },
    /// The server ended while it was starting.
    #[error("PostgreSQL ended while starting ({status}); its last words:\n{log}")]
    Ended {
        /// How it ended.
        status: ExitStatus,
        /// Last lines of its log.
        log: String,
    },
    /// The server runs and does not answer.
    #[error("PostgreSQL did not answer within {seconds} s; its last words:\n{log}")]
    NotReady {
        /// How long we waited.
        seconds: u64,
        /// Last lines of its log.
        log: String,
    },
    /// A server left behind by a killed service does not end.
    #[error("a PostgreSQL left behind (process {pid}) does not end; stop it and start again")]
    Orphan {
        /// Its process id.
        pid: i32,
    },
    /// The server answers, and the service's role or database cannot be made.
    #[error("cannot prepare the service's database: {0}")]
    Prepare(#[from] sqlx::Error),
}

impl LocalPostgresError {
    /// Gives an I/O error its verb and its path: `.map_err(LocalPostgresError::io("create", path))`.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

fn process_name(pid: Option<u32>) -> String {
    pid.map_or_else(|| "process unknown".to_owned(), |pid| format!("process {pid}"))
}

fn list(majors: &[u32]) -> String {
    if majors.is_empty() {
        return "none".to_owned();
    }
    majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
