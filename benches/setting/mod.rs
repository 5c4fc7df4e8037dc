//! What benchmarks run in: the Pub/Sub emulator, a database, the figures of the machine.

pub(crate) mod database;
pub(crate) mod emulator;
pub(crate) mod processor_time;

use std::ffi::OsString;

/// A variable of the environment.
#[expect(clippy::disallowed_methods, reason = "a benchmark has no other configuration")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
