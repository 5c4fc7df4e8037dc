//! Processor time and memory of this process and of `PostgreSQL`, as Linux tells them in `/proc`.

use std::{fs, ops::Sub};

use anyhow::Context;

/// Linux counts processor time in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// Processor time used so far, seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessorTime {
    /// By this process.
    pub(crate) own: f64,
    /// By every process of the database server, those that have ended included.
    pub(crate) database: f64,
}

impl Sub for ProcessorTime {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { own: self.own - earlier.own, database: self.database - earlier.database }
    }
}

struct Process {
    id: u32,
    parent: u32,
    is_postgres: bool,
    own_ticks: u32,
    /// Of children that have ended.
    past_ticks: u32,
}

impl ProcessorTime {
    /// Up to now.
    pub(crate) fn now() -> anyhow::Result<Self> {
        let processes: Vec<Process> = fs::read_dir("/proc")?
            .filter_map(Result::ok)
            .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
            .filter_map(|stat| parse(&stat))
            .collect();
        let own = processes.iter().find(|process| process.id == std::process::id());
        let own_ticks = own.context("/proc does not show this process")?.own_ticks;
        let database: u32 = database_processes(&processes)
            .map(|process| process.own_ticks + process.past_ticks)
            .sum();
        Ok(Self {
            own: f64::from(own_ticks) / TICKS_PER_SECOND,
            database: f64::from(database) / TICKS_PER_SECOND,
        })
    }
}

/// The database that this process started; without one, every `PostgreSQL` of the machine.
fn database_processes(processes: &[Process]) -> impl Iterator<Item = &Process> {
    let this = std::process::id();
    let own_server = processes
        .iter()
        .find(|process| process.is_postgres && process.parent == this)
        .map(|server| server.id);
    processes.iter().filter(move |process| {
        process.is_postgres
            && own_server.is_none_or(|server| process.id == server || process.parent == server)
    })
}

/// Reads a line of `/proc/<id>/stat`: `id (name) state parent …` with times from the 14th word on.
fn parse(stat: &str) -> Option<Process> {
    let (head, rest) = stat.rsplit_once(')')?;
    let (id, name) = head.split_once(" (")?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| words.get(index)?.parse::<u32>().ok();
    Some(Process {
        id: id.parse().ok()?,
        parent: number(1)?,
        is_postgres: name == "postgres",
        own_ticks: number(11)? + number(12)?,
        past_ticks: number(13)? + number(14)?,
    })
}

/// Begins the peak of this process' memory anew.
pub(crate) fn forget_peak_memory() {
    // Where this is not allowed the peak is that of the whole life of the process.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process held, MB (`VmHWM`).
pub(crate) fn peak_memory_mb() -> anyhow::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM in /proc")?;
    let kibibytes: u32 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(f64::from(kibibytes) * 1.024e-3)
}
