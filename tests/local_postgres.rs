//! The private PostgreSQL with real server processes: it survives crashes, excludes a second
//! instance, leaves nothing behind, and works for root and for an ordinary user.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use tom_alerts::local_postgres::{DataDirLock, LocalPostgres, LocalPostgresError};

/// A data folder under /tmp that the user who runs PostgreSQL can enter.
fn data_dir() -> TempDir {
    let folder = tempfile::Builder::new().prefix("tom-alerts-").tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
    folder
}

async fn connect(postgres: &LocalPostgres) -> PgConnection {
    PgConnection::connect(postgres.url()).await.unwrap()
}

async fn write_a_row(postgres: &LocalPostgres) {
    let mut connection = connect(postgres).await;
    connection.execute("create table night (jd float8 not null)").await.unwrap();
    connection.execute("insert into night values (2460000.5)").await.unwrap();
}

async fn rows(postgres: &LocalPostgres) -> Vec<f64> {
    let mut connection = connect(postgres).await;
    sqlx::query_scalar("select jd from night").fetch_all(&mut connection).await.unwrap()
}

fn postmaster(data_dir: &Path) -> Pid {
    let text = fs::read_to_string(data_dir.join("postgres/data/postmaster.pid")).unwrap();
    Pid::from_raw(text.lines().next().unwrap().parse().unwrap())
}

fn is_alive(pid: Pid) -> bool {
    kill(pid, None) != Err(Errno::ESRCH)
}

#[tokio::test]
async fn a_committed_row_survives_a_killed_server_and_a_new_start() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    write_a_row(&postgres).await;
    kill(postmaster(folder.path()), Signal::SIGKILL).unwrap();
    drop(postgres);

    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    assert_eq!(rows(&postgres).await, [2_460_000.5]);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_server_comes_back_on_the_same_port() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    write_a_row(&postgres).await;
    kill(postmaster(folder.path()), Signal::SIGKILL).unwrap();

    let back = async {
        while PgConnection::connect(postgres.url()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), back).await.expect("the server comes back");
    assert_eq!(rows(&postgres).await, [2_460_000.5]);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn the_holder_of_the_folder_can_start_its_server() {
    let folder = data_dir();
    let lock = DataDirLock::acquire(folder.path()).unwrap();
    let postgres = LocalPostgres::start(lock.data_dir()).await.unwrap();
    assert!(DataDirLock::acquire(folder.path()).is_err());
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn stopping_leaves_no_process() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    let pid = postmaster(folder.path());
    assert!(is_alive(pid));
    postgres.stop().await.unwrap();
    assert!(!is_alive(pid));
    assert!(!folder.path().join("postgres/data/postmaster.pid").exists());
}

#[tokio::test]
async fn dropping_it_ends_the_server_too() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    let pid = postmaster(folder.path());
    drop(postgres);
    let end = async {
        while is_alive(pid) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), end).await.expect("the server ends");
}

#[tokio::test]
async fn a_server_that_cannot_start_is_quoted() {
    let folder = data_dir();
    LocalPostgres::start(folder.path()).await.unwrap().stop().await.unwrap();
    fs::write(folder.path().join("postgres/data/postgresql.conf"), "work_mem = plenty\n").unwrap();
    let refusal = LocalPostgres::start(folder.path()).await.unwrap_err();
    assert!(refusal.to_string().contains("invalid value for parameter \"work_mem\""), "{refusal}");
}

#[tokio::test]
async fn a_second_start_on_the_same_folder_is_refused_with_the_holders_process_id() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    let refusal = LocalPostgres::start(folder.path()).await.unwrap_err();
    let LocalPostgresError::InUse { pid, .. } = refusal else {
        panic!("a held folder is InUse, not {refusal:?}")
    };
    assert_eq!(pid, Some(std::process::id()));
    postgres.stop().await.unwrap();
}

