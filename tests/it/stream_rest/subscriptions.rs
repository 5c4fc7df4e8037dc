//! The subscription of a run: there already, created, missing, or on another topic.

use std::sync::Arc;

use serde_json::json;
use tom_alerts::{
    brokers::pubsub::{Consumer, PubSubService},
    google::{Access, pubsub::SubscriptionPath},
};

use super::{PROJECT, Setup, Streaming, credentials::Tokens, feedback, log, n, night};
use crate::pubsub_double::{PubSubDouble, Reply, Verb};

const PUBLISHER: &str = "ardent-cycling-243415";

#[tokio::test]
async fn a_missing_subscription_without_a_topic_is_a_failed_run_that_names_the_topics() {
    let streaming = Setup::google(Arc::new(Tokens::always("good"))).start_bare().await;
    let id =
        streaming.begin_exactly(&json!({"subscription_name": "ztf-lop", "max_results": 2})).await;
    let run = streaming.app.wait(id).await;
    assert_eq!(run["state"], "failed");
    assert!(
        feedback(&run).starts_with(
            "A subscription named ztf-lop does not exist in the project test-proj and one cannot be \
             created, because Pitt-Google does not publish a public topic with the same name. \
             It publishes ztf-loop, ztf-alerts"
        ),
        "{run}"
    );
    streaming.app.get(&format!("/runs/{id}/")).await.expect(200).shows("one cannot be created");
    assert!(streaming.double.calls(Verb::Pull).is_empty());
}

#[tokio::test]
async fn on_an_emulator_a_missing_topic_comes_with_the_command_that_makes_one() {
    let streaming = Setup::patient(3).start_bare().await;
    let run = streaming.run(json!({})).await;
    assert_eq!(run["state"], "failed");
    assert!(
        feedback(&run).contains("A subscription named loop-1 does not exist in the project test-proj and one cannot be created, because the emulator has no topic loop-1"),
        "{run}"
    );
    assert!(feedback(&run).contains("tom-alerts simulate --publish loop-1"), "{run}");
}

#[tokio::test]
async fn a_missing_subscription_is_created_on_the_topic_of_its_name_and_brings_what_comes_then() {
    let mut streaming = Setup::google(Arc::new(Tokens::always("good"))).start_bare().await;
    streaming.topic = streaming.double.create_topic(PUBLISHER, "ztf-loop");
    streaming.publish(&night(9, 2));
    let parameters = json!({"subscription_name": "ztf-loop", "max_results": 3, "timeout": 20});
    let id = streaming.begin_exactly(&parameters).await;
    streaming.double.called(Verb::Pull, 1).await;
    let published = streaming.publish(&night(1, 3));
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
    assert_eq!(streaming.stored_messages(&run).await, super::sorted(&published));
    let created = &streaming.double.calls(Verb::CreateSubscription)[0];
    assert_eq!(created.path, "/v1/projects/test-proj/subscriptions/ztf-loop");
    assert_eq!(created.body["topic"], format!("projects/{PUBLISHER}/topics/ztf-loop"));
    let sentence = "Created the subscription ztf-loop on the topic \
                    projects/ardent-cycling-243415/topics/ztf-loop. \
                    Earlier messages are not available";
    assert!(log(&run).contains(sentence), "{run}");
    streaming.app.get(&format!("/runs/{id}/")).await.expect(200).shows(sentence);

    streaming.publish(&night(2, 1));
    let again = json!({"subscription_name": "ztf-loop", "timeout": 1});
    let run = streaming.app.wait(streaming.begin_exactly(&again).await).await;
    assert_eq!(n(&run, "stored"), 1, "{run}");
    assert_eq!(streaming.double.calls(Verb::CreateSubscription).len(), 1);
}

#[tokio::test]
async fn a_subscription_that_somebody_else_creates_meanwhile_is_used() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 2));
    streaming.double.script(Verb::GetSubscription, vec![Reply::status(404)]);
    let run = streaming.run(json!({})).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 2), "{run}");
    assert_eq!(streaming.double.calls(Verb::CreateSubscription)[0].status, Some(409));
}

#[tokio::test]
async fn a_subscription_on_another_topic_than_the_chosen_one_is_refused_with_both_names() {
    let streaming = Streaming::start().await;
    streaming.publish(&night(1, 2));
    streaming.double.create_topic(PROJECT, "other");
    let run = streaming.run(json!({"topic": "other"})).await;
    assert_eq!(run["state"], "failed");
    for name in ["projects/test-proj/topics/loop-1", "projects/test-proj/topics/other"] {
        assert!(feedback(&run).contains(name), "{run}");
    }
    assert!(streaming.double.calls(Verb::Pull).is_empty());
    assert_eq!(streaming.double.available().len(), 2);
}

#[tokio::test]
async fn a_subscription_on_an_unexpected_topic_works_with_a_warning_when_none_was_chosen() {
    let streaming = Setup::google(Arc::new(Tokens::always("good"))).start().await;
    streaming.publish(&night(1, 2));
    let id = streaming.begin_exactly(&json!({"subscription_name": "loop-1", "timeout": 1})).await;
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 2), "{run}");
    let warning = format!(
        "\"warning\": \"The subscription loop-1 receives projects/test-proj/topics/loop-1, \
         not projects/{PUBLISHER}/topics/loop-1"
    );
    assert!(log(&run).contains(&warning), "{}", log(&run));
}

#[tokio::test]
async fn a_filter_of_the_subscription_itself_is_told() {
    let mut streaming = Setup::patient(3).start_bare().await;
    streaming.topic = streaming.double.create_topic(PROJECT, "loop-1");
    let url = format!("{}/v1/projects/{PROJECT}/subscriptions/loop-1", streaming.double.url());
    let body = json!({"topic": streaming.topic, "filter": "attributes:candid"});
    reqwest::Client::new().put(url).json(&body).send().await.unwrap().error_for_status().unwrap();
    let run = streaming.run(json!({})).await;
    assert!(
        log(&run).contains("The subscription has an attribute filter: attributes:candid"),
        "{run}"
    );
}

#[tokio::test]
async fn a_subscription_can_be_deleted_and_deleting_it_again_is_no_error() {
    let double = PubSubDouble::start().await;
    let topic = double.create_topic("test-proj", "loop-1");
    double.create_subscription("test-proj", "loop-1", &topic);
    let service = PubSubService::at(Some(double.host()), &crate::timing::short()).unwrap();
    let pubsub = service.client(Access::default(), Arc::new(|_, _| {}));
    let path = SubscriptionPath::new("test-proj", "loop-1");
    let consumer = Consumer::new(pubsub, path.clone());
    consumer.delete_subscription().await.unwrap();
    consumer.delete_subscription().await.unwrap();
    let pubsub = service.client(Access::default(), Arc::new(|_, _| {}));
    assert_eq!(pubsub.find_subscription(&path).await.unwrap(), None);
    assert_eq!(double.calls(Verb::DeleteSubscription).len(), 2);
}
