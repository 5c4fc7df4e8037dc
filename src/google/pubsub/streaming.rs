//! Streaming pull by Google's own crate: messages with their leases, its errors as ours.
//! <https://cloud.google.com/pubsub/docs/pull#streamingpull_api>

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::future::join_all;
use google_cloud_auth::credentials::Credentials;
use google_cloud_pubsub::{
    Error,
    client::Subscriber,
    model::Message,
    subscriber::{MessageStream, ShutdownBehavior, ShutdownToken, handler::Handler},
};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    SubscriptionPath,
    request_side::RequestSide,
    stream_credentials::{Calls, StreamCredentials},
    stream_error::StreamError,
};
use crate::google::access::Access;

/// So long Pub/Sub has to answer the end of a stream's request side, before the answer is dropped.
const TO_END: Duration = Duration::from_millis(200);

/// How long a confirmed acknowledgement is waited for; the crate itself would try for ten minutes.
const TO_CONFIRM: Duration = Duration::from_secs(30);

/// After so long a message goes back that nobody settled: a stream that is just being closed would get it again, and
/// nobody would read it there.
const UNTIL_CLOSED: Duration = Duration::from_millis(500);

/// How long a connection may take to be made.
const TO_CONNECT: Duration = Duration::from_secs(5);

/// A unit of room, bytes: a semaphore counts in 32 bits.
const ROOM_UNIT: u32 = 1 << 10;

/// How much may be out at once: Pub/Sub is told. To the bytes the process keeps as well.
#[derive(Clone, Debug)]
pub struct FlowControl {
    /// Messages that Pub/Sub sends before any of them is settled.
    pub max_messages: u32,
    /// The same in bytes.
    pub max_bytes: u32,
    /// How long a message stays out before it comes again; extended while it is being kept.
    pub lease: Duration,
}

/// Opens streams of one subscription as one user.
#[derive(Clone, Debug)]
pub struct StreamOpener {
    endpoint: Url,
    credentials: Credentials,
    calls: Arc<Calls>,
    who: String,
    path: SubscriptionPath,
    flow: FlowControl,
    room: Room,
}

impl StreamOpener {
    /// Streams at `endpoint`, without credentials where that is an emulator.
    pub fn new(
        endpoint: Url,
        is_emulator: bool,
        access: &Access,
        path: SubscriptionPath,
        flow: FlowControl,
    ) -> Self {
        let calls = Arc::new(Calls::default());
        let who = access.tokens.as_ref().map(|tokens| tokens.acts_as()).unwrap_or_default();
        let credentials =
            StreamCredentials::new(access.tokens.clone(), is_emulator, calls.clone()).into();
        let room = Room::new(flow.max_bytes);
        Self { endpoint, credentials, calls, who, path, flow, room }
    }

    /// Opens a stream over a connection of its own. That the service cannot be reached does not show here, nor in the
    /// stream, which tries again by itself for ever and says nothing.
    pub async fn open(&self) -> Result<PullStream, StreamError> {
        let client = Subscriber::builder()
            .with_endpoint(self.endpoint.as_str().trim_end_matches('/'))
            .with_credentials(self.credentials.clone())
            .build()
            .await
            .map_err(|error| StreamError::Passing(error.to_string()))?;
        let stream = client
            .subscribe(self.path.to_string())
            .set_max_outstanding_messages(i64::from(self.flow.max_messages))
            .set_max_outstanding_bytes(i64::from(self.flow.max_bytes))
            .set_max_lease_extension(self.flow.lease)
            // Whoever keeps a batch at the end acknowledges it in peace; all others go back.
            .set_shutdown_behavior(ShutdownBehavior::WaitForProcessing)
            .build();
        let shutdown = stream.shutdown_token();
        // Whatever Pub/Sub sends is taken at once: what is never taken cannot go back, and is out until its lease ends.
        let (sender, messages) = mpsc::channel(self.flow.max_messages.max(1) as usize);
        let (closing, takes_the_rest) = (CancellationToken::new(), Arc::default());
        let pump = tokio::spawn(pump(
            stream,
            self.room.clone(),
            sender,
            closing.clone(),
            Arc::clone(&takes_the_rest),
        ));
        Ok(PullStream { messages, pump, closing, takes_the_rest, shutdown })
    }

    /// What an error of a stream means.
    pub fn understand(&self, error: &Error) -> StreamError {
        StreamError::of(error, &self.calls, &self.path.what(), &self.who)
    }

    /// Calls so far: to open, acknowledge and extend.
    pub fn n_calls(&self) -> u64 {
        self.calls.count()
    }

    /// Whether messages are out that nobody has settled.
    pub fn has_messages_out(&self) -> bool {
        self.room.units.available_permits() < self.room.all as usize
    }

    /// Whether a connection can be made where streams go: unlike calls by REST they know no proxy.
    pub async fn check_connection(&self) -> Result<(), StreamError> {
        let host = self.endpoint.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = self.endpoint.port_or_known_default().unwrap_or(443);
        let connecting = timeout(TO_CONNECT, TcpStream::connect((host, port)));
        let why = match connecting.await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        Err(StreamError::Passing(format!("no connection for a stream to {host}:{port} ({why})")))
    }

    /// Has the next call go with another token than the last one, which was refused.
    pub fn renew_token(&self) {
        self.calls.renew();
    }
}

