//! Requests that may change something are answered in a task of their own: it goes on to its end when the client goes away
//! or the time is up, so what was begun is done, told and counted as a whole.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::Request,
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::{Frame as BodyFrame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tracing::Instrument;

use crate::web::{frame::error::Error, paths::CALLBACK};

/// Answers a request that may change something in a task of its own, and waits for it.
pub(crate) async fn finish_changes(request: Request, next: Next) -> Response {
    if !may_change(&request) {
        return next.run(request).await;
    }
    let nobody_waits = CancellationToken::new();
    let _waiting = nobody_waits.clone().drop_guard();
    let request = request.map(|body| {
        let nobody_waits = Box::pin(nobody_waits.cancelled_owned());
        Body::new(AwaitedBody { body, nobody_waits })
    });
    let answering = next.run(request);
    match tokio::spawn(answering.in_current_span()).await {
        Ok(response) => response,
        Err(broken_off) => match broken_off.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The process ends.
            Err(_) => Error::Busy.into_response(),
        },
    }
}

/// Whoever comes back from the provider is let in, or keeps a grant, by a GET.
fn may_change(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD) || request.uri().path() == CALLBACK
}

/// The body of a request that somebody waits for: it breaks off when nobody does any more. A body that does not come would
/// hold its connection and its task for ever.
struct AwaitedBody {
    body: Body,
    nobody_waits: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// Nobody waits for the answer to a request whose body is still on its way.
#[derive(Debug, thiserror::Error)]
#[error("nobody waits for the answer any more")]
struct NobodyWaits;

impl HttpBody for AwaitedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<BodyFrame<Bytes>, axum::Error>>> {
        if self.nobody_waits.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(axum::Error::new(NobodyWaits))));
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::{
        Router,
        middleware::from_fn,
        routing::{get, post},
    };
    use futures::{FutureExt, StreamExt};
    use tokio::sync::Semaphore;
    use tower::ServiceExt;

    use super::*;

    /// A door: who comes to it says so, and waits until it is opened.
    #[derive(Clone)]
    struct Door {
        came: Arc<Semaphore>,
        open: Arc<Semaphore>,
        passed: Arc<Semaphore>,
    }

    impl Door {
        fn new() -> Self {
            let [came, open, passed] = [(); 3].map(|()| Arc::new(Semaphore::new(0)));
            Self { came, open, passed }
        }

        async fn pass(self) {
            self.came.add_permits(1);
            self.open.acquire().await.unwrap().forget();
            self.passed.add_permits(1);
        }

        /// Whether somebody who has come to the door passes it though their request goes away there.
        async fn lets_pass(self, method: Method, path: &str) -> bool {
            let door = self.clone();
            let handler = move || door.clone().pass();
            let methods = get(handler.clone()).post(handler.clone()).put(handler.clone());
            let methods = methods.delete(handler);
            let router = Router::new()
                .route("/", methods.clone())
                .route(CALLBACK, methods)
                .layer(from_fn(finish_changes));
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let mut answer = Box::pin(router.oneshot(request));
            tokio::select! {
                _ = &mut answer => panic!("the door was open"),
                came = self.came.acquire() => came.unwrap().forget(),
            }
            drop(answer);
            self.open.add_permits(1);
            // Who is still there passes before anybody else is asked for twice.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            self.passed.try_acquire().is_ok()
        }
    }

    #[tokio::test]
    async fn a_request_that_may_change_something_is_finished_though_it_goes_away() {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert!(Door::new().lets_pass(method.clone(), "/").await, "{method}");
        }
        assert!(Door::new().lets_pass(Method::GET, CALLBACK).await);
        assert!(!Door::new().lets_pass(Method::GET, "/").await);
        assert!(!Door::new().lets_pass(Method::HEAD, "/").await);
    }

    #[tokio::test]
    async fn a_body_breaks_off_when_nobody_waits_for_the_answer() {
        let nobody_waits = CancellationToken::new();
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, axum::Error>>());
        let body = AwaitedBody {
            body: never,
            nobody_waits: Box::pin(nobody_waits.clone().cancelled_owned()),
        };
        let mut chunks = Body::new(body).into_data_stream();
        assert!(chunks.next().now_or_never().is_none());
        nobody_waits.cancel();
        let end = chunks.next().now_or_never();
        assert!(matches!(end, Some(Some(Err(_)))), "{end:?}");
    }

    #[tokio::test]
    async fn a_fault_in_a_handler_comes_out_of_its_task() {
        async fn fault() {
            panic!("a fault");
        }
        let router: Router = Router::new().route("/", post(fault)).layer(from_fn(finish_changes));
        let request = Request::builder().method(Method::POST).uri("/").body(Body::empty()).unwrap();
        let answer = std::panic::AssertUnwindSafe(router.oneshot(request)).catch_unwind().await;
        assert!(answer.is_err());
    }
}
