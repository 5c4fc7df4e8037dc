//! The page of subscriptions, on the emulator: made, looked into, moved in time, deleted.

use std::{collections::BTreeMap, sync::Arc};

use tom_alerts::{
    brokers::pubsub::PubSubService,
    google::{
        Access,
        pubsub::{OutgoingMessage, PubSub, SubscriptionPath, TopicPath},
    },
};

use crate::{answers::send_as_browser, support::TestApp};

/// A service on the emulator, in a project of its own with a topic.
pub(crate) struct Ground {
    pub(crate) app: TestApp,
    pub(crate) pubsub: PubSub,
    pub(crate) project: String,
    pub(crate) topic: TopicPath,
}

impl Ground {
    pub(crate) async fn lay() -> Self {
        #[expect(clippy::disallowed_methods, reason = "tests/run says where the emulator is")]
        let emulator = std::env::var("TOM_ALERTS_TEST_PUBSUB")
            .expect("this test needs TOM_ALERTS_TEST_PUBSUB: run it by tests/run");
        let service = PubSubService::at(Some(&emulator), &crate::timing::short()).unwrap();
        let project = format!("test-{:016x}", rand::random::<u64>());
        let access = Access { project: Some(project.clone()), tokens: None };
        let pubsub = service.client(access.clone(), Arc::new(|_, _| {}));
        let topic = TopicPath::new(&*project, "ztf-loop");
        pubsub.create_topic(&topic).await.unwrap();
        let app = TestApp::start_with(service, access).await;
        Self { app, pubsub, project, topic }
    }

    async fn publish(&self, n: usize) {
        let messages: Vec<OutgoingMessage> = (0..n)
            .map(|number| OutgoingMessage {
                data: b"not an alert".to_vec(),
                attributes: BTreeMap::from([("candid".to_owned(), format!("77{number}"))]),
            })
            .collect();
        self.pubsub.publish(&self.topic, &messages).await.unwrap();
    }
}

const NEW: [(&str, &str); 3] =
    [("subscription_name", "my-loop"), ("topic", "ztf-loop"), ("filter", "attributes:candid")];

#[tokio::test]
async fn a_subscription_is_made_looked_into_and_deleted_and_a_look_takes_nothing() {
    let ground = Ground::lay().await;
    let app = &ground.app;
    let none = app.get("/subscriptions/").await.expect(200).shows("None yet");
    none.shows(&ground.project)
        .shows("?topic=lsst-alerts#new")
        .shows("Not read here: its messages are sky maps")
        .hides("?topic=lvk-alerts#new");
    let chosen = app.get("/subscriptions/?topic=lsst-alerts").await.expect(200);
    chosen.shows("value=\"lsst-alerts\"");
    let made = app.post("/subscriptions/", &NEW).await.expect(303);
    assert_eq!(made.location(), "/subscriptions/my-loop/");
    let list = app.get("/subscriptions/").await.expect(200).shows("my-loop");
    // The query that it leads to says whose topic it is: only Pitt-Google's would be guessed.
    let query = format!("topic=ztf-loop&#38;project={}", ground.project);
    list.shows("attributes:candid").shows(&query);
    ground.publish(3).await;
    let peeked = app.post("/subscriptions/my-loop/peek/", &[]).await.expect(200);
    peeked.shows("candid = 770").shows("candid = 772");
    let path = SubscriptionPath::new(&*ground.project, "my-loop");
    assert_eq!(ground.pubsub.peek(&path, 10).await.unwrap().len(), 3, "all three wait still");

    app.get("/subscriptions/my-loop/delete/").await.expect(200).shows("Delete the subscription");
    app.post("/subscriptions/my-loop/delete/", &[]).await.expect(303);
    assert_eq!(ground.pubsub.find_subscription(&path).await.unwrap(), None);
    app.get("/subscriptions/my-loop/").await.expect(404);
    let told = app.get("/team/history/").await.expect(200);
    told.shows("my-loop").shows("subscription").shows("deleted");
}

#[tokio::test]
async fn a_look_and_a_refused_time_have_an_address_and_loading_it_sends_nothing_again() {
    let ground = Ground::lay().await;
    let app = &ground.app;
    app.post("/subscriptions/", &NEW).await.expect(303);
    ground.publish(1).await;
    for (path, form, status, told) in [
        ("/subscriptions/my-loop/peek/", &[][..], 200, "candid = 770"),
        ("/subscriptions/my-loop/seek/", &[("to", "yesterday-ish")], 422, "yesterday-ish"),
        ("/subscriptions/", &NEW, 422, "exists already"),
    ] {
        let sent = send_as_browser(app, path, form).await.expect(303);
        assert!(sent.location().starts_with("/answers/"), "{path}: {}", sent.location());
        let first = app.get(sent.location()).await.expect(status).shows(told);
        // Another look would see it.
        ground.publish(2).await;
        let second = app.get(sent.location()).await.expect(status).hides("candid = 771");
        assert_eq!(first.body, second.body, "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_by_its_field_and_nothing_typed_is_lost() {
    let ground = Ground::lay().await;
    let app = &ground.app;
    let wrong = [
        ("subscription_name", "my-loop"),
        ("topic", "ztf-loop"),
        ("filter", "attributes.a = b"),
        ("javascript", "message => message"),
    ];
    let answer = app.post("/subscriptions/", &wrong).await.expect(422);
    answer.shows("A value in").shows("attributes.a = b").shows("message =&#62; message");
    let no_function = [NEW[0], NEW[1], ("javascript", "message => message")];
    let answer = app.post("/subscriptions/", &no_function).await.expect(422);
    answer.shows("It needs a named function").shows("my-loop");
    let elsewhere = [("subscription_name", "my-loop"), ("topic", "ztf-nothing")];
    let answer = app.post("/subscriptions/", &elsewhere).await.expect(422);
    answer.shows("there is no topic ztf-nothing").shows("ztf-nothing");
    app.post("/subscriptions/", &NEW).await.expect(303);
    app.post("/subscriptions/", &NEW).await.expect(422).shows("exists already");
    let seek = app.post("/subscriptions/my-loop/seek/", &[("to", "yesterday-ish")]).await;
    seek.expect(422).shows("yesterday-ish");
    app.get("/subscriptions/no-such-one/").await.expect(404);
    app.get("/subscriptions/..%2F..%2Ftopics/").await.expect(404);
    app.post("/subscriptions/goog-x/delete/", &[]).await.expect(404);
}

#[tokio::test]
async fn a_subscription_is_taken_to_a_time() {
    let ground = Ground::lay().await;
    let app = &ground.app;
    app.post("/subscriptions/", &NEW).await.expect(303);
    ground.publish(2).await;
    let moved = app.post("/subscriptions/my-loop/seek/", &[("to", "2026-01-01")]).await;
    // The emulator may not know how; then the page says so and stays.
    match moved.status.as_u16() {
        303 => assert_eq!(moved.location(), "/subscriptions/my-loop/"),
        422 => drop(moved.shows("Seek to a time").shows("2026-01-01")),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn without_a_project_the_page_says_what_to_do() {
    let app = TestApp::start().await;
    app.get("/subscriptions/")
        .await
        .expect(200)
        .shows("No Google Cloud project is set for subscriptions")
        .shows("ztf-loop");
}
