//! What every handler can ask for.

use std::sync::Arc;

use axum::extract::FromRef;
use metrics_exporter_prometheus::PrometheusHandle;

use super::Site;
use crate::{actions::run_query::Runner, brokers::Brokers, clock::Clock, storage::Storage};

/// The parts of a running service.
#[derive(Clone)]
pub struct AppState {
    storage: Storage,
    brokers: Brokers,
    runner: Runner,
    clock: Clock,
    site: Arc<Site>,
    metrics: PrometheusHandle,
}

impl AppState {
    /// Puts the parts together.
    pub fn new(
        storage: Storage,
        brokers: Brokers,
        runner: Runner,
        clock: Clock,
        site: Site,
        metrics: PrometheusHandle,
    ) -> Self {
        Self { storage, brokers, runner, clock, site: Arc::new(site), metrics }
    }

    /// The deployment.
    pub fn site(&self) -> &Site {
        &self.site
    }
}

macro_rules! part {
    ($type:ty, $field:ident) => {
        impl FromRef<AppState> for $type {
            fn from_ref(state: &AppState) -> Self {
                state.$field.clone()
            }
        }
    };
}

part!(Storage, storage);
part!(Brokers, brokers);
part!(Runner, runner);
part!(Clock, clock);
part!(Arc<Site>, site);
part!(PrometheusHandle, metrics);
