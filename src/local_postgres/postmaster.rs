//! The server a killed service left behind: recognised by `postmaster.pid`, and stopped.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use super::LocalPostgresError;
use super::cluster::Cluster;

/// Signals that end a server, each with the time it is given: fast, immediate, at once.
/// <https://www.postgresql.org/docs/current/server-shutdown.html>
pub(super) const ENDINGS: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(30)),
    (Signal::SIGQUIT, Duration::from_secs(10)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Stops the server that still runs on this cluster; removes the `postmaster.pid` of one that does not.
///
/// PostgreSQL takes any process with the recorded id for a server, also one that got the id after
/// a crash of the machine or in a new container. We hold the lock of the data folder and look closer.
pub(super) async fn stop_orphan(cluster: &Cluster) -> Result<(), LocalPostgresError> {
    let data = cluster.data();
    let pid_file = data.join("postmaster.pid");
    let Some(pid) = recorded_pid(&pid_file) else { return Ok(()) };
    if serves(pid, &data).await {
        info!("Stopping the PostgreSQL (process {pid}) that an earlier run left behind");
        end(pid, &data).await?;
    }
    match fs::remove_file(&pid_file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LocalPostgresError::io("remove", &pid_file)(error))
        }
        _ => Ok(()),
    }
}

/// The first line of `postmaster.pid`.
fn recorded_pid(pid_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(pid_file).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    (pid > 1).then(|| Pid::from_raw(pid))
}

async fn end(pid: Pid, data: &Path) -> Result<(), LocalPostgresError> {
    for (signal, patience) in ENDINGS {
        // It may be gone by now, which is what we want.
        if kill(pid, signal).is_err() || timeout(patience, gone(pid, data)).await.is_ok() {
            return Ok(());
        }
        warn!("PostgreSQL (process {pid}) did not end on {signal}");
    }
    Err(LocalPostgresError::Orphan { pid: pid.as_raw() })
}

async fn gone(pid: Pid, data: &Path) {
    while serves(pid, data).await {
        sleep(POLL_INTERVAL).await;
    }
}

/// Whether process `pid` is `postgres -D DATA`: we always start it so, and it keeps its arguments.
async fn serves(pid: Pid, data: &Path) -> bool {
    arguments(pid).await.is_some_and(|found| names_server_of(&found, data))
}

/// Arguments of a process, separated by NUL (Linux) or blanks; `None` if it is gone.
async fn arguments(pid: Pid) -> Option<Vec<u8>> {
    if Path::new("/proc/self/cmdline").exists() {
        return fs::read(format!("/proc/{pid}/cmdline")).ok();
    }
    let mut ps = Command::new("ps");
    let output = ps.args(["-ww", "-o", "args=", "-p", &pid.to_string()]).output().await;
    Some(output.ok()?.stdout)
}

fn names_server_of(arguments: &[u8], data: &Path) -> bool {
    let mut parts = arguments.split(|byte| matches!(byte, 0 | b' ' | b'\n'));
    let program = parts.next().map(|first| Path::new(OsStr::from_bytes(first)));
    let is_postgres = program.and_then(Path::file_name).is_some_and(|name| name == "postgres");
    let folder = data.as_os_str().as_bytes();
    is_postgres && arguments.windows(folder.len()).any(|window| window == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_this_cluster_is_recognised_by_its_arguments() {
        let data = Path::new("/srv/tom alerts/postgres/data");
        let ours =
            b"/usr/lib/postgresql/15/bin/postgres\0-D\0/srv/tom alerts/postgres/data\0-c\0port=1\0";
        assert!(names_server_of(ours, data));
        assert!(names_server_of(b"/opt/bin/postgres -D /srv/tom alerts/postgres/data\n", data));
    }

    #[test]
    fn another_process_with_the_recorded_id_is_not_ours() {
        let data = Path::new("/srv/postgres/data");
        assert!(!names_server_of(b"/usr/bin/postgres\0-D\0/other/data\0", data));
        assert!(!names_server_of(b"tail\0-f\0/srv/postgres/data/postmaster.pid\0", data));
        assert!(!names_server_of(b"", data));
    }

    #[test]
    fn only_an_id_of_a_real_process_is_taken_from_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postmaster.pid");
        for (text, pid) in
            [("4711\n/data\n", Some(4711)), ("-1\n", None), ("1\n", None), ("", None)]
        {
            fs::write(&file, text).unwrap();
            assert_eq!(recorded_pid(&file).map(Pid::as_raw), pid, "{text:?}");
        }
    }
}
