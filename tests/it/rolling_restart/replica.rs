//! A replica: the program itself, with sign-in, on an address that it keeps over restarts.

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// What all replicas share.
pub(super) struct Shared<'a> {
    pub(super) database_url: &'a str,
    pub(super) public_url: &'a str,
    pub(super) pubsub: &'a str,
    pub(super) data_dir: &'a Path,
}

pub(super) struct Replica {
    pub(super) address: String,
    log: PathBuf,
    child: Option<Child>,
}

/// An address of this machine that is free at this moment.
pub(super) fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

impl Replica {
    /// One that is not started yet.
    pub(super) fn at(address: &str, shared: &Shared<'_>) -> Self {
        let log = shared.data_dir.join(format!("{}.log", address.replace(':', "-")));
        Self { address: address.to_owned(), log, child: None }
    }

    pub(super) fn start(&mut self, shared: &Shared<'_>) {
        let log = File::options().create(true).append(true).open(&self.log).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_tom-alerts"))
            .args(["--listen", &self.address, "--public-url", shared.public_url])
            .args(["--stop-delay", "1", "--requests-a-minute", "0", "--data-dir"])
            .arg(shared.data_dir)
            .arg("--archive")
            .arg(shared.data_dir.join("night"))
            .env("DATABASE_URL", shared.database_url)
            .env("PUBSUB_EMULATOR_HOST", shared.pubsub)
            .env("PITTGOOGLE_OAUTH_CLIENT_ID", "us")
            .env("PITTGOOGLE_OAUTH_CLIENT_SECRET", "secret")
            .env("TOM_ALERTS_OAUTH_ISSUER", "http://127.0.0.1:9")
            .env("TOM_ALERTS_SECRET_KEY", "5a".repeat(32))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    /// SIGTERM; comes back when it has ended, as it should.
    pub(super) async fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM).unwrap();
        for _ in 0..1_200 {
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success(), "{status}: {}", self.last_words());
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let _ = child.kill();
        panic!("it does not stop: {}", self.last_words());
    }

    pub(super) fn last_words(&self) -> String {
        let words = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&words[words.len().saturating_sub(3_000)..]).into_owned()
    }

    /// Lines of its log that tell of a fault.
    pub(super) fn complaints(&self) -> Vec<String> {
        let words = std::fs::read(&self.log).unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        let tells = |line: &&str| {
            ["panicked at", "fault in the software", "ERROR", "did not finish"]
                .iter()
                .any(|sign| line.contains(sign))
        };
        words.lines().filter(tells).map(str::to_owned).collect()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
