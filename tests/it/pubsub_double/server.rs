//! How a call is answered: by its script, or as the API does.

use std::{collections::VecDeque, future, sync::Arc};

use axum::{
    body::Body,
    http::{Request, StatusCode},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};

use super::{
    Shared, State,
    call::{Call, Verb},
    reply::{Refusal, Reply, answer, truncate},
};

/// Closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut")]
struct Cut;

pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(move |request| respond(Arc::clone(&shared), request));
            // A connection that is cut on purpose ends with an error.
            let _cut = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response, Cut> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.map_err(|_| Cut)?;
    let call = Call::read(&parts, &body);
    let (position, reply) = shared.change(|state| state.arrive(call.clone()));
    let response = shared.follow(reply, &call).await?;
    shared.change(|state| {
        if let Some(call) = state.journal.get_mut(position) {
            call.status = Some(response.status().as_u16());
        }
    });
    Ok(response)
}

impl State {
    /// The position of the call in the journal, and its reply unless it is to be served.
    fn arrive(&mut self, call: Call) -> (usize, Option<Reply>) {
        let reply = if self.token.is_some() && self.token != call.token {
            Some(Reply::unauthenticated())
        } else {
            self.next_reply(call.verb)
        };
        self.journal.push(call);
        (self.journal.len() - 1, reply)
    }

    fn next_reply(&mut self, verb: Verb) -> Option<Reply> {
        let next = self.scripts.get_mut(&verb).and_then(VecDeque::pop_front);
        next.or_else(|| self.always.get(&verb).cloned())
    }
}

impl Shared {
    async fn follow(&self, reply: Option<Reply>, call: &Call) -> Result<Response, Cut> {
        match reply {
            None => Ok(self.serve(call).await),
            Some(Reply::Hang) => future::pending().await,
            Some(Reply::Cut) => Err(Cut),
            Some(Reply::Truncated) => Ok(truncate(self.serve(call).await).await),
            Some(Reply::Slow(duration)) => {
                sleep(duration).await;
                Ok(self.serve(call).await)
            }
            Some(Reply::Late(duration)) => {
                let answer = self.serve(call).await;
                sleep(duration).await;
                Ok(answer)
            }
            Some(reply) => Ok(reply.response().expect("only an answer has a Retry-After")),
        }
    }

    async fn serve(&self, call: &Call) -> Response {
        let (name, body) = (call.resource(), &call.body);
        let outcome = match call.verb {
            Verb::Unknown => return (StatusCode::NOT_FOUND, "Not Found\n").into_response(),
            Verb::Pull => self.pull(name, body).await,
            Verb::Acknowledge => self.acknowledge(name, body).await,
            verb => self.change(|state| {
                let messages = &mut state.messages;
                match verb {
                    Verb::CreateTopic => messages.create_topic(name),
                    Verb::GetTopic => messages.topic(name),
                    Verb::DeleteTopic => messages.delete_topic(name),
                    Verb::Publish => messages.publish(name, body),
                    Verb::CreateSubscription => messages.create_subscription(name, body),
                    Verb::GetSubscription => messages.subscription(name),
                    Verb::DeleteSubscription => messages.delete_subscription(name),
                    _ => messages.modify_ack_deadline(name, body),
                }
            }),
        };
        match outcome {
            Ok(body) => answer(StatusCode::OK, &body),
            Err(refusal) => refusal.into_response(),
        }
    }

    /// Waits for a message as long as the test has set, unless the call asks for an answer at once.
    async fn pull(&self, name: &str, body: &Value) -> Result<Value, Refusal> {
        let at_once = body["returnImmediately"] == true;
        let end = Instant::now() + self.state().pull_wait;
        loop {
            let changed = self.changed.notified();
            let received = self.state().messages.pull(name, body)?;
            if !received.is_empty() {
                return Ok(json!({"receivedMessages": received}));
            }
            if at_once || timeout_at(end, changed).await.is_err() {
                return Ok(json!({}));
            }
        }
    }

    async fn acknowledge(&self, name: &str, body: &Value) -> Result<Value, Refusal> {
        let (hook, message_ids) = {
            let state = self.state();
            (state.on_acknowledge.clone(), state.messages.leased(name, body)?)
        };
        if let Some(hook) = hook {
            hook(message_ids).await;
        }
        self.change(|state| state.messages.acknowledge(name, body))
    }
}
