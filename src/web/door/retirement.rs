//! A replica that is about to stop sends its clients elsewhere.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::actions::runs::Runner;

/// Ends the connection with the answer once the process is about to stop: a proxy that kept it open would perhaps send
/// the next request into its end.
pub(crate) async fn close_connections(
    State(runner): State<Runner>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    if runner.is_retired() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
