//! Logs for people and machines, and the figures of `/metrics`.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Upper bounds of the buckets of durations, seconds.
const DURATION_BUCKETS: [f64; 11] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// What is logged unless `RUST_LOG` says otherwise. The crate of sessions takes every old cookie for an attack.
const DEFAULT_FILTER: &str = "info,tower_sessions=warn,tower_sessions_core=error";

/// Starts writing logs to standard error; `RUST_LOG` chooses which.
pub fn start_logs(format: LogFormat) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // It would be told on standard error as well, and who cannot write there panics: nobody reading the log must not
        // keep the service from stopping.
        .log_internal_errors(false);
    let started = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("Logs were started before");
    }
}

/// Collects figures from now on; the handle writes them in Prometheus' text format.
pub fn collect_metrics() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &DURATION_BUCKETS)?
        .build_recorder();
    let handle = recorder.handle();
    // A second service in one process (tests) shares the first one's recorder.
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::debug!("Metrics were started before");
    }
    Ok(handle)
}
