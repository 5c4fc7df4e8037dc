//! Runs and listeners, from the wish to run a query to its end.
//!
//! `runner` is what other layers call. Below it `watch` looks at the clock, `queue` and `listening` say what begins,
//! `execution` takes one run from its form to its end, `work` fetches, and `batch_writer` stores and acknowledges. All of
//! them work on the data of `state`, at the bottom.

mod batch_writer;
mod ending;
mod execution;
mod listener_runs;
mod listening;
mod log;
mod query_budget;
mod queue;
mod retrying;
mod runner;
mod settings;
mod state;
mod watch;
mod work;

pub use runner::Runner;
pub use settings::RunnerSettings;
