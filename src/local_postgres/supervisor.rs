//! Keeps the server running until it is told to stop: a task that owns the process.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::{error, info, warn};

use super::LocalPostgresError;
use super::binaries::Binaries;
use super::cluster::Cluster;
use super::server::{Server, free_port};

/// How long a server that ends while starting is tried again: its port may have been taken, or the
/// backends of a killed one may still hold its memory.
const START_LIMIT: Duration = Duration::from_secs(15);

const SHORTEST_PAUSE: Duration = Duration::from_millis(250);

const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A server, and the task that starts it again if it ends by itself.
#[derive(Debug)]
pub(super) struct Supervisor {
    port: u16,
    task: JoinHandle<Result<(), LocalPostgresError>>,
    /// Dropped with us, it tells the task to stop.
    stop: DropGuard,
}

impl Supervisor {
    /// Starts the server on a free port; returns once it answers.
    pub(super) async fn start(
        cluster: Cluster,
        binaries: Binaries,
        password: String,
    ) -> Result<Self, LocalPostgresError> {
        let stop = CancellationToken::new();
        let supervised = Supervised { cluster, binaries, password, stop: stop.clone() };
        let server = supervised.first_start().await?;
        let port = server.port;
        let task = tokio::spawn(supervised.keep_running(server));
        Ok(Self { port, task, stop: stop.drop_guard() })
    }

    /// The server's port on 127.0.0.1, the same for its whole life.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server and waits for its end.
    pub(super) async fn stop(self) -> Result<(), LocalPostgresError> {
        drop(self.stop);
        // A task that was torn down has dropped its server, which stops it too.
        self.task.await.unwrap_or(Ok(()))
    }
}

/// What the task needs for a start.
struct Supervised {
    cluster: Cluster,
    binaries: Binaries,
    password: String,
    stop: CancellationToken,
}

impl Supervised {
    async fn first_start(&self) -> Result<Server, LocalPostgresError> {
        let begun = Instant::now();
        let mut pause = SHORTEST_PAUSE;
        loop {
            let port = free_port()
                .map_err(LocalPostgresError::io("find a port for", self.cluster.root()))?;
            match self.start_on(port).await {
                Err(LocalPostgresError::Ended { status, .. }) if begun.elapsed() < START_LIMIT => {
                    warn!("PostgreSQL ended while starting ({status}); trying again");
                    sleep(pause).await;
                    pause *= 2;
                }
                outcome => return outcome,
            }
        }
    }

    /// Starts a server; told to stop meanwhile, returns it as it is, for the caller to stop.
    async fn start_on(&self, port: u16) -> Result<Server, LocalPostgresError> {
        info!(port, "Starting PostgreSQL");
        let mut server = Server::spawn(&self.cluster, &self.binaries, port)?;
        let outcome = tokio::select! {
            () = self.stop.cancelled() => return Ok(server),
            outcome = server.ready(&self.cluster, &self.password) => outcome,
        };
        if let Err(error) = outcome {
            server.stop().await?;
            return Err(error);
        }
        info!(port, "PostgreSQL is ready");
        Ok(server)
    }

    async fn keep_running(self, mut server: Server) -> Result<(), LocalPostgresError> {
        loop {
            let status = tokio::select! {
                () = self.stop.cancelled() => return server.stop().await,
                status = server.ended() => status,
            };
            warn!(?status, "PostgreSQL ended by itself; starting it again");
            match self.start_again(server.port).await {
                Some(restarted) => server = restarted,
                None => return Ok(()),
            }
        }
    }

    /// Tries until the server is back, on the port its clients know; `None` when told to stop.
    async fn start_again(&self, port: u16) -> Option<Server> {
        let mut pause = SHORTEST_PAUSE;
        while !self.stop.is_cancelled() {
            match self.start_on(port).await {
                Ok(server) => return Some(server),
                Err(error) => error!("PostgreSQL does not start: {error}"),
            }
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
        None
    }
}
