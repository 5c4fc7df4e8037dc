//! What the double does for a test beyond what the emulator does.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::FutureExt;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::{PubSubDouble, Reply, Verb};

/// A double with a subscription of one topic.
struct Scene {
    double: Arc<PubSubDouble>,
    topic: String,
    subscription: String,
}

impl Scene {
    async fn start() -> Self {
        let double = Arc::new(PubSubDouble::start().await);
        let topic = double.create_topic("survey", "loop");
        let subscription = double.create_subscription("mine", "loop-mine", &topic);
        Self { double, topic, subscription }
    }

    fn publish(&self, data: &[u8]) -> String {
        self.double.publish(&self.topic, data, &[])
    }

    fn request(&self, action: &str, body: &Value) -> RequestBuilder {
        let url = format!("{}/v1/{}:{action}", self.double.url(), self.subscription);
        reqwest::Client::new().post(url).json(body)
    }

    fn pull_request(&self) -> RequestBuilder {
        self.request("pull", &json!({"maxMessages": 10}))
    }

    async fn try_pull(&self) -> reqwest::Result<Response> {
        self.pull_request().send().await
    }

    async fn pull_status(&self) -> u16 {
        self.try_pull().await.unwrap().status().as_u16()
    }

    async fn pull(&self) -> Value {
        self.try_pull().await.unwrap().json().await.unwrap()
    }

    async fn pull_ack_ids(&self) -> Value {
        let answer = self.pull().await;
        let received = answer["receivedMessages"].as_array().cloned().unwrap_or_default();
        received.iter().map(|one| one["ackId"].clone()).collect()
    }

    async fn acknowledge(&self, ack_ids: &Value) {
        let request = self.request("acknowledge", &json!({"ackIds": ack_ids}));
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn scripted_replies_come_in_order_and_then_service_as_usual() {
    let scene = Scene::start().await;
    scene.publish(b"packet");
    let denied = Reply::Error {
        code: 403,
        status: "PERMISSION_DENIED",
        message: "No.",
        reason: Some("SERVICE_DISABLED"),
    };
    let busy = Reply::status(429).retry_after(7);
    scene.double.script(Verb::Pull, vec![Reply::status(503), busy, denied, Reply::Body("no")]);

    assert_eq!(scene.pull_status().await, 503);
    let busy = scene.try_pull().await.unwrap();
    assert_eq!(
        (busy.status().as_u16(), &busy.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    let denied = scene.pull().await["error"].clone();
    assert_eq!(denied["status"], "PERMISSION_DENIED");
    assert_eq!(denied["details"][0]["reason"], "SERVICE_DISABLED");
    assert_eq!(scene.try_pull().await.unwrap().text().await.unwrap(), "no");
    assert_eq!(scene.double.available().len(), 1);
    assert_eq!(scene.pull_ack_ids().await.as_array().unwrap().len(), 1);

    let statuses: Vec<_> =
        scene.double.calls(Verb::Pull).iter().filter_map(|call| call.status).collect();
    assert_eq!(statuses, [503, 429, 403, 200, 200]);
}

#[tokio::test]
async fn a_reply_for_always_stays_until_it_is_taken_back() {
    let scene = Scene::start().await;
    scene.double.script_always(Verb::Pull, Reply::status(500));
    scene.double.script(Verb::Pull, vec![Reply::status(504)]);
    let statuses =
        [scene.pull_status().await, scene.pull_status().await, scene.pull_status().await];
    assert_eq!(statuses, [504, 500, 500]);
    scene.double.serve_normally(Verb::Pull);
    assert_eq!(scene.pull_status().await, 200);
}

#[tokio::test]
async fn a_cut_call_gets_no_answer_and_does_nothing() {
    let scene = Scene::start().await;
    scene.publish(b"packet");
    scene.double.script(Verb::Pull, vec![Reply::Cut]);
    assert!(scene.try_pull().await.unwrap_err().is_request());
    assert_eq!(scene.double.available().len(), 1);
    assert_eq!(scene.double.calls(Verb::Pull)[0].status, None);
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_after_the_call_was_served() {
    let scene = Scene::start().await;
    let id = scene.publish(b"packet");
    scene.double.script(Verb::Pull, vec![Reply::Truncated]);
    let mut response = scene.try_pull().await.unwrap();
    let promised = response.content_length().unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"{") && (first.len() as u64) < promised);
    response.chunk().await.unwrap_err();
    assert_eq!(scene.double.outstanding(), [id]);
}

#[tokio::test]
async fn a_hanging_call_is_never_answered_and_a_slow_one_is() {
    let scene = Scene::start().await;
    scene.publish(b"packet");
    scene.double.script(Verb::Pull, vec![Reply::Hang, Reply::Slow(Duration::from_millis(1))]);
    let hanging = tokio::spawn(scene.pull_request().send());
    scene.double.called(Verb::Pull, 1).await;
    assert_eq!(scene.pull_ack_ids().await.as_array().unwrap().len(), 1);
    assert!(!hanging.is_finished());
    hanging.abort();
}

#[tokio::test]
async fn calls_need_the_token_that_is_asked_for_at_the_time() {
    let scene = Scene::start().await;
    scene.double.require_token("old");
    scene.double.script(Verb::Pull, vec![Reply::status(503)]);
    let refused = scene.try_pull().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["status"], "UNAUTHENTICATED");
    let with = async |token| scene.pull_request().bearer_auth(token).send().await.unwrap().status();
    assert_eq!(with("old").await, 503);
    scene.double.require_token("new");
    assert_eq!([with("old").await, with("new").await], [401, 200]);
    scene.double.require_no_token();
    assert_eq!(scene.pull_status().await, 200);
    assert_eq!(scene.double.tokens_seen(), ["old", "old", "new"]);
}

#[tokio::test]
async fn the_hook_runs_before_the_messages_are_acknowledged() {
    let scene = Scene::start().await;
    let ids = vec![scene.publish(b"1"), scene.publish(b"2")];
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (double, seen_in_hook) = (Arc::downgrade(&scene.double), Arc::clone(&seen));
    scene.double.on_acknowledge(Box::new(move |message_ids| {
        let (double, seen) = (double.upgrade().unwrap(), Arc::clone(&seen_in_hook));
        async move {
            tokio::task::yield_now().await;
            let (out, done) = (double.outstanding(), double.acknowledged());
            seen.lock().unwrap().push((message_ids, out, done));
        }
        .boxed()
    }));
    scene.acknowledge(&scene.pull_ack_ids().await).await;
    assert_eq!(*seen.lock().unwrap(), [(ids.clone(), ids.clone(), vec![])]);
    assert_eq!(scene.double.acknowledged(), ids);
    assert!(scene.double.outstanding().is_empty());
}

#[tokio::test]
async fn an_expired_lease_brings_the_message_back_under_a_new_ack_id() {
    let scene = Scene::start().await;
    let id = scene.publish(b"packet");
    let old = scene.pull_ack_ids().await;
    assert_eq!(scene.double.outstanding(), [id.as_str()]);
    scene.double.expire_leases();
    scene.acknowledge(&old).await;
    assert!(scene.double.acknowledged().is_empty());
    assert_eq!(scene.double.stale_ack_ids(), [old[0].as_str().unwrap()]);
    let new = scene.pull_ack_ids().await;
    assert_ne!(old, new);
    let longer = json!({"ackIds": new, "ackDeadlineSeconds": 60});
    scene.request("modifyAckDeadline", &longer).send().await.unwrap();
    assert!(scene.double.nacked().is_empty());
    let nack = json!({"ackIds": new, "ackDeadlineSeconds": 0});
    scene.request("modifyAckDeadline", &nack).send().await.unwrap();
    assert_eq!(scene.double.nacked(), [id.as_str()]);
    assert_eq!(scene.double.available(), [id]);
}

#[tokio::test]
async fn a_pull_that_may_wait_gets_the_message_that_comes() {
    let scene = Scene::start().await;
    assert_eq!(scene.pull().await, json!({}));
    scene.double.wait_at_pull(Duration::from_hours(1));
    let waiting = tokio::spawn(scene.pull_request().send());
    scene.double.called(Verb::Pull, 2).await;
    let id = scene.publish(b"packet");
    let answer: Value = waiting.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(answer["receivedMessages"][0]["message"]["messageId"], id.as_str());
    let at_once = json!({"maxMessages": 1, "returnImmediately": true});
    let answer = scene.request("pull", &at_once).send().await.unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), json!({}));
}

