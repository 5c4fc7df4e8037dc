//! Who runs PostgreSQL: ourselves, or, since it refuses to run as root, the user root hands it to.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;

use nix::unistd::{Gid, Uid, User, chown, getegid, geteuid};
use tokio::process::Command;

use super::LocalPostgresError;

/// The user whose cluster it is, and in whose name PostgreSQL's programs run.
#[derive(Debug, Clone)]
pub(super) struct Owner {
    uid: Uid,
    gid: Gid,
    name: String,
    /// We are root and become this user for each program.
    switch: bool,
}

impl Owner {
    /// The owner of an existing cluster folder; for a new one ourselves, or as root `postgres`, else `nobody`.
    pub(super) fn of(data: &Path) -> Result<Self, LocalPostgresError> {
        let we = geteuid();
        let existing = fs::metadata(data).ok().map(|found| (found.uid(), found.gid()));
        match existing {
            Some((owner, _)) if owner == 0 || (!we.is_root() && owner != we.as_raw()) => {
                Err(LocalPostgresError::WrongOwner {
                    data: data.to_owned(),
                    owner,
                    we: we.as_raw(),
                })
            }
            Some((uid, gid)) if we.is_root() => Ok(Self::other(uid.into(), gid.into())),
            None if we.is_root() => Self::for_root(),
            _ => Ok(Self { uid: we, gid: getegid(), name: name_of(we), switch: false }),
        }
    }

    fn for_root() -> Result<Self, LocalPostgresError> {
        let user = ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .ok_or(LocalPostgresError::NoOrdinaryUser)?;
        Ok(Self::other(user.uid, user.gid))
    }

    fn other(uid: Uid, gid: Gid) -> Self {
        Self { uid, gid, name: name_of(uid), switch: true }
    }

    /// A program in this user's name, in a process group of its own (Ctrl-C in the terminal is for
    /// the service, which stops PostgreSQL last), without our environment, which may hold secrets.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .process_group(0)
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        if self.switch {
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
        command
    }

    /// Hands a file or folder that root made to this user.
    pub(super) fn give(&self, path: &Path) -> Result<(), LocalPostgresError> {
        if !self.switch {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(|errno| LocalPostgresError::io("hand over", path)(errno.into()))
    }

    /// Fails when a folder on the way to `path` (itself included) is closed to this user.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), LocalPostgresError> {
        match self.closed_folder(path) {
            None => Ok(()),
            Some(folder) => Err(LocalPostgresError::Unreachable {
                folder: folder.to_owned(),
                user: self.name.clone(),
            }),
        }
    }

    /// Whether this user may enter `folder` and every folder above it.
    pub(super) fn can_reach(&self, folder: &Path) -> bool {
        self.closed_folder(folder).is_none()
    }

    fn closed_folder<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        let mut from_the_root: Vec<&Path> = path.ancestors().collect();
        from_the_root.reverse();
        from_the_root
            .into_iter()
            .filter(|folder| !folder.as_os_str().is_empty())
            .find(|folder| self.switch && !self.may_enter(folder))
    }

    fn may_enter(&self, folder: &Path) -> bool {
        let Ok(found) = fs::metadata(folder) else { return false };
        let right = if found.uid() == self.uid.as_raw() {
            0o100
        } else if found.gid() == self.gid.as_raw() {
            0o010
        } else {
            0o001
        };
        found.mode() & right != 0
    }
}

fn name_of(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn stranger() -> Owner {
        Owner { uid: 4242.into(), gid: 4242.into(), name: "stranger".to_owned(), switch: true }
    }

    #[test]
    fn the_first_closed_folder_on_the_way_is_named() {
        let top = tempfile::tempdir().unwrap();
        let (closed, inner) = (top.path().join("closed"), top.path().join("closed/inner"));
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
        let LocalPostgresError::Unreachable { folder, user } =
            stranger().check_reach(&inner).unwrap_err()
        else {
            panic!("a closed folder is Unreachable")
        };
        assert_eq!((folder, user), (closed, "stranger".to_owned()));
    }

    #[test]
    fn a_way_that_is_open_to_all_is_reachable() {
        let top = tempfile::tempdir().unwrap();
        fs::set_permissions(top.path(), fs::Permissions::from_mode(0o711)).unwrap();
        assert!(stranger().can_reach(top.path()));
    }
}
