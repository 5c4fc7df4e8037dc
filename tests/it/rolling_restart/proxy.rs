//! A proxy as there usually is one before replicas: it asks each whether it is ready, takes them in turn, and goes to the
//! next one when a connection is refused. A request that was begun it never sends again.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use reqwest::{Client, redirect};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::IDLE;

/// How often each replica is asked whether it is ready.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// Headers of one connection, which are not passed on.
const OF_THE_CONNECTION: [HeaderName; 3] =
    [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH];

/// A running proxy.
pub(super) struct Proxy {
    pub(super) url: String,
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    backends: Vec<Backend>,
    turn: AtomicUsize,
    http: Client,
    failures: Mutex<Vec<String>>,
}

struct Backend {
    url: String,
    is_ready: AtomicBool,
    n_answered: AtomicUsize,
}

impl Proxy {
    /// A proxy before replicas at these addresses, which need not be there yet.
    pub(super) async fn start(addresses: &[String]) -> Self {
        let backend = |address: &String| Backend {
            url: format!("http://{address}"),
            is_ready: AtomicBool::new(false),
            n_answered: AtomicUsize::new(0),
        };
        let shared = Arc::new(Shared {
            backends: addresses.iter().map(backend).collect(),
            turn: AtomicUsize::new(0),
            http: Client::builder()
                .redirect(redirect::Policy::none())
                .pool_idle_timeout(IDLE)
                .build()
                .unwrap(),
            failures: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass_on).with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let asking = tokio::spawn(ask_all(shared.clone()));
        Self { url, shared, tasks: vec![serving, asking] }
    }

    /// Waits until a replica is known to be ready.
    pub(super) async fn until_ready(&self, index: usize) {
        for _ in 0..1_200 {
            if self.shared.backends[index].is_ready.load(Ordering::SeqCst) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("replica {index} does not become ready");
    }

    /// Requests that nobody answered.
    pub(super) fn failures(&self) -> Vec<String> {
        self.shared.failures.lock().unwrap().clone()
    }

    /// How many requests each replica has answered.
    pub(super) fn answered(&self) -> Vec<usize> {
        let backends = self.shared.backends.iter();
        backends.map(|backend| backend.n_answered.load(Ordering::SeqCst)).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn ask_all(shared: Arc<Shared>) {
    loop {
        for backend in &shared.backends {
            let asked = shared.http.get(format!("{}/readyz", backend.url));
            let answer = asked.timeout(Duration::from_secs(1)).send().await;
            let is_ready = answer.is_ok_and(|answer| answer.status() == StatusCode::OK);
            backend.is_ready.store(is_ready, Ordering::SeqCst);
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

async fn pass_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let n = shared.backends.len();
    let turn = shared.turn.fetch_add(1, Ordering::SeqCst);
    let in_turn = (0..n).map(|offset| &shared.backends[(turn + offset) % n]);
    let (mut ready, others): (Vec<_>, Vec<_>) =
        in_turn.partition(|backend| backend.is_ready.load(Ordering::SeqCst));
    ready.extend(others);
    let mut trouble = String::new();
    for backend in ready {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = parts.headers.clone();
        for name in &OF_THE_CONNECTION {
            headers.remove(name);
        }
        let onward = shared.http.request(parts.method.clone(), format!("{}{path}", backend.url));
        match onward.headers(headers).body(body.clone()).send().await {
            Ok(answer) => {
                let (status, headers) = (answer.status(), answer.headers().clone());
                match answer.bytes().await {
                    Ok(body) => {
                        backend.n_answered.fetch_add(1, Ordering::SeqCst);
                        return answered(status, &headers, body);
                    }
                    Err(error) => trouble = format!("{error:?}"),
                }
                break;
            }
            Err(error) => {
                trouble = format!("{error:?}");
                if !error.is_connect() {
                    break;
                }
            }
        }
    }
    let failure = format!("{} {}: {trouble}", parts.method, parts.uri);
    shared.failures.lock().unwrap().push(failure);
    StatusCode::BAD_GATEWAY.into_response()
}

fn answered(status: StatusCode, headers: &reqwest::header::HeaderMap, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in headers {
        if !OF_THE_CONNECTION.contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}
