//! A `PostgreSQL` of the campaign's own, which may crash.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::settings;

/// The machine does not crash, so nothing is lost without fsync; a commit is one all the same.
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
fsync = off
full_page_writes = off
synchronous_commit = on
";

/// A server with an empty database, stopped in the end.
pub(crate) struct Postgres {
    programs: PathBuf,
    place: TempDir,
    owner: Option<(u32, u32)>,
    pub(crate) port: u16,
}

impl Postgres {
    /// Makes the server and starts it.
    pub(crate) fn start() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let owner = owner();
        if let Some((user, group)) = owner {
            chown(place.path(), Some(user), Some(group)).unwrap();
        }
        let server =
            Self { programs: settings::postgres_programs(), place, owner, port: free_port() };
        server.run(
            "initdb",
            &["--username=tester", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
        );
        let file = server.data().join("postgresql.conf");
        let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
        writeln!(file, "{SETTINGS}port = {}", server.port).unwrap();
        server.go_on();
        server
    }

    /// Where to reach it, or a relay before it.
    pub(crate) fn url(port: u16) -> String {
        format!("postgres://tester@127.0.0.1:{port}/postgres?sslmode=disable")
    }

    /// Crashes: every backend dies, nothing is written any more.
    pub(crate) fn crash(&self) {
        self.run("pg_ctl", &["stop", "--mode=immediate", "--silent"]);
    }

    /// Starts again and replays its log.
    pub(crate) fn go_on(&self) {
        let log = format!("--log={}", self.place.path().join("log").display());
        self.run("pg_ctl", &["start", "--wait", "--silent", &log]);
    }

    fn data(&self) -> PathBuf {
        self.place.path().join("data")
    }

    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program, arguments).status().unwrap();
        assert!(status.success(), "{program} {arguments:?}: {status}");
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .args(arguments)
            .arg("--pgdata")
            .arg(self.data())
            .current_dir(self.place.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists() {
            let mut stop = self.command("pg_ctl", &["stop", "--mode=immediate", "--silent"]);
            let _ = stop.stderr(Stdio::null()).status();
        }
    }
}

/// Who is to own the server: `PostgreSQL` refuses to run as root.
fn owner() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    let me = fs::metadata(Path::new("/proc/self")).unwrap().uid();
    let id = |option: &str, user: &str| -> Option<u32> {
        let output = Command::new("id").args([option, user]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim().parse().ok()
    };
    let pair = |user| Some((id("-u", user)?, id("-g", user)?));
    if me == 0 { pair("postgres").or_else(|| pair("nobody")) } else { None }
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