/// A service that dies by kill -9 leaves its server running: here, one that is told apart from
/// ours only by who started it.
#[tokio::test]
async fn a_server_left_behind_is_stopped_and_its_rows_are_there() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    write_a_row(&postgres).await;
    let arguments = arguments_of(postmaster(folder.path()));
    postgres.stop().await.unwrap();
    let mut orphan = start_as_owner(folder.path(), &arguments);

    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    assert!(orphan.wait().is_ok_and(|status| status.success()));
    assert_ne!(postmaster(folder.path()).as_raw(), i32::try_from(orphan.id()).unwrap());
    assert_eq!(rows(&postgres).await, [2_460_000.5]);
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_process_that_got_the_recorded_id_after_a_crash_is_left_alone() {
    let folder = data_dir();
    LocalPostgres::start(folder.path()).await.unwrap().stop().await.unwrap();
    let ourselves = format!("{}\n{}\n", std::process::id(), folder.path().display());
    fs::write(folder.path().join("postgres/data/postmaster.pid"), ourselves).unwrap();

    LocalPostgres::start(folder.path()).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn the_password_is_private_and_debugging_output_does_not_hold_it() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    let file = folder.path().join("postgres/password");
    let password = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(postgres.url().contains(password.trim()));
    assert!(!format!("{postgres:?}").contains(password.trim()));
    let wrong = postgres.url().replace(password.trim(), "guess");
    assert!(PgConnection::connect(&wrong).await.is_err());
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn the_service_works_in_utf_8_and_is_no_superuser() {
    let folder = data_dir();
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    let mut connection = connect(&postgres).await;
    let (encoding, superuser, fsync): (String, bool, String) = sqlx::query_as(
        "select current_setting('server_encoding'), rolsuper, current_setting('fsync')
         from pg_roles where rolname = current_user",
    )
    .fetch_one(&mut connection)
    .await
    .unwrap();
    assert_eq!((encoding.as_str(), superuser, fsync.as_str()), ("UTF8", false, "on"));
    postgres.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_of_a_version_that_is_not_here_is_left_as_it_is() {
    let folder = data_dir();
    LocalPostgres::start(folder.path()).await.unwrap().stop().await.unwrap();
    fs::write(folder.path().join("postgres/data/PG_VERSION"), "1\n").unwrap();
    let refusal = LocalPostgres::start(folder.path()).await.unwrap_err();
    assert!(matches!(refusal, LocalPostgresError::NoMatchingServer { major: 1, .. }), "{refusal}");
}

#[tokio::test]
async fn a_folder_that_the_servers_user_cannot_enter_is_named() {
    if !geteuid().is_root() {
        return;
    }
    let closed = data_dir();
    fs::set_permissions(closed.path(), Permissions::from_mode(0o700)).unwrap();
    let refusal = LocalPostgres::start(&closed.path().join("data")).await.unwrap_err();
    assert!(refusal.to_string().contains(&format!("cannot enter {};", closed.path().display())));
}

/// As root this runs itself again as `nobody`; as anybody else it is the test.
#[tokio::test]
async fn an_ordinary_user_gets_a_server_too() {
    let folder = data_dir();
    if geteuid().is_root() {
        let status = run_as_nobody(folder.path(), "an_ordinary_user_gets_a_server_too");
        assert!(status.success());
        return;
    }
    let postgres = LocalPostgres::start(folder.path()).await.unwrap();
    write_a_row(&postgres).await;
    assert_eq!(rows(&postgres).await, [2_460_000.5]);
    postgres.stop().await.unwrap();
}

/// This test program, copied to where everyone can run it.
fn run_as_nobody(folder: &Path, test: &str) -> std::process::ExitStatus {
    let program = folder.join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    Command::new("setpriv")
        .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"])
        .arg(program)
        .args([test, "--exact"])
        .current_dir("/")
        .status()
        .unwrap()
}

fn arguments_of(pid: Pid) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
    text.split_terminator('\0').map(str::to_owned).collect()
}

fn start_as_owner(data_dir: &Path, arguments: &[String]) -> std::process::Child {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;

    let root = data_dir.join("postgres");
    let owner = fs::metadata(&root).unwrap();
    let (program, rest) = arguments.split_first().unwrap();
    let mut command = Command::new(program);
    command.args(rest).current_dir(&root);
    if geteuid().is_root() {
        command.uid(owner.uid()).gid(owner.gid());
    }
    let orphan = command.spawn().unwrap();
    let pid_file = root.join("data/postmaster.pid");
    while !fs::read_to_string(&pid_file).is_ok_and(|text| text.contains("ready")) {
        std::thread::yield_now();
    }
    orphan
}
