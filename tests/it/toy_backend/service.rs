//! The service behind the toy: it first answers that it warms up, then with a night of packets in JSON.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tom_alerts::{
    packets,
    simulate::{Night, SimulatedPacket, default_night},
};
use url::Url;

pub(super) const SERVICE: &str = "Toy service";
pub(super) const TOKEN: &str = "toy-secret";

const N_PACKETS: usize = 20;

/// A server of its own.
pub(super) struct ToyService {
    base: Url,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    packets: Vec<SimulatedPacket>,
    n_asked: AtomicUsize,
}

impl ToyService {
    pub(super) async fn start() -> Self {
        let night = Night { n_packets: N_PACKETS, ..default_night() };
        let packets = night.packets().collect();
        let shared = Arc::new(Shared { packets, n_asked: AtomicUsize::new(0) });
        let routes = Router::new().route("/toys/nights/{name}/", get(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let routes = routes.with_state(shared.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { base, shared, serving }
    }

    pub(super) fn base(&self) -> Url {
        self.base.clone()
    }

    /// How often somebody has asked with the right token.
    pub(super) fn n_asked(&self) -> usize {
        self.shared.n_asked.load(Ordering::Relaxed)
    }

    pub(super) fn n_packets(&self) -> usize {
        self.shared.packets.len()
    }

    /// Packets whose alerts have at least this score.
    pub(super) fn n_with_rb_of(&self, least: f64) -> usize {
        let rb =
            |packet: &SimulatedPacket| packets::decode(&packet.bytes.clone().into()).unwrap().rb;
        let is_good = |packet: &&SimulatedPacket| rb(packet).is_some_and(|rb| rb >= least);
        self.shared.packets.iter().filter(is_good).count()
    }
}

impl Drop for ToyService {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> (StatusCode, Json<Value>) {
    let bearer = format!("Bearer {TOKEN}");
    if headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()) != Some(&bearer) {
        return (StatusCode::UNAUTHORIZED, Json(json!({"message": "who are you"})));
    }
    let is_first = shared.n_asked.fetch_add(1, Ordering::Relaxed) == 0;
    match name.as_str() {
        "yesterday" => (StatusCode::NOT_FOUND, Json(json!({"detail": "it was cloudy"}))),
        "tonight" if !is_first => {
            let mut packets: Vec<String> =
                shared.packets.iter().map(|packet| STANDARD.encode(&packet.bytes)).collect();
            packets.push(STANDARD.encode("no packet"));
            (StatusCode::OK, Json(json!({ "packets": packets })))
        }
        _ => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"message": "the toy warms up"}))),
    }
}
