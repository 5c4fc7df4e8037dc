//! A message with its lease: acknowledged, or given back.
//!
//! Google's crate extends the lease. A dropped one goes back after half a second: a stream that is just being closed
//! would get the message again, and nobody would read it there. A lease lasts as long as the subscription says, a
//! minute at most. What was on its way when a process died comes again after that.

use std::{collections::BTreeMap, time::Duration};

use bytes::Bytes;
use futures::future::join_all;
use google_cloud_pubsub::{model::Message, subscriber::handler::Handler};
use serde_json::{Value, json};
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use super::room::TakenRoom;

/// How long a confirmed acknowledgement is waited for; the crate itself would try for ten minutes.
const TO_CONFIRM: Duration = Duration::from_secs(30);

/// After so long a message goes back that nobody settled: a stream that is just being closed would get it again, and
/// nobody would read it there.
const UNTIL_CLOSED: Duration = Duration::from_millis(500);

/// A message with its lease.
#[derive(Debug)]
pub struct PulledMessage {
    /// The message.
    pub payload: Bytes,
    /// `{message_id, publish_time, attributes}`
    pub metadata: Value,
    /// Until it is settled.
    pub lease: Lease,
}

impl PulledMessage {
    /// A message of the crate, which takes up this room.
    pub(super) fn new(message: Message, handler: Handler, room: TakenRoom) -> Self {
        let lease = Lease { handler: Some(handler), _room: room };
        let attributes: BTreeMap<_, _> = message.attributes.into_iter().collect();
        let metadata = json!({
            "message_id": message.message_id,
            "publish_time": message.publish_time.map(String::from).unwrap_or_default(),
            "attributes": attributes,
        });
        Self { payload: message.data, metadata, lease }
    }
}

/// The right to settle a message, extended until then. Dropping it gives the message back.
#[derive(Debug)]
pub struct Lease {
    /// Until it is settled.
    handler: Option<Handler>,
    _room: TakenRoom,
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
