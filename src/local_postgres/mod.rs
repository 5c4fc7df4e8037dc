//! The private PostgreSQL: a cluster under the data folder, started and stopped with the service.
//! It serves those who have not set a database of their own.

mod binaries;
mod cluster;
mod connection;
mod data_dir;
mod download;
mod error;
mod owner;
mod postmaster;
mod server;
mod supervisor;

use std::fmt;
use std::path::Path;

pub use self::data_dir::{DataDirLock, default_data_dir};
pub use self::error::LocalPostgresError;

use self::cluster::Cluster;
use self::supervisor::Supervisor;

/// A running PostgreSQL server that belongs to this process alone.
///
/// It listens on a free port of 127.0.0.1, and comes up again on the same port if it dies.
/// Dropping the value asks the server to stop without waiting for it; [`stop`](Self::stop) waits.
pub struct LocalPostgres {
    url: String,
    supervisor: Supervisor,
    _lock: DataDirLock,
}

impl LocalPostgres {
    /// Starts the server of `data_dir`: finds or downloads PostgreSQL, makes the cluster if there is
    /// none, and returns once the server answers. A second start on the folder is refused, also
    /// where no [`DataDirLock`] is held.
    ///
    /// A server that a killed service left behind on the same folder is stopped first.
    pub async fn start(data_dir: &Path) -> Result<Self, LocalPostgresError> {
        let lock = DataDirLock::acquire_for_server(data_dir)?;
        let cluster = Cluster::open(lock.data_dir())?;
        postmaster::stop_orphan(&cluster).await?;
        let binaries = cluster.binaries().await?;
        let password = cluster.initialise(&binaries).await?;
        cluster.prune_logs()?;
        let supervisor = Supervisor::start(cluster, binaries, password.clone()).await?;
        let url = connection::service_url(supervisor.port(), &password);
        Ok(Self { url, supervisor, _lock: lock })
    }

    /// Where the service's own database is, password included: never to be logged.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server (a *fast* shutdown: open transactions are rolled back) and waits for its end.
    pub async fn stop(self) -> Result<(), LocalPostgresError> {
        let Self { supervisor, _lock, .. } = self;
        supervisor.stop().await
    }
}

impl fmt::Debug for LocalPostgres {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LocalPostgres")
            .field("port", &self.supervisor.port())
            .finish_non_exhaustive()
    }
}
