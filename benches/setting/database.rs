//! The database of a benchmark: one that runs, or a private one in a folder that is thrown away.

use std::{ffi::OsString, os::unix::fs::PermissionsExt, path::Path};

use tempfile::TempDir;
use tom_alerts::local_postgres::LocalPostgres;

use super::variable;

/// A temporary folder that the user of a private database may pass through.
pub(crate) fn traversable_folder() -> anyhow::Result<TempDir> {
    let place = tempfile::Builder::new().prefix("tom-alerts-bench-").tempdir()?;
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(place)
}

/// The database of `DATABASE_URL`, or one of our own.
pub(crate) struct Database {
    pub(crate) url: String,
    own: Option<LocalPostgres>,
}

impl Database {
    /// Starts it in this folder, where it is ours.
    pub(crate) async fn start(place: &Path) -> anyhow::Result<Self> {
        if let Some(Ok(url)) = variable("DATABASE_URL").map(OsString::into_string) {
            return Ok(Self { url, own: None });
        }
        let data_dir = place.join("data");
        std::fs::create_dir_all(&data_dir)?;
        let own = LocalPostgres::start(&data_dir).await?;
        Ok(Self { url: own.url().to_owned(), own: Some(own) })
    }

    /// Ends it, where it is ours.
    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        match self.own {
            Some(own) => Ok(own.stop().await?),
            None => Ok(()),
        }
    }
}
