//! Takes messages out of the crate's stream as there is room for them, and ends it in good order.
//!
//! A stream that is closed within 3 s of its beginning, before anything came, is read until then: messages may be on
//! their way down it. The request side ends 0.2 s before the answer is dropped (see `request_side.rs`).

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use google_cloud_pubsub::{Error, subscriber::MessageStream};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};

use super::{lease::PulledMessage, request_side::RequestSide, room::Room};

/// So long Pub/Sub has to answer the end of a stream's request side, before the answer is dropped.
const TO_END: Duration = Duration::from_millis(200);

/// So long after it was begun a stream may still be opened: if it is closed before, its first message was perhaps sent, and
/// would be out until its lease ends.
const TO_OPEN: Duration = Duration::from_secs(3);

/// Takes messages out of the crate's stream until it ends or is to end.
///
/// `closing` says when, and whether the stream is open: then what is on its way is taken as well, to go back.
pub(super) async fn pump(
    mut stream: MessageStream,
    room: Room,
    messages: mpsc::Sender<Result<PulledMessage, Error>>,
    closing: oneshot::Receiver<bool>,
) {
    let request_side = match RequestSide::new() {
        Ok(request_side) => request_side,
        Err(error) => {
            let _ = messages.send(Err(Error::io(error))).await;
            return;
        }
    };
    let (begun, has_come) = (Instant::now(), AtomicBool::new(false));
    let mut taking = Box::pin(take_all(&mut stream, &room, &messages, &has_come));
    let closing = tokio::select! {
        // Whoever goes without a word knows nothing of it.
        is_open = closing => Some(is_open.unwrap_or(false)),
        () = request_side.hosts(&mut taking) => None,
    };
    // One that has ended by itself must not be polled again.
    if closing.is_some() && !has_come.load(Ordering::Relaxed) {
        let _ = timeout_at(begun + TO_OPEN, request_side.hosts(&mut taking)).await;
    }
    request_side.end();
    sleep(TO_END).await;
    drop(taking);
    // A stream that is not open, or not any more, would only now be opened.
    if closing == Some(true) && has_come.load(Ordering::Relaxed) {
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
                Ok(PulledMessage::new(message, handler, room))
            }
            Err(error) => Err(error),
        };
        if messages.send(pulled).await.is_err() {
            return;
        }
    }
}
