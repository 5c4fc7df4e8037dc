//! What Pub/Sub may answer to a stream: a double says it, over the same port by REST and gRPC.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tom_alerts::{
    brokers::pubsub::PubSubService,
    google::{Access, AccessError, Token, TokenSource},
};

use crate::{
    stream_rest::{feedback, log},
    support::TestApp,
    timing,
};

/// A subscription is there by REST; streams are answered by these codes in turn, then by UNAVAILABLE.
struct Refuser {
    codes: Mutex<VecDeque<(u32, &'static str)>>,
    /// Tokens that streams came with.
    tokens: Mutex<Vec<String>>,
    /// Whether connections that begin as a stream's are closed at once, as by something on the way that knows no HTTP/2.
    closes_streams: bool,
    n_closed: AtomicUsize,
}

impl Refuser {
    async fn start(codes: &[(u32, &'static str)]) -> (Arc<Self>, String) {
        Self::start_with(codes, false).await
    }

    async fn start_with(
        codes: &[(u32, &'static str)],
        closes_streams: bool,
    ) -> (Arc<Self>, String) {
        let refuser = Arc::new(Self {
            codes: Mutex::new(codes.iter().copied().collect()),
            tokens: Mutex::default(),
            closes_streams,
            n_closed: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let served = refuser.clone();
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let served = served.clone();
                tokio::spawn(async move {
                    let mut first = [0; 3];
                    if served.closes_streams
                        && matches!(connection.peek(&mut first).await, Ok(3))
                        && first == *b"PRI"
                    {
                        served.n_closed.fetch_add(1, Ordering::Relaxed);
                        return;
                    }
                    let service = service_fn(move |request| {
                        let answer = served.answer(&request);
                        async move { Ok::<_, std::convert::Infallible>(answer) }
                    });
                    let both = auto::Builder::new(TokioExecutor::new());
                    // A client that goes is no failure of the test.
                    drop(both.serve_connection(TokioIo::new(connection), service).await);
                });
            }
        });
        (refuser, host)
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !request.uri().path().starts_with("/google.pubsub.v1.Subscriber/") {
            let found = json!({
                "name": "projects/p/subscriptions/loop-1",
                "topic": "projects/test-proj/topics/loop-1",
                "ackDeadlineSeconds": 10,
            });
            return Response::new(Full::from(found.to_string()));
        }
        let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        self.tokens.lock().unwrap().push(token.unwrap_or_default().to_owned());
        let (code, message) =
            self.codes.lock().unwrap().pop_front().unwrap_or((14, "not now, please"));
        Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", code)
            .header("grpc-message", message)
            .body(Full::default())
            .unwrap()
    }
}

/// Gives a new token after each refusal.
#[derive(Debug, Default)]
struct Renewing(Mutex<u32>);

#[async_trait]
impl TokenSource for Renewing {
    async fn token(&self, refused: Option<&Token>) -> Result<Token, AccessError> {
        let mut n = self.0.lock().unwrap();
        if refused == Some(&Token::new(format!("token-{n}"))) {
            *n += 1;
        }
        Ok(Token::new(format!("token-{n}")))
    }

    fn acts_as(&self) -> String {
        "ada@example.edu".to_owned()
    }
}

/// Nobody's.
#[derive(Debug)]
struct Ended;

#[async_trait]
impl TokenSource for Ended {
    async fn token(&self, _: Option<&Token>) -> Result<Token, AccessError> {
        Err(AccessError::NeedsSignIn("it was revoked".to_owned()))
    }

    fn acts_as(&self) -> String {
        "ada@example.edu".to_owned()
    }
}

async fn run(host: &str, tokens: Arc<dyn TokenSource>) -> Value {
    run_with(host, tokens, 600).await
}

async fn run_with(host: &str, tokens: Arc<dyn TokenSource>, timeout_s: u64) -> Value {
    let mut timing = timing::short();
    timing.calls.patience = std::time::Duration::from_secs(2);
    let endpoint = format!("http://{host}/").parse().unwrap();
    let service = PubSubService::behind(endpoint, &timing).unwrap();
    let access = Access { project: Some("test-proj".to_owned()), tokens: Some(tokens) };
    let app = TestApp::start_with(service, access).await;
    let parameters =
        json!({"subscription_name": "loop-1", "project": "test-proj", "timeout": timeout_s});
    let body = json!({"broker": "stream-client", "parameters": parameters});
    let started = app.post_json("/api/runs/", &body).await.expect(202);
    app.wait(started.json()["id"].as_i64().unwrap()).await
}

#[tokio::test]
async fn a_missing_permission_ends_the_run_with_what_to_do() {
    let (refuser, host) = Refuser::start(&[(7, "User not authorized")]).await;
    let run = run(&host, Arc::new(Renewing::default())).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(feedback(&run).contains("Pub/Sub Editor"), "{run}");
    assert!(feedback(&run).contains("User not authorized"), "{run}");
    assert_eq!(*refuser.tokens.lock().unwrap(), ["Bearer token-0"], "it is not asked again");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let (refuser, host) = Refuser::start(&[(16, "expired"), (16, "still not")]).await;
    let run = run(&host, Arc::new(Renewing::default())).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(
        feedback(&run)
            .contains("Google does not accept the credentials of ada@example.edu (still not)"),
        "{run}"
    );
    let tokens = refuser.tokens.lock().unwrap().clone();
    assert_eq!(tokens, ["Bearer token-0", "Bearer token-1"]);
}

#[tokio::test]
async fn a_grant_that_has_ended_says_so_and_offers_to_connect() {
    let (refuser, host) = Refuser::start(&[]).await;
    let run = run(&host, Arc::new(Ended)).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(feedback(&run).contains("connect to Google again"), "{run}");
    assert!(refuser.tokens.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_service_that_is_there_and_refuses_streams_is_not_asked_in_a_hot_loop() {
    let codes = [(2, "unknown trouble"); 200];
    let (refuser, host) = Refuser::start(&codes).await;
    let run = run(&host, Arc::new(Renewing::default())).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(log(&run).contains("UNKNOWN: unknown trouble"), "{run}");
    let n_tries = refuser.tokens.lock().unwrap().len();
    assert!((2..=12).contains(&n_tries), "{n_tries} tries");
}

#[tokio::test]
async fn streams_that_are_ended_at_once_without_an_error_are_trouble_too() {
    let codes = [(0, ""); 200];
    let (refuser, host) = Refuser::start(&codes).await;
    let run = run(&host, Arc::new(Renewing::default())).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(log(&run).contains("Pub/Sub ends the stream at once"), "{run}");
    let n_tries = refuser.tokens.lock().unwrap().len();
    assert!((2..=12).contains(&n_tries), "{n_tries} tries");
}

#[tokio::test]
async fn where_only_streams_do_not_come_through_the_run_says_so_and_does_not_call_it_silence() {
    let (refuser, host) = Refuser::start_with(&[], true).await;
    let run = run_with(&host, Arc::new(Renewing::default()), 4).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(log(&run).contains("the stream does not stay open"), "{run}");
    // The crate alone would try thousands of times a second.
    let n_closed = refuser.n_closed.load(Ordering::Relaxed);
    assert!((3..=1_000).contains(&n_closed), "{n_closed} connections");
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_no_silence() {
    let codes = [(8, "too much"); 200];
    let (_, host) = Refuser::start(&codes).await;
    let run = run_with(&host, Arc::new(Renewing::default()), 4).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert!(log(&run).contains("the stream does not stay open"), "{run}");
}
