//! How streams are opened, as a double of Pub/Sub sees it that takes them and sends nothing, or more than it was asked for.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use futures::StreamExt;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use prost::Message;
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};
use tom_alerts::{
    brokers::pubsub::PubSubService,
    domain::timing::Timing,
    google::{
        Access,
        pubsub::{FlowControl, StreamOpener, SubscriptionPath},
    },
};

use crate::{stream_rest::feedback, support::TestApp, timing};

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_hours(1);

/// What a stream begins with, as far as it is read here.
#[derive(Clone, PartialEq, Message)]
struct Opening {
    #[prost(string, tag = "1")]
    subscription: String,
    #[prost(int32, tag = "5")]
    ack_deadline_s: i32,
}

/// What comes down a stream.
#[derive(Clone, PartialEq, Message)]
struct Sent {
    #[prost(message, repeated, tag = "1")]
    received: Vec<Received>,
}

#[derive(Clone, PartialEq, Message)]
struct Received {
    #[prost(string, tag = "1")]
    ack_id: String,
    #[prost(message, optional, tag = "2")]
    message: Option<Published>,
}

#[derive(Clone, PartialEq, Message)]
struct Published {
    #[prost(bytes = "vec", tag = "1")]
    data: Vec<u8>,
    #[prost(string, tag = "3")]
    message_id: String,
}

/// So many messages in one piece, as a stream brings them.
fn sent(n_messages: usize) -> Bytes {
    let received = |n: usize| Received {
        ack_id: format!("ack-{n}"),
        message: Some(Published { data: b"no packet".to_vec(), message_id: n.to_string() }),
    };
    let sent = Sent { received: (0..n_messages).map(received).collect() };
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(sent.encoded_len()).unwrap());
    sent.encode(&mut framed).unwrap();
    framed.freeze()
}

/// A subscription is there by REST, whose messages come again after ten minutes; its streams bring some at once, and then
/// stay silent.
#[derive(Default)]
struct Silent {
    openings: Mutex<Vec<Opening>>,
    n_messages: usize,
}

impl Silent {
    async fn start() -> (Arc<Self>, String) {
        Self::sending(0).await
    }

    async fn sending(n_messages: usize) -> (Arc<Self>, String) {
        let silent = Arc::new(Self { n_messages, ..Self::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let served = silent.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let served = served.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let served = served.clone();
                        async move { Ok::<_, Infallible>(served.answer(request).await) }
                    });
                    let both = auto::Builder::new(TokioExecutor::new());
                    // A client that goes is no failure of the test.
                    drop(both.serve_connection(TokioIo::new(connection), service).await);
                });
            }
        });
        (silent, host)
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
    ) -> Response<UnsyncBoxBody<Bytes, Infallible>> {
        if !request.uri().path().starts_with("/google.pubsub.v1.Subscriber/") {
            let found = json!({
                "name": "projects/test-proj/subscriptions/loop-1",
                "topic": "projects/test-proj/topics/loop-1",
                "ackDeadlineSeconds": 600,
            });
            return Response::new(Full::from(found.to_string()).boxed_unsync());
        }
        let mut asked = request.into_body();
        let opening = first_message(&mut asked).await;
        self.openings.lock().unwrap().push(opening);
        // Held as long as the client holds the answer.
        let at_once = (self.n_messages > 0).then(|| Ok(Frame::data(sent(self.n_messages))));
        let nothing = futures::stream::pending::<Result<Frame<Bytes>, Infallible>>();
        let silence = futures::stream::iter(at_once).chain(nothing).map(move |frame| {
            let _held = &asked;
            frame
        });
        Response::builder()
            .header("content-type", "application/grpc")
            .body(StreamBody::new(silence).boxed_unsync())
            .unwrap()
    }

    fn openings(&self) -> Vec<Opening> {
        self.openings.lock().unwrap().clone()
    }

    /// Waits until so many streams were opened.
    async fn was_opened(&self, times: usize) {
        for _ in 0..1_000 {
            if self.openings().len() >= times {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("opened: {:?}", self.openings());
    }
}

/// Whether it is compressed, its length in four bytes, and the message.
async fn first_message(body: &mut Incoming) -> Opening {
    let mut came = BytesMut::new();
    loop {
        if came.len() >= 5 {
            let length = (&came[1..5]).get_u32() as usize;
            if came.len() >= 5 + length {
                return Opening::decode(&came[5..5 + length]).unwrap();
            }
        }
        came.extend_from_slice(&body.frame().await.unwrap().unwrap().into_data().unwrap());
    }
}

/// A service that is so patient with this double, and a run on it that ends after so much silence.
async fn begun(host: &str, timing: &Timing, timeout_s: u64) -> (TestApp, i64) {
    let access = Access { project: Some("test-proj".to_owned()), tokens: None };
    let app = TestApp::start_with(PubSubService::at(Some(host), timing).unwrap(), access).await;
    let parameters =
        json!({"subscription_name": "loop-1", "project": "test-proj", "timeout": timeout_s});
    let body = json!({"broker": "stream-client", "parameters": parameters});
    let started = app.post_json("/api/runs/", &body).await.expect(202);
    (app, started.json()["id"].as_i64().unwrap())
}

#[tokio::test]
async fn a_silent_stream_is_opened_anew_as_often_as_is_set() {
    for (stale, is_opened_anew) in [(SHORT, true), (LONG, false)] {
        let (double, host) = Silent::start().await;
        let mut timing = timing::short();
        timing.streams.stale = stale;
        (timing.streams.first_look, timing.streams.look) = (SHORT * 4, SHORT * 4);
        let timeout_s = if is_opened_anew { 600 } else { 1 };
        let (app, id) = begun(&host, &timing, timeout_s).await;
        if is_opened_anew {
            double.was_opened(3).await;
        } else {
            let run = app.wait(id).await;
            assert_eq!(run["state"], "finished", "{run}");
            assert!(feedback(&run).starts_with("No message arrived in 1 s."), "{run}");
            assert_eq!(double.openings().len(), 1);
        }
    }
}

#[tokio::test]
async fn messages_stay_out_no_longer_than_is_set_however_long_the_subscription_leaves_them() {
    for longest_s in [20, 300] {
        let (double, host) = Silent::start().await;
        let mut timing = timing::short();
        timing.streams.longest_lease = Duration::from_secs(longest_s);
        let (_app, _) = begun(&host, &timing, 600).await;
        double.was_opened(1).await;
        let opening = double.openings().remove(0);
        assert_eq!(opening.subscription, "projects/test-proj/subscriptions/loop-1");
        assert_eq!(opening.ack_deadline_s.unsigned_abs(), u32::try_from(longest_s).unwrap());
    }
}

#[tokio::test]
async fn no_more_messages_are_held_than_may_be_out_though_more_come() {
    let (_double, host) = Silent::sending(10).await;
    let opener = StreamOpener::new(
        format!("http://{host}").parse().unwrap(),
        true,
        &Access::default(),
        SubscriptionPath::new("test-proj", "loop-1"),
        FlowControl { max_messages: 3, max_bytes: 1 << 20, lease: Duration::from_secs(10) },
    );
    let mut stream = opener.open().await.unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(stream.next().await.unwrap().unwrap());
    }
    // All ten came in one piece.
    assert!(timeout(SHORT * 10, stream.next()).await.is_err(), "a fourth is handed over");
    held.pop();
    stream.next().await.unwrap().unwrap();
}
