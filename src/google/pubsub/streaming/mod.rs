//! Streaming pull by Google's own crate: messages with their leases, its errors as ours.
//! <https://cloud.google.com/pubsub/docs/pull#streamingpull_api>

mod credentials;
mod error;
mod lease;
mod pump;
mod request_side;
mod room;

use std::{sync::Arc, time::Duration};

use google_cloud_auth::credentials::Credentials;
use google_cloud_pubsub::{
    Error,
    client::Subscriber,
    subscriber::{ShutdownBehavior, ShutdownToken},
};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use url::Url;

use self::{
    credentials::{Calls, StreamCredentials},
    pump::pump,
    room::Room,
};
pub use self::{
    error::StreamError,
    lease::{Lease, PulledMessage},
};
use super::SubscriptionPath;
use crate::google::access::Access;

/// How long a connection may take to be made.
const TO_CONNECT: Duration = Duration::from_secs(5);

/// How much may be out at once: Pub/Sub is told, and the process holds no more whatever Pub/Sub sends.
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
        let room = Room::new(flow.max_messages, flow.max_bytes);
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
        let (closing, is_closing) = oneshot::channel();
        let pump = tokio::spawn(pump(stream, self.room.clone(), sender, is_closing));
        Ok(PullStream { messages, pump, closing, shutdown })
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
        self.room.is_in_use()
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

/// An open stream.
#[derive(Debug)]
pub struct PullStream {
    messages: mpsc::Receiver<Result<PulledMessage, Error>>,
    pump: JoinHandle<()>,
    closing: oneshot::Sender<bool>,
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
        let Self { messages, pump, closing, shutdown } = self;
        // It may have ended by itself.
        let _ = closing.send(is_open);
        // It does not panic; if it did, the stream would be gone as well.
        let _ = pump.await;
        // Only now: a stream that is still open would get again what goes back.
        drop(messages);
        shutdown.shutdown().await;
    }
}