/// Takes messages out of the crate's stream until it ends or is to end.
async fn pump(
    mut stream: MessageStream,
    room: Room,
    messages: mpsc::Sender<Result<PulledMessage, Error>>,
    closing: CancellationToken,
    takes_the_rest: Arc<AtomicBool>,
) {
    let request_side = match RequestSide::new() {
        Ok(request_side) => request_side,
        Err(error) => {
            let _ = messages.send(Err(Error::io(error))).await;
            return;
        }
    };
    let has_come = AtomicBool::new(false);
    let mut taking = Box::pin(take_all(&mut stream, &room, &messages, &has_come));
    let is_over = tokio::select! {
        () = closing.cancelled() => false,
        () = messages.closed() => false,
        () = request_side.hosts(&mut taking) => true,
    };
    request_side.end();
    sleep(TO_END).await;
    drop(taking);
    // A stream that is not open, or not any more, would only now be opened.
    if !is_over && has_come.load(Ordering::Relaxed) && takes_the_rest.load(Ordering::Relaxed) {
        give_back_the_rest(&mut stream).await;
    }
}

/// Takes what was on its way when the stream's request side ended, so that it can go back: it would be out until its lease
/// ends.
async fn give_back_the_rest(stream: &mut MessageStream) {
    let mut handlers = Vec::new();
    let all = async {
        while let Some(Ok((_, handler))) = stream.next().await {
            handlers.push(handler);
        }
    };
    let _ = timeout(TO_END, all).await;
    // By dropping them.
    tracing::debug!("{} messages that were on their way go back", handlers.len());
}

/// Nobody drops this half-way and goes on: a stream that is just being opened would be lost with what comes down it.
async fn take_all(
    stream: &mut MessageStream,
    room: &Room,
    messages: &mpsc::Sender<Result<PulledMessage, Error>>,
    has_come: &AtomicBool,
) {
    while let Some(next) = stream.next().await {
        has_come.store(next.is_ok(), Ordering::Relaxed);
        let pulled = match next {
            Ok((message, handler)) => {
                let Some(room) = room.take(message.data.len()).await else { return };
                Ok(PulledMessage::new(message, Lease { handler: Some(handler), _room: room }))
            }
            Err(error) => Err(error),
        };
        if messages.send(pulled).await.is_err() {
            return;
        }
    }
}

/// Room for the payloads that are out.
#[derive(Clone, Debug)]
struct Room {
    units: Arc<Semaphore>,
    all: u32,
}

impl Room {
    fn new(n_bytes: u32) -> Self {
        let all = n_bytes / ROOM_UNIT;
        Self { units: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Waits for room for so many bytes; a message larger than all the room has it to itself.
    async fn take(&self, n_bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(n_bytes.div_ceil(ROOM_UNIT as usize)).unwrap_or(u32::MAX);
        self.units.clone().acquire_many_owned(units.min(self.all)).await.ok()
    }
}

/// An open stream.
#[derive(Debug)]
pub struct PullStream {
    messages: mpsc::Receiver<Result<PulledMessage, Error>>,
    pump: JoinHandle<()>,
    closing: CancellationToken,
    takes_the_rest: Arc<AtomicBool>,
    shutdown: ShutdownToken,
}

impl PullStream {
    /// The next message; `None` once the stream has ended, after its error. It may be dropped and asked again.
    pub async fn next(&mut self) -> Option<Result<PulledMessage, Error>> {
        self.messages.recv().await
    }

    /// Whether something has come that nobody has taken.
    pub fn has_more(&self) -> bool {
        !self.messages.is_empty()
    }

    /// Ends the stream: what nobody has taken goes back; of one that is open also what is on its way. Returns when every lease of
    /// it is settled.
    pub async fn close(self, is_open: bool) {
        let Self { messages, pump, closing, takes_the_rest, shutdown } = self;
        takes_the_rest.store(is_open, Ordering::Relaxed);
        closing.cancel();
        // It does not panic; if it did, the stream would be gone as well.
        let _ = pump.await;
        // Only now: a stream that is still open would get again what goes back.
        drop(messages);
        shutdown.shutdown().await;
    }
}

/// A message with its lease.
#[derive(Debug)]
pub struct PulledMessage {
    /// The message.
    pub payload: Bytes,
    /// `{message_id, publish_time, attributes}`
    pub metadata: Value,
    /// `messageId`, unique within the topic.
    pub id: String,
    /// Until it is settled.
    pub lease: Lease,
}

impl PulledMessage {
    fn new(message: Message, lease: Lease) -> Self {
        let attributes: std::collections::BTreeMap<_, _> = message.attributes.into_iter().collect();
        let metadata = json!({
            "message_id": message.message_id,
            "publish_time": message.publish_time.map(String::from).unwrap_or_default(),
            "attributes": attributes,
        });
        Self { payload: message.data, metadata, id: message.message_id, lease }
    }
}

/// The right to settle a message, extended until then. Dropping it gives the message back.
#[derive(Debug)]
pub struct Lease {
    /// Until it is settled.
    handler: Option<Handler>,
    _room: OwnedSemaphorePermit,
}

impl Lease {
    /// Acknowledges messages; how many acknowledgements the service has, as far as it says. A subscription with exactly-once
    /// delivery confirms each; of any other they are sent within 0.1 s, and one that is lost shows when its message comes again.
    pub async fn acknowledge_all(leases: Vec<Self>) -> u64 {
        let acknowledging = leases.into_iter().map(Self::acknowledge);
        join_all(acknowledging).await.into_iter().filter(|is_done| *is_done).count() as u64
    }

    async fn acknowledge(mut self) -> bool {
        match self.handler.take() {
            Some(Handler::ExactlyOnce(handler)) => {
                let confirmed = timeout(TO_CONFIRM, handler.confirmed_ack()).await;
                confirmed.is_ok_and(|confirmed| confirmed.is_ok())
            }
            Some(handler) => {
                handler.ack();
                true
            }
            None => false,
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(handler) = self.handler.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(async move {
                sleep(UNTIL_CLOSED).await;
                handler.nack();
            });
        }
    }
}
