//! The Pub/Sub emulator: one that runs, or a child of this process.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::variable;

/// Below the folder of the Google Cloud CLI.
const PROGRAM: &str = "platform/pubsub-emulator/bin/cloud-pubsub-emulator";

/// Where Debian's package puts it.
const SYSTEM_FOLDER: &str = "/usr/lib/google-cloud-sdk";

/// The emulator keeps every message of every round in memory.
const JAVA_OPTIONS: &str = "-Xmx10g";

const START_TRIES: usize = 300;
const START_PAUSE: Duration = Duration::from_millis(100);

/// Linux counts processor time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// An emulator; one that we started ends with this value.
pub(crate) struct Emulator {
    host: String,
    own: Option<Own>,
}

/// A shell script that starts Java: both are in a process group of their own.
struct Own {
    script: Child,
    group: i32,
}

impl Emulator {
    /// The emulator of `TOM_ALERTS_TEST_PUBSUB`, else one of our own; `None` when it is not installed.
    pub(crate) async fn find() -> anyhow::Result<Option<Self>> {
        if let Some(Ok(host)) =
            variable("TOM_ALERTS_TEST_PUBSUB").map(std::ffi::OsString::into_string)
        {
            return Ok(Some(Self { host, own: None }));
        }
        Self::own().await
    }

    /// One of our own; `None` when it is not installed.
    pub(crate) async fn own() -> anyhow::Result<Option<Self>> {
        Self::niced(0).await
    }

    /// One of our own with this niceness: Pub/Sub itself is on other machines, and takes no processor from what is measured.
    pub(crate) async fn niced(niceness: u8) -> anyhow::Result<Option<Self>> {
        match installed() {
            Some(program) => Ok(Some(Self::start(&program, niceness).await?)),
            None => Ok(None),
        }
    }

    async fn start(program: &Path, niceness: u8) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let script = Command::new("nice")
            .args(["-n", &niceness.to_string()])
            .arg(program)
            .args(["--host=127.0.0.1", &format!("--port={port}")])
            .env("JAVA_TOOL_OPTIONS", JAVA_OPTIONS)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let group = i32::try_from(script.id())?;
        let started = Self { host: format!("127.0.0.1:{port}"), own: Some(Own { script, group }) };
        started.wait_until_ready().await?;
        Ok(started)
    }

    async fn wait_until_ready(&self) -> anyhow::Result<()> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        for _ in 0..START_TRIES {
            if http.get(format!("http://{}/", self.host)).send().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(START_PAUSE).await;
        }
        anyhow::bail!("the Pub/Sub emulator does not start")
    }

    /// `HOST:PORT`
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Processor time used so far, seconds; `None` for an emulator that is not ours.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<Option<f64>> {
        let Some(own) = &self.own else { return Ok(None) };
        let ticks: u32 = fs::read_dir("/proc")?
            .filter_map(Result::ok)
            .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
            .filter_map(|stat| ticks_of_member(&stat, own.group))
            .sum();
        Ok(Some(f64::from(ticks) / TICKS_PER_SECOND))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            // It has nothing to save. A group that is gone already is as well.
            let _ = killpg(Pid::from_raw(own.group), Signal::SIGKILL);
            let _ = own.script.wait();
        }
    }
}

/// Reads a line of `/proc/<id>/stat`: `id (name) state parent group …` with times from the 14th word on.
fn ticks_of_member(stat: &str, group: i32) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    if words.get(2)?.parse() != Ok(group) {
        return None;
    }
    Some(words.get(11)?.parse::<u32>().ok()? + words.get(12)?.parse::<u32>().ok()?)
}

/// The emulator's program, in the folder of the `gcloud` that would be run or where packages put it.
fn installed() -> Option<PathBuf> {
    let of_gcloud = variable("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .filter_map(|folder| fs::canonicalize(folder.join("gcloud")).ok())
            .find_map(|gcloud| Some(gcloud.parent()?.parent()?.to_owned()))
    });
    of_gcloud
        .into_iter()
        .chain([PathBuf::from(SYSTEM_FOLDER)])
        .map(|folder| folder.join(PROGRAM))
        .find(|program| program.is_file())
}
