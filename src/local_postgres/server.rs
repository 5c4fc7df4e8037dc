//! One start of the server: its settings, its process, and the wait until it answers.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::net::TcpListener;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use super::LocalPostgresError;
use super::binaries::Binaries;
use super::cluster::Cluster;
use super::connection::{connect_as_admin, is_starting, prepare};
use super::postmaster::ENDINGS;

/// A server that says nothing for so long is taken for stuck.
const SILENCE_LIMIT: Duration = Duration::from_mins(1);

/// A server that says "starting up" is replaying its log; so long it may.
const RECOVERY_LIMIT: Duration = Duration::from_mins(10);

const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// The server's last message before it goes on in its log file.
const LOG_IS_OPEN: &str = "redirecting log output";

const LOG_LINES_SHOWN: usize = 20;

/// Settings that differ from PostgreSQL's own; durability stays on. Errors of statements reach the
/// service, which logs them, so the server's log holds only what concerns the server.
const SETTINGS: [&str; 29] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=60",
    "shared_buffers=256MB",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "wal_compression=on",
    // Two batches of a stream: with less room the one that is inserted writes the log of the one that is committed.
    "wal_buffers=32MB",
    "max_wal_size=2GB",
    // A night brings megabytes at a time: files of zeros that are written first would be written twice.
    "min_wal_size=1GB",
    "wal_init_zero=off",
    "jit=off",
    "random_page_cost=1.1",
    "timezone=UTC",
    "log_timezone=UTC",
    "logging_collector=on",
    "log_destination=stderr",
    "log_directory=../log",
    "log_filename=postgres-%Y%m%dT%H%M%S.log",
    "log_file_mode=0600",
    "log_rotation_size=10MB",
    "log_rotation_age=0",
    "log_min_messages=log",
    "log_checkpoints=off",
    "log_connections=off",
    "log_disconnections=off",
    "log_line_prefix=%m [%p] ",
    "cluster_name=tom-alerts",
];

/// A server process; dropping it asks the process to end, without waiting.
#[derive(Debug)]
pub(super) struct Server {
    process: Child,
    /// What it says before its own log is open.
    first_words: File,
    pub(super) port: u16,
}

impl Server {
    /// Starts the process, which will listen on `port`.
    pub(super) fn spawn(
        cluster: &Cluster,
        binaries: &Binaries,
        port: u16,
    ) -> Result<Self, LocalPostgresError> {
        let program = binaries.postgres();
        let cannot_run = |error| LocalPostgresError::io("run", &program)(error);
        let first_words = tempfile::tempfile().map_err(cannot_run)?;
        let mut command = cluster.owner.command(&program, cluster.root());
        command.arg("-D").arg(cluster.data()).args(["-c", &format!("port={port}")]);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        let process = command
            .stdout(Stdio::null())
            .stderr(first_words.try_clone().map_err(cannot_run)?)
            .spawn()
            .map_err(cannot_run)?;
        Ok(Self { process, first_words, port })
    }

    /// Waits until the server answers and the service's role and database are there.
    pub(super) async fn ready(
        &mut self,
        cluster: &Cluster,
        password: &str,
    ) -> Result<(), LocalPostgresError> {
        let started = Instant::now();
        let mut last_sign_of_life = started;
        loop {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(self.ended_early(status, cluster));
            }
            match timeout(SILENCE_LIMIT, connect_as_admin(self.port, password)).await {
                Ok(Ok(admin)) => return Ok(prepare(admin, password).await?),
                Ok(Err(error)) if is_starting(&error) => last_sign_of_life = Instant::now(),
                Ok(Err(error @ sqlx::Error::Database(_))) => return Err(error.into()),
                _ => {}
            }
            if last_sign_of_life.elapsed() > SILENCE_LIMIT || started.elapsed() > RECOVERY_LIMIT {
                let (seconds, log) =
                    (started.elapsed().as_secs(), cluster.log_tail(LOG_LINES_SHOWN));
                return Err(LocalPostgresError::NotReady { seconds, log });
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Waits for the end of the server, which nobody asked for.
    pub(super) async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.process.wait().await
    }

    /// Ends the server: politely first, then not.
    pub(super) async fn stop(&mut self) -> Result<(), LocalPostgresError> {
        for (signal, patience) in ENDINGS {
            let Some(pid) = self.pid() else { return Ok(()) };
            // A process that is gone already makes this fail and the wait succeed.
            let _ = kill(pid, signal);
            if timeout(patience, self.process.wait()).await.is_ok() {
                return Ok(());
            }
            warn!("PostgreSQL (process {pid}) did not end on {signal}");
        }
        Err(LocalPostgresError::Orphan { pid: self.pid().map_or(0, Pid::as_raw) })
    }

    /// Process id; `None` once it has ended.
    fn pid(&self) -> Option<Pid> {
        self.process.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw)
    }

    fn ended_early(&mut self, status: ExitStatus, cluster: &Cluster) -> LocalPostgresError {
        let words = self.first_words();
        if words.contains(LOG_IS_OPEN) {
            return LocalPostgresError::Ended { status, log: cluster.log_tail(LOG_LINES_SHOWN) };
        }
        LocalPostgresError::Refused { status, words }
    }

    /// Best effort: this is the text of an error that is already on its way.
    fn first_words(&mut self) -> String {
        let mut said = Vec::new();
        let read = self.first_words.rewind();
        let _ = read.and_then(|()| self.first_words.read_to_end(&mut said));
        String::from_utf8_lossy(&said).trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            let _ = kill(pid, Signal::SIGINT);
        }
    }
}

/// A port of 127.0.0.1 that was free a moment ago.
pub(super) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
