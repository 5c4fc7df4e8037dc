//! The HTTP server: connections with limits on time and number, ended in order.

use std::{pin::Pin, sync::Arc, time::Duration};

use axum::{Extension, Router};
use futures::FutureExt;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::{domain::timing::WebTiming, web::frame::extract::PeerAddress};

/// How many connections are open at once, at most? The others wait in the system's queue.
const MAX_CONNECTIONS: usize = 1024;

/// Largest head of a request, bytes.
const MAX_HEAD_BYTES: usize = 16 << 10;

/// Serves until `stop`, then takes the connections that are made already and lets open requests finish, for a while at most.
///
/// `axum::serve` has no limit on the time a head may take, so that a few hundred half-sent requests would
/// hold as many connections for ever: hence a loop of our own.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
    timing: WebTiming,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // Whoever is connected by now thinks that we are there.
            () = stop.cancelled() => match listener.accept().now_or_never() {
                Some(accepted) => accepted,
                None => break,
            },
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, PeerAddress(peer.ip().to_canonical())),
            Err(error) => {
                // Out of file descriptors, most likely: let some connections end first.
                warn!(%error, "A connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Pages are small: waiting to fill a segment only delays them.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(timing.head)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(
                TokioIo::new(impatient(stream, timing.untaken)),
                TowerToHyperService::new(router.clone().layer(Extension(peer))),
            );
        let watched = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                debug!(%error, "A connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(timing.last_requests, graceful.shutdown()).await.is_err() {
        warn!("Some requests did not finish in time");
    }
}

/// A connection that ends when what is written is not taken for too long: a client that never reads holds it no longer.
fn impatient(stream: TcpStream, untaken: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(untaken));
    Box::pin(stream)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::Notify,
        time::{sleep, timeout},
    };

    use super::*;

    /// A router whose answer waits until the second one is notified; it notifies the first one when it is asked.
    fn slow(asked: Arc<Notify>, may_answer: Arc<Notify>) -> Router {
        let answer = async move || {
            asked.notify_one();
            may_answer.notified().await;
            "at last"
        };
        Router::new().route("/", get(answer))
    }

    #[tokio::test]
    async fn open_requests_have_as_long_as_is_set_when_the_service_is_to_stop() {
        for (last_requests, is_waited_for) in
            [(Duration::from_millis(50), false), (Duration::from_hours(1), true)]
        {
            let timing = WebTiming { last_requests, ..WebTiming::default() };
            let (asked, may_answer, stop) =
                (Arc::<Notify>::default(), Arc::<Notify>::default(), CancellationToken::new());
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let router = slow(asked.clone(), may_answer.clone());
            let serving = tokio::spawn(serve(listener, router, stop.clone(), timing));
            client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
            asked.notified().await;
            stop.cancel();
            if is_waited_for {
                sleep(Duration::from_millis(500)).await;
                assert!(!serving.is_finished());
                may_answer.notify_one();
                let mut answer = String::new();
                client.read_to_string(&mut answer).await.unwrap();
                assert!(answer.ends_with("at last"), "{answer}");
            }
            timeout(Duration::from_secs(20), serving).await.expect("it waits on").unwrap();
        }
    }
}
