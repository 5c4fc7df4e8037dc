//! Finds PostgreSQL's server programs: on the search path, in the usual folders, or by download.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tracing::info;

use super::LocalPostgresError;
use super::download;
use super::owner::Owner;

/// The oldest major version a new cluster is made with.
const OLDEST_MAJOR: u32 = 14;

/// Folders with one folder per version in them: (parent, start of the name, rest of the path).
const USUAL_PLACES: [(&str, &str, &str); 6] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/usr/local", "pgsql", "bin"),
    ("/usr/lib", "postgresql", "bin"),
];

/// A folder with `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    /// The programs that `owner` can run on the cluster at `cluster`: those of the major version that made it, or for a
    /// new one the first found. Missing ones are downloaded into `data_dir`.
    pub(super) async fn for_cluster(
        cluster: &Path,
        made_by: Option<u32>,
        data_dir: &Path,
        owner: &Owner,
    ) -> Result<Self, LocalPostgresError> {
        let installed = Self::installed(data_dir, owner).await;
        let fits = |found: &&Self| match made_by {
            Some(major) => found.major == major,
            None => found.major >= OLDEST_MAJOR,
        };
        if let Some(found) = installed.iter().find(fits) {
            info!(folder = %found.folder.display(), "Using PostgreSQL {}", found.major);
            return Ok(found.clone());
        }
        let reason = match download::fetch(data_dir, made_by).await {
            Ok(folder) => match Self::at(&folder, owner).await {
                Some(found) => return Ok(found),
                None => format!("the downloaded programs in {} do not run", folder.display()),
            },
            Err(reason) => reason,
        };
        Err(match made_by {
            None => LocalPostgresError::NoServer { reason },
            Some(major) => LocalPostgresError::NoMatchingServer {
                data: cluster.to_owned(),
                major,
                installed: installed.iter().map(|found| found.major).collect(),
                reason,
            },
        })
    }

    async fn installed(data_dir: &Path, owner: &Owner) -> Vec<Self> {
        let mut all = Vec::new();
        for folder in candidate_folders(data_dir) {
            if !owner.can_reach(&folder) {
                continue;
            }
            let found = Self::at(&folder, owner).await.filter(|found| !all.contains(found));
            all.extend(found);
        }
        all
    }

    /// The programs in `folder`, if it has both and they run.
    async fn at(folder: &Path, owner: &Owner) -> Option<Self> {
        let server = folder.join("postgres");
        if !(is_program(&server) && is_program(&folder.join("initdb"))) {
            return None;
        }
        let output = owner.command(&server, Path::new("/")).arg("--version").output().await.ok()?;
        let major = major_version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { folder: folder.to_owned(), major })
    }

    /// Path of `initdb`.
    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    /// Path of `postgres`.
    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }
}

#[expect(clippy::disallowed_methods, reason = "where programs are is no setting of ours")]
fn search_path() -> Vec<PathBuf> {
    env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect()
}

/// Every folder worth a look, without symbolic links: `initdb` looks for its fellows beside its real self.
fn candidate_folders(data_dir: &Path) -> Vec<PathBuf> {
    let usual = USUAL_PLACES
        .iter()
        .flat_map(|(parent, start, rest)| versions_in(Path::new(parent), start, rest));
    let downloaded = versions_in(data_dir, "postgresql-", "bin");
    search_path()
        .into_iter()
        .chain(usual)
        .chain(downloaded)
        .filter_map(|folder| folder.join("postgres").canonicalize().ok())
        .filter_map(|program| Some(program.parent()?.to_owned()))
        .collect()
}

/// `parent/START*/rest`, the highest version first.
fn versions_in(parent: &Path, start: &str, rest: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix(start)?;
            Some((numbers(version), entry.path().join(rest)))
        })
        .collect();
    found.sort();
    found.into_iter().rev().map(|(_, folder)| folder).collect()
}

fn numbers(version: &str) -> Vec<u32> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// The 15 of "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)".
fn major_version(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL)")?;
    numbers(version.trim()).first().copied()
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_the_server_says() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major_version("postgres: error while loading shared libraries"), None);
    }

    #[test]
    fn versions_come_highest_first_and_by_number() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["postgresql-9.6.1", "postgresql-17.2.0", "postgresql-17.10.0", "other-99"] {
            fs::create_dir(parent.path().join(name)).unwrap();
        }
        let names: Vec<String> = versions_in(parent.path(), "postgresql-", "bin")
            .iter()
            .filter_map(|folder| Some(folder.parent()?.file_name()?.to_str()?.to_owned()))
            .collect();
        assert_eq!(names, ["postgresql-17.10.0", "postgresql-17.2.0", "postgresql-9.6.1"]);
    }
}