#[tokio::test]
async fn deliveries_are_counted_where_the_subscription_has_a_dead_letter_policy() {
    let mut scene = Scene::start().await;
    scene.subscription = "projects/mine/subscriptions/counted".to_owned();
    let url = format!("{}/v1/{}", scene.double.url(), scene.subscription);
    let body = json!({"topic": scene.topic, "deadLetterPolicy": {"maxDeliveryAttempts": 5}});
    let made = reqwest::Client::new().put(url).json(&body).send().await.unwrap();
    assert_eq!(made.status(), 200);
    scene.publish(b"packet");
    for attempt in 1..=2 {
        assert_eq!(scene.pull().await["receivedMessages"][0]["deliveryAttempt"], attempt);
        scene.double.expire_leases();
    }
}

#[tokio::test]
async fn the_journal_has_what_was_asked_in_order() {
    let scene = Scene::start().await;
    scene.pull().await;
    scene.double.delete_subscription(&scene.subscription);
    assert_eq!(scene.pull_status().await, 404);
    let nowhere = scene.request("frobnicate", &json!({})).send().await.unwrap();
    assert_eq!(nowhere.text().await.unwrap(), "Not Found\n");
    let journal = scene.double.journal();
    let short: Vec<_> = journal.iter().map(|call| (call.verb, call.status)).collect();
    let pulls = [(Verb::Pull, Some(200)), (Verb::Pull, Some(404)), (Verb::Unknown, Some(404))];
    assert_eq!(short, pulls);
    assert!(journal.is_sorted_by_key(|call| call.at));
    assert_eq!(journal[0].path, "/v1/projects/mine/subscriptions/loop-mine:pull");
    assert_eq!(journal[0].body, json!({"maxMessages": 10}));
    assert!(scene.double.url().ends_with(scene.double.host()));
}
