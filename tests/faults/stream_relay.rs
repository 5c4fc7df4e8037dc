//! The relay between programs and Pub/Sub for streams: gRPC and REST at one port, both ended here and begun anew.
//!
//! The emulator does not notice a stream whose client is gone unless its request side ends: it goes on sending to nobody.
//! So it is this relay that the emulator talks to, and the relay ends in good order what a dead program leaves open.

use std::{future::pending, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header, request::Parts};
use http_body_util::{BodyExt, Collected, Full, combinators::BoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{
    bookkeeper::Bookkeeper,
    grpc::{self, Acknowledge, ModifyAckDeadline},
    stream_flow,
    trap::{Caught, Point},
};

pub(crate) type Broken = Box<dyn std::error::Error + Send + Sync>;
pub(crate) type Answer = Response<BoxBody<Bytes, Broken>>;
type Whole = Response<Collected<Bytes>>;

const STREAMING_PULL: &str = "/google.pubsub.v1.Subscriber/StreamingPull";
const ACKNOWLEDGE: &str = "/google.pubsub.v1.Subscriber/Acknowledge";
const MODIFY_ACK_DEADLINE: &str = "/google.pubsub.v1.Subscriber/ModifyAckDeadline";

/// What the relay shares between its connections.
pub(crate) struct StreamRelay {
    emulator: String,
    /// `projects/P/subscriptions/S`
    subscription: String,
    rest: Client<HttpConnector, Full<Bytes>>,
    calls: Client<HttpConnector, Full<Bytes>>,
    pub(crate) keeper: Arc<Bookkeeper>,
}

/// A connection of a program.
pub(crate) struct Connection {
    pub(crate) relay: Arc<StreamRelay>,
    pub(crate) program: usize,
    /// Cuts it.
    pub(crate) cut: CancellationToken,
}

impl StreamRelay {
    pub(crate) fn new(emulator: String, subscription: String, keeper: Arc<Bookkeeper>) -> Self {
        let client = |is_grpc| {
            Client::builder(TokioExecutor::new()).http2_only(is_grpc).build_http::<Full<Bytes>>()
        };
        Self { emulator, subscription, rest: client(false), calls: client(true), keeper }
    }

    /// Listens for a program; the address. The runtime ends it.
    pub(crate) async fn start(self: &Arc<Self>, program: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let relay = self.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(relay.clone().serve(stream, program));
            }
        });
        address
    }

    async fn serve(self: Arc<Self>, stream: TcpStream, program: usize) {
        stream.set_nodelay(true).unwrap();
        // No lingering: when it is cut the other side sees a reset.
        stream.set_zero_linger().unwrap();
        let mut is_away = self.keeper.is_away.subscribe();
        let cut = CancellationToken::new();
        let connection = Arc::new(Connection { relay: self, program, cut: cut.clone() });
        let service = service_fn(move |request| connection.clone().answer(request));
        let both = auto::Builder::new(TokioExecutor::new());
        tokio::select! {
            biased;
            _ = is_away.wait_for(|is_away| *is_away) => {}
            () = cut.cancelled() => {}
            // A connection that breaks is the point of it all.
            _ = both.serve_connection(TokioIo::new(stream), service) => {}
        }
    }

    /// The same request to the emulator.
    pub(crate) fn upstream<B>(&self, mut parts: Parts, body: B) -> Result<Request<B>, Broken> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        parts.uri = format!("http://{}{path}", self.emulator).parse()?;
        parts.headers.remove(header::HOST);
        Ok(Request::from_parts(parts, body))
    }

    async fn forward(&self, parts: Parts, body: Bytes) -> Result<Whole, Broken> {
        let is_grpc = parts.version == http::Version::HTTP_2;
        let client = if is_grpc { &self.calls } else { &self.rest };
        let answer = client.request(self.upstream(parts, Full::new(body))?).await?;
        let (parts, body) = answer.into_parts();
        Ok(Response::from_parts(parts, body.collect().await?))
    }

    /// Acknowledges, whatever happens to the client meanwhile: the book has to know.
    async fn settle(
        self: &Arc<Self>,
        parts: Parts,
        body: Bytes,
        ids: Vec<String>,
    ) -> Result<Whole, Broken> {
        let relay = self.clone();
        let settling = tokio::spawn(async move {
            let answer = relay.forward(parts, body).await?;
            if is_well(&answer) {
                relay.keeper.ledger.acknowledged(&ids);
            }
            Ok(answer)
        });
        settling.await?
    }

    /// The defect of the old backend.
    pub(crate) async fn acknowledge_first(self: &Arc<Self>, ack_ids: Vec<String>) {
        self.keeper.check(&ack_ids).await;
        let subscription = self.subscription.clone();
        let body = grpc::frame(&Acknowledge { subscription, ack_ids: ack_ids.clone() });
        let answer = self.settle(own_call(ACKNOWLEDGE), body, ack_ids).await.unwrap();
        assert!(is_well(&answer), "{answer:?}");
    }

    /// Has messages come again at once.
    pub(crate) async fn give_back(&self, ack_ids: Vec<String>) {
        let subscription = self.subscription.clone();
        let call = ModifyAckDeadline { subscription, ack_deadline_seconds: 0, ack_ids };
        let answer = self.forward(own_call(MODIFY_ACK_DEADLINE), grpc::frame(&call)).await.unwrap();
        assert!(is_well(&answer), "{answer:?}");
    }
}

/// The head of a call that no program makes.
fn own_call(path: &str) -> Parts {
    let request = Request::post(path)
        .version(http::Version::HTTP_2)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::TE, "trailers")
        .body(());
    request.unwrap().into_parts().0
}

impl Connection {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Answer, Broken> {
        if request.uri().path() == STREAMING_PULL {
            return stream_flow::begin(self, request).await;
        }
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let answer = match parts.uri.path() {
            ACKNOWLEDGE => self.acknowledge(parts, body).await?,
            MODIFY_ACK_DEADLINE => {
                let call: ModifyAckDeadline = grpc::only(&body);
                let lease = u64::try_from(call.ack_deadline_seconds).unwrap_or_default();
                let lease = std::time::Duration::from_secs(lease);
                self.relay.keeper.ledger.changed_leases(call.ack_ids.len(), lease);
                self.relay.forward(parts, body).await?
            }
            _ => self.relay.forward(parts, body).await?,
        };
        Ok(answer.map(|body| body.map_err(|never| match never {}).boxed()))
    }

    async fn acknowledge(&self, parts: Parts, body: Bytes) -> Result<Whole, Broken> {
        let keeper = &self.relay.keeper;
        let ids = grpc::only::<Acknowledge>(&body).ack_ids;
        keeper.check(&ids).await;
        if let Some(caught) = keeper.trap.catch(Point::AckQueued, self.program) {
            return self.break_off(caught).await;
        }
        let answer = self.relay.settle(parts, body, ids).await?;
        if let Some(caught) = keeper.trap.catch(Point::AckSent, self.program) {
            return self.break_off(caught).await;
        }
        Ok(answer)
    }

    /// Lets a fault begin; when it is over the connection is, too.
    pub(crate) async fn break_off<T>(&self, caught: Caught<'_>) -> T {
        caught.hold().await;
        self.cut.cancel();
        pending().await
    }
}

/// Whether a call was served: gRPC says so at the end, or at the beginning if there is nothing else to say.
fn is_well(answer: &Whole) -> bool {
    let is_ok =
        |headers: &HeaderMap| headers.get("grpc-status").is_some_and(|status| status == "0");
    is_ok(answer.headers()) || answer.body().trailers().is_some_and(is_ok)
}
