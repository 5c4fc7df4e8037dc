//! A double of the Pub/Sub REST API v1: it serves as Google does, fails as a test says, and tells
//! what it was asked. Nothing happens by a clock: a lease ends when the test says so.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use futures::future::BoxFuture;
use serde_json::json;
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

pub(crate) use self::{
    call::{Call, Verb},
    reply::Reply,
};
use self::{messages::Messages, reply::Refusal};

mod agreement;
mod behaviour;
mod call;
mod messages;
mod reply;
mod server;

/// What a test does before messages are acknowledged; it gets their message ids.
pub(crate) type OnAcknowledge = Box<dyn Fn(Vec<String>) -> BoxFuture<'static, ()> + Send + Sync>;

/// A running double; it and its connections end when it is dropped.
pub(crate) struct PubSubDouble {
    host: String,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

/// What the server and the test both see.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    messages: Messages,
    journal: Vec<Call>,
    scripts: HashMap<Verb, VecDeque<Reply>>,
    always: HashMap<Verb, Reply>,
    token: Option<String>,
    on_acknowledge: Option<Arc<OnAcknowledge>>,
    pull_wait: Duration,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Changes the state and wakes who waits for a change.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.state());
        self.changed.notify_waiters();
        result
    }
}

impl PubSubDouble {
    /// Listens on a free port of this machine.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let server = tokio::spawn(server::serve(listener, Arc::clone(&shared)));
        Self { host, shared, server }
    }

    /// `127.0.0.1:PORT`, as `PUBSUB_EMULATOR_HOST` has it.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// The full name of the new topic.
    #[track_caller]
    pub(crate) fn create_topic(&self, project: &str, topic: &str) -> String {
        let name = format!("projects/{project}/topics/{topic}");
        self.done(|messages| messages.create_topic(&name));
        name
    }

    /// The full name of the new subscription; `topic` is a full name too.
    #[track_caller]
    pub(crate) fn create_subscription(&self, project: &str, name: &str, topic: &str) -> String {
        let name = format!("projects/{project}/subscriptions/{name}");
        self.done(|messages| messages.create_subscription(&name, &json!({"topic": topic})));
        name
    }

    /// Deletes a topic by its full name; its subscriptions stay, with the messages in them.
    #[track_caller]
    pub(crate) fn delete_topic(&self, name: &str) {
        self.done(|messages| messages.delete_topic(name));
    }

    /// Deletes a subscription by its full name, with the messages in it.
    #[track_caller]
    pub(crate) fn delete_subscription(&self, name: &str) {
        self.done(|messages| messages.delete_subscription(name));
    }

    /// Publishes a message to every subscription of a topic, by its full name; its message id.
    #[track_caller]
    pub(crate) fn publish(&self, topic: &str, data: &[u8], attributes: &[(&str, &str)]) -> String {
        let attributes: serde_json::Map<_, _> =
            attributes.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let message = json!({"data": BASE64_STANDARD.encode(data), "attributes": attributes});
        let answer = self.done(|messages| messages.publish(topic, &json!({"messages": [message]})));
        answer["messageIds"][0].as_str().unwrap().to_owned()
    }

    /// Publishes a message whose data is this text as it stands, base64 or not; its message id.
    pub(crate) fn publish_text(&self, topic: &str, data: &str) -> String {
        self.shared.change(|state| state.messages.deliver(topic, json!({"data": data})))
    }

    #[track_caller]
    fn done<T>(&self, work: impl FnOnce(&mut Messages) -> Result<T, Refusal>) -> T {
        self.shared.change(|state| work(&mut state.messages)).unwrap_or_else(|e| panic!("{e:?}"))
    }

    /// The next calls of a verb get these replies in order; after them it is served as usual.
    pub(crate) fn script(&self, verb: Verb, replies: Vec<Reply>) {
        self.shared.state().scripts.entry(verb).or_default().extend(replies);
    }

    /// Every call of a verb gets this reply when its script is used up.
    pub(crate) fn script_always(&self, verb: Verb, reply: Reply) {
        self.shared.state().always.insert(verb, reply);
    }

    /// Forgets what was scripted for a verb.
    pub(crate) fn serve_normally(&self, verb: Verb) {
        let mut state = self.shared.state();
        state.scripts.remove(&verb);
        state.always.remove(&verb);
    }

    /// From now on calls need this bearer token.
    pub(crate) fn require_token(&self, token: &str) {
        self.shared.state().token = Some(token.to_owned());
    }

    /// From now on calls need no token.
    pub(crate) fn require_no_token(&self) {
        self.shared.state().token = None;
    }

    /// The bearer token of each call that had one, in the order of the calls.
    pub(crate) fn tokens_seen(&self) -> Vec<String> {
        self.journal().into_iter().filter_map(|call| call.token).collect()
    }

    /// How long a pull waits for a message when there is none; at first not at all.
    pub(crate) fn wait_at_pull(&self, longest: Duration) {
        self.shared.state().pull_wait = longest;
    }

    /// Does this before each acknowledge that is processed. A panic in it cuts the connection and
    /// fails no test: it has to keep what it finds for the test to look at.
    pub(crate) fn on_acknowledge(&self, hook: OnAcknowledge) {
        self.shared.state().on_acknowledge = Some(Arc::new(hook));
    }

    /// Makes every message that is out available again, as when its ack deadline has passed.
    pub(crate) fn expire_leases(&self) {
        self.shared.change(|state| state.messages.expire_leases());
    }

    /// Every call in the order in which they arrived.
    pub(crate) fn journal(&self) -> Vec<Call> {
        self.shared.state().journal.clone()
    }

    /// Every call of a verb.
    pub(crate) fn calls(&self, verb: Verb) -> Vec<Call> {
        self.journal().into_iter().filter(|call| call.verb == verb).collect()
    }

    /// Waits until a verb was called so often; the calls may still be without an answer.
    pub(crate) async fn called(&self, verb: Verb, times: usize) {
        loop {
            let changed = self.shared.changed.notified();
            if self.calls(verb).len() >= times {
                return;
            }
            changed.await;
        }
    }

    /// Ids of the messages that were acknowledged, in that order.
    pub(crate) fn acknowledged(&self) -> Vec<String> {
        self.shared.state().messages.acknowledged.clone()
    }

    /// Ids of the messages that were given back, in that order; one id for each time.
    pub(crate) fn nacked(&self) -> Vec<String> {
        self.shared.state().messages.nacked.clone()
    }

    /// Ack ids that came too late or a second time, and so did nothing.
    pub(crate) fn stale_ack_ids(&self) -> Vec<String> {
        self.shared.state().messages.stale.clone()
    }

    /// Ids of the messages that were pulled and are neither acknowledged nor given back.
    pub(crate) fn outstanding(&self) -> Vec<String> {
        self.shared.state().messages.ids(true)
    }

    /// Ids of the messages that a pull can get.
    pub(crate) fn available(&self) -> Vec<String> {
        self.shared.state().messages.ids(false)
    }
}

impl Drop for PubSubDouble {
    fn drop(&mut self) {
        self.server.abort();
    }
}
