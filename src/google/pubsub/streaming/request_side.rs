//! Ends the request side of a stream before its answer.
//!
//! Google's crate drops both at once, and then only a reset gets through (h2 since 0.4.15). Pub/Sub's emulator notices
//! neither a reset nor a connection that is gone: it goes on sending to nobody, and what it sends is lost to everybody
//! else. What holds the request side open is a task that the crate spawns while it opens the stream; so it is spawned
//! on a runtime of its own, which ends first.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
};

use tokio::runtime::{Builder, Runtime};

/// Where the task lives that holds the request side of one stream open.
#[derive(Debug)]
pub(super) struct RequestSide(Option<Runtime>);

impl RequestSide {
    /// One for a stream that is not open yet.
    pub(super) fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("pubsub-request-side")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// The same future, whose tasks are spawned here. It must not be polled after the end.
    pub(super) async fn hosts<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let _here = self.0.as_ref().map(Runtime::enter);
            future.as_mut().poll(context)
        })
        .await
    }

    /// Ends the request side.
    pub(super) fn end(self) {
        drop(self);
    }
}

impl Drop for RequestSide {
    fn drop(&mut self) {
        // A runtime must not wait for its tasks where others run.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
