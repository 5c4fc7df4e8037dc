//! The cluster's files: `DATA_DIR/postgres/{data,password}` and the server's logs in `log/`.

use std::fs::{self, DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::NamedTempFile;
use tracing::info;

use super::LocalPostgresError;
use super::binaries::Binaries;
use super::connection::ADMIN;
use super::owner::Owner;

/// Log files kept; each holds at most `log_rotation_size`.
const LOGS_KEPT: usize = 5;

/// One cluster on disk and the user it belongs to.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    data_dir: PathBuf,
    root: PathBuf,
    pub(super) owner: Owner,
}

impl Cluster {
    /// Settles whose cluster it is and makes its folder, `DATA_DIR/postgres`.
    pub(super) fn open(data_dir: &Path) -> Result<Self, LocalPostgresError> {
        let root = data_dir.join("postgres");
        let owner = Owner::of(&root.join("data"))?;
        owner.check_reach(data_dir)?;
        if !root.exists() {
            DirBuilder::new()
                .mode(0o700)
                .create(&root)
                .map_err(LocalPostgresError::io("create", &root))?;
        }
        owner.give(&root)?;
        Ok(Self { data_dir: data_dir.to_owned(), root, owner })
    }

    /// The server programs that fit.
    pub(super) async fn binaries(&self) -> Result<Binaries, LocalPostgresError> {
        Binaries::for_cluster(&self.data(), self.major_version(), &self.data_dir, &self.owner).await
    }

    /// The folder of everything that is PostgreSQL's.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// `PGDATA`.
    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Where the server writes its logs.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Major version that made the cluster; `None` before there is one.
    pub(super) fn major_version(&self) -> Option<u32> {
        fs::read_to_string(self.data().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Makes the cluster unless it exists; returns the password of its roles.
    pub(super) async fn initialise(
        &self,
        binaries: &Binaries,
    ) -> Result<String, LocalPostgresError> {
        let password_file = self.root.join("password");
        if self.major_version().is_some() {
            let password = fs::read_to_string(&password_file)
                .map_err(LocalPostgresError::io("read", &password_file))?;
            return Ok(password.trim().to_owned());
        }
        info!(folder = %self.root.display(), "Making a PostgreSQL {} cluster", binaries.major);
        let password = self.write_password(&password_file)?;
        self.initdb(binaries, &password_file).await?;
        Ok(password)
    }

    fn write_password(&self, path: &Path) -> Result<String, LocalPostgresError> {
        let password = format!("{:032x}", rand::random::<u128>());
        let write = || -> std::io::Result<NamedTempFile> {
            // A named temporary file has mode 0600 from its first moment.
            let mut file = NamedTempFile::new_in(&self.root)?;
            writeln!(file, "{password}")?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = write().map_err(LocalPostgresError::io("write", path))?;
        self.owner.give(file.path())?;
        file.persist(path).map_err(|failed| LocalPostgresError::io("write", path)(failed.error))?;
        Ok(password)
    }

    /// `initdb` works beside the final place, so that one cut short is never taken for a cluster.
    async fn initdb(
        &self,
        binaries: &Binaries,
        password_file: &Path,
    ) -> Result<(), LocalPostgresError> {
        let draft = self.root.join("data.new");
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(LocalPostgresError::io("remove", &draft))?;
        }
        let program = binaries.initdb();
        let output = self
            .owner
            .command(&program, &self.root)
            .args(["--username", ADMIN, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .arg(format!("--lc-ctype={}", character_type()))
            .arg(format!("--pwfile={}", password_file.display()))
            .arg("--pgdata")
            .arg(&draft)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(LocalPostgresError::io("run", &program))?;
        if !output.status.success() {
            let output_text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(LocalPostgresError::ProgramFailed {
                program: "initdb",
                status: output.status,
                output: output_text,
            });
        }
        self.put_in_place(&draft).map_err(LocalPostgresError::io("rename", &draft))
    }

    fn put_in_place(&self, draft: &Path) -> std::io::Result<()> {
        fs::rename(draft, self.data())?;
        File::open(&self.root)?.sync_all()
    }

    /// Removes all but the newest log files.
    pub(super) fn prune_logs(&self) -> Result<(), LocalPostgresError> {
        for path in self.logs().into_iter().rev().skip(LOGS_KEPT) {
            fs::remove_file(&path).map_err(LocalPostgresError::io("remove", &path))?;
        }
        Ok(())
    }

    /// The last lines of the newest log file; empty before there is one.
    pub(super) fn log_tail(&self, n_lines: usize) -> String {
        let newest = self.logs().pop().and_then(|path| fs::read(path).ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(&newest);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(n_lines)..].join("\n")
    }

    /// Log files, oldest first: their names are their times.
    fn logs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.log()) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
            .collect();
        paths.sort();
        paths
    }
}

/// Bytewise order, but letters beyond ASCII have upper and lower case where the system knows them.
const fn character_type() -> &'static str {
    if cfg!(target_os = "linux") { "C.UTF-8" } else { "C" }
}
