//! The data folder: where it is by default, and the lock that gives it to one process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use nix::unistd::geteuid;

use super::LocalPostgresError;

/// Where root keeps its data: PostgreSQL runs as another user, who cannot enter root's home.
const SYSTEM_DATA_DIR: &str = "/var/lib/tom-alerts";

/// Everyone may pass through, nobody else may list.
const PASS_THROUGH: u32 = 0o711;

/// The platform's data folder of this user (`~/.local/share/tom-alerts` on Linux);
/// `/var/lib/tom-alerts` for root and for a user without a home.
pub fn default_data_dir() -> PathBuf {
    let own = ProjectDirs::from("", "", "tom-alerts").filter(|_| !geteuid().is_root());
    own.map_or_else(|| PathBuf::from(SYSTEM_DATA_DIR), |dirs| dirs.data_dir().to_owned())
}

/// The exclusive right to a data folder; the system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct DataDirLock {
    data_dir: PathBuf,
    _file: File,
}

impl DataDirLock {
    /// Makes the folder if need be and locks it, or says which process holds it.
    pub fn acquire(data_dir: &Path) -> Result<Self, LocalPostgresError> {
        Self::acquire_file(data_dir, "lock")
    }

    /// The lock that a server takes for itself, whether or not its caller holds the folder.
    pub(super) fn acquire_for_server(data_dir: &Path) -> Result<Self, LocalPostgresError> {
        Self::acquire_file(data_dir, "postgres.lock")
    }

    fn acquire_file(data_dir: &Path, name: &str) -> Result<Self, LocalPostgresError> {
        let data_dir = create(data_dir)?;
        let path = data_dir.join(name);
        // Not truncated on opening: until the lock is ours the text is its holder's.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(LocalPostgresError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = holder(&mut file);
                return Err(LocalPostgresError::InUse { data_dir, pid });
            }
            Err(TryLockError::Error(source)) => {
                return Err(LocalPostgresError::Io { doing: "lock", path, source });
            }
        }
        sign(&mut file).map_err(LocalPostgresError::io("write", &path))?;
        Ok(Self { data_dir, _file: file })
    }

    /// The locked folder, as an absolute path without symbolic links.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}

fn create(data_dir: &Path) -> Result<PathBuf, LocalPostgresError> {
    if !data_dir.exists() {
        fs::create_dir_all(data_dir).map_err(LocalPostgresError::io("create", data_dir))?;
        let mode = if geteuid().is_root() { PASS_THROUGH } else { 0o700 };
        fs::set_permissions(data_dir, fs::Permissions::from_mode(mode))
            .map_err(LocalPostgresError::io("set the mode of", data_dir))?;
    }
    data_dir.canonicalize().map_err(LocalPostgresError::io("resolve", data_dir))
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_and_names_the_holder() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDirLock::acquire(folder.path()).unwrap();
        let refusal = DataDirLock::acquire(folder.path()).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            format!(
                "another tom-alerts (process {}) is using {}; stop it or choose another --data-dir",
                std::process::id(),
                first.data_dir().display()
            )
        );
    }

    #[test]
    fn a_lock_is_free_again_once_its_holder_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        drop(DataDirLock::acquire(folder.path()).unwrap());
        DataDirLock::acquire(folder.path()).unwrap();
    }

    #[test]
    fn root_keeps_its_data_where_another_user_can_go() {
        if geteuid().is_root() {
            assert_eq!(default_data_dir(), Path::new("/var/lib/tom-alerts"));
        } else {
            assert!(default_data_dir().ends_with("tom-alerts"));
        }
    }
}
