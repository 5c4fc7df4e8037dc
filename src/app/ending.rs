//! The end of a service: it says that it is not ready, serves on for a moment, and only then stops.
//!
//! 1. At the signal the process *retires*: `/readyz` says 503, no run is begun, events of runs end, listeners are given
//!    away, and each answer closes its connection.
//! 2. It serves on for `--stop-delay`, so that proxies can turn away.
//! 3. It takes the connections that are made already and refuses further ones. It finishes what it is answering. Its
//!    runs give back their messages and say *interrupted*.
//!
//! At the start the address is taken at once, but listened to only when everything else is ready: until then
//! connections are refused, and a proxy goes to the next replica.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::info;

use super::Stop;
use crate::{actions::runs::Runner, config::ServeConfig};

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
