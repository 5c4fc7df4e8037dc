//! The end of a service: it says that it is not ready, serves on for a moment, and only then stops.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::info;

use super::Stop;
use crate::{actions::run_query::Runner, config::ServeConfig};

/// How long proxies may take to see that a replica is not ready, unless the settings say otherwise.
const DELAY: Duration = Duration::from_secs(5);

/// How long to serve on after the signal. Nobody stands between a local user and the service.
pub(super) fn delay(config: &ServeConfig, is_local: bool) -> Duration {
    let default = if is_local { Duration::ZERO } else { DELAY };
    config.stop_delay.map_or(default, |seconds| Duration::from_secs(seconds.into()))
}

/// Waits for the signal, lets proxies turn to other replicas, then sets `shutdown`.
pub(super) async fn end_in_order(
    signal: Stop,
    runner: Runner,
    delay: Duration,
    shutdown: CancellationToken,
) {
    signal.await;
    runner.retire();
    if !delay.is_zero() {
        info!("Stopping in {delay:?}: not ready any more, but still serving");
        tokio::time::sleep(delay).await;
    }
    info!("Stopping");
    shutdown.cancel();
}

/// An address that is taken, but refuses connections until there is somebody to answer.
pub(super) fn take_address(
    address: std::net::SocketAddr,
) -> std::io::Result<tokio::net::TcpSocket> {
    let socket = if address.is_ipv4() {
        tokio::net::TcpSocket::new_v4()?
    } else {
        tokio::net::TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
