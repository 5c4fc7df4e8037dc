//! The database of a deployment: one that it was given, or a private one that starts and stops with the service.

use std::path::Path;

use anyhow::Context;
use tracing::warn;

use crate::{
    local_postgres::{DataDirLock, LocalPostgres},
    storage::Storage,
};

/// Where the tables are.
pub(super) enum Database {
    External(String),
    Private { server: LocalPostgres, lock: DataDirLock },
}

impl Database {
    /// The database at `url`; without one, the private PostgreSQL of the data folder.
    pub(super) async fn start(url: Option<&str>, data_dir: &Path) -> anyhow::Result<Self> {
        if let Some(url) = url {
            return Ok(Self::External(url.to_owned()));
        }
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("the data folder {} cannot be made", data_dir.display()))?;
        let lock = DataDirLock::acquire(data_dir)?;
        let server = LocalPostgres::start(data_dir).await?;
        Ok(Self::Private { server, lock })
    }

    /// Connects to it and brings its tables up to date.
    pub(super) async fn connect(&self) -> anyhow::Result<Storage> {
        match self {
            Self::External(url) => {
                Storage::connect(url).await.context("the database cannot be used")
            }
            Self::Private { server, lock } => {
                Storage::connect(server.url()).await.with_context(|| {
                    let data_dir = lock.data_dir().display();
                    format!("the private PostgreSQL in {data_dir} cannot be used")
                })
            }
        }
    }

    /// Whether no other process uses it.
    pub(super) fn is_private(&self) -> bool {
        matches!(self, Self::Private { .. })
    }

    /// Stops it, if it is ours to stop.
    pub(super) async fn stop(self) {
        if let Self::Private { server, .. } = self
            && let Err(error) = server.stop().await
        {
            warn!(%error, "The private PostgreSQL did not stop as it should");
        }
    }
}
