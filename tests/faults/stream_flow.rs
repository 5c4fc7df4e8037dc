//! One stream through the relay: requests up, messages down, and an end in good order on the emulator's side.

use std::sync::{Arc, atomic::Ordering};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use prost::Message;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Duration, sleep},
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use crate::{
    grpc::{self, Deframer, PullResponse, Received},
    pubsub::LEASE,
    stream_relay::{Answer, Broken, Connection},
    trap::Point,
};

/// So long the last bytes before a cut have to get out.
const TO_GET_OUT: Duration = Duration::from_millis(10);

type Pieces = mpsc::Sender<Result<Frame<Bytes>, Broken>>;

/// Opens the stream at the emulator, over a connection of its own; the answer begins when the emulator's does.
pub(crate) async fn begin(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Answer, Broken> {
    let (head, answer) = oneshot::channel();
    connection.relay.keeper.n_opened.fetch_add(1, Ordering::Relaxed);
    // On its own: it outlives the client.
    tokio::spawn(flow(connection, request, head));
    Ok(answer.await?)
}

async fn flow(
    connection: Arc<Connection>,
    request: Request<Incoming>,
    head: oneshot::Sender<Answer>,
) -> Result<(), Broken> {
    let (parts, asked) = request.into_parts();
    let (up, asking) = mpsc::channel(4);
    let is_left = CancellationToken::new();
    tokio::spawn(pass_requests(asked, up, is_left.clone()));
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    let asking = StreamBody::new(ReceiverStream::new(asking));
    let answer = client.request(connection.relay.upstream(parts, asking)?).await?;
    let (parts, body) = answer.into_parts();
    let (down, pieces) = mpsc::channel(1);
    let pieces = StreamBody::new(ReceiverStream::new(pieces));
    // Nobody may be there any more; then what comes down is dropped.
    let _ = head.send(Response::from_parts(parts, BodyExt::boxed(pieces)));
    let mut flow = Flow { connection, down, is_left, left: Vec::new() };
    flow.run(body).await?;
    flow.give_back().await;
    Ok(())
}

/// Hands requests on; however they end, the emulator sees an end in good order.
async fn pass_requests(mut asked: Incoming, up: Pieces, is_left: CancellationToken) {
    loop {
        let piece = tokio::select! {
            piece = asked.frame() => piece,
            () = is_left.cancelled() => None,
        };
        let Some(Ok(piece)) = piece else { return };
        if up.send(Ok(piece)).await.is_err() {
            return;
        }
    }
}

/// What comes down a stream.
struct Flow {
    connection: Arc<Connection>,
    down: Pieces,
    /// The client has gone.
    is_left: CancellationToken,
    /// Acknowledgement ids that came too late for it.
    left: Vec<String>,
}

impl Flow {
    /// Reads to the emulator's end, even if nobody wants it.
    async fn run(&mut self, mut body: Incoming) -> Result<(), Broken> {
        let mut deframer = Deframer::default();
        loop {
            let piece = tokio::select! {
                piece = body.frame() => piece,
                () = self.down.closed(), if !self.is_left.is_cancelled() => {
                    self.is_left.cancel();
                    continue;
                }
            };
            let Some(piece) = piece else { return Ok(()) };
            match piece?.into_data() {
                Ok(data) => {
                    deframer.add(&data);
                    while let Some(response) = deframer.next() {
                        self.pass(response).await;
                    }
                }
                // An error means that nobody wants to know how it ended.
                Err(trailers) => drop(self.down.send(Ok(trailers)).await),
            }
        }
    }

    /// Hands messages over, a few at a time.
    async fn pass(&mut self, mut response: PullResponse) {
        let keeper = self.connection.relay.keeper.clone();
        let mut waiting = std::mem::take(&mut response.received);
        if waiting.is_empty() {
            // An error means that the client is gone.
            let _ = self.down.send(Ok(Frame::data(grpc::frame(&response)))).await;
        }
        while !waiting.is_empty() {
            let wanted = keeper.any_number().min(waiting.len());
            let n = tokio::select! {
                biased;
                () = self.down.closed() => {
                    self.left.extend(waiting.iter().map(|received| delivery(received).0));
                    // Not later: the emulator goes on sending until the requests end.
                    return self.is_left.cancel();
                }
                n = keeper.tap.take(wanted) => n,
            };
            let rest = waiting.split_off(n);
            let received = std::mem::replace(&mut waiting, rest);
            self.hand_over(PullResponse { received, ..response.clone() }).await;
        }
    }

    /// Pub/Sub would not have sent so far ahead of a client that settles little; the emulator does. So what the client
    /// never saw goes back, and not to the stream that it came from.
    async fn give_back(self) {
        if !self.left.is_empty() {
            self.connection.relay.give_back(self.left).await;
        }
    }

    async fn hand_over(&self, response: PullResponse) {
        let Connection { relay, program, .. } = &*self.connection;
        let deliveries: Vec<_> = response.received.iter().map(delivery).collect();
        relay.keeper.ledger.delivered(&deliveries, LEASE);
        if relay.keeper.acknowledges_first {
            relay
                .acknowledge_first(deliveries.into_iter().map(|(ack_id, _)| ack_id).collect())
                .await;
        }
        let bytes = grpc::frame(&response);
        let trap = &relay.keeper.trap;
        let caught = if self.down.is_closed() { None } else { trap.catch(Point::Pulled, *program) };
        let whole = !caught.as_ref().is_some_and(|caught| caught.is_cut);
        let end = if whole { bytes.len() } else { bytes.len() / 2 };
        trap.has_been_given(*program);
        // An error means that the client is gone.
        let _ = self.down.send(Ok(Frame::data(bytes.slice(..end)))).await;
        if let Some(caught) = caught {
            // There is room again when the connection has taken it.
            drop(self.down.reserve().await);
            sleep(TO_GET_OUT).await;
            tokio::select! {
                () = self.connection.break_off(caught) => {}
                () = self.down.closed() => {}
            }
        }
    }
}

/// Acknowledgement id and message id.
fn delivery(received: &Bytes) -> (String, String) {
    let received = Received::decode(received.clone()).unwrap();
    (received.ack_id, received.message.unwrap_or_default().message_id)
}
