//! `/healthz`, `/readyz`, `/metrics`: for machines that watch the service.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::{
    actions::runs::Runner,
    storage::Storage,
    web::frame::{context::PageContext, error::Error},
};

/// `GET /healthz`: the process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the process and its database answer, and it is not about to stop.
pub(crate) async fn readyz(
    State(storage): State<Storage>,
    State(runner): State<Runner>,
) -> impl IntoResponse {
    if runner.is_retired() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match storage.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "Not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}

/// `GET /metrics`: figures in Prometheus' text format, for admins.
pub(crate) async fn metrics(
    State(handle): State<PrometheusHandle>,
    context: PageContext,
) -> Result<impl IntoResponse, Error> {
    context.require_admin()?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render()))
}
