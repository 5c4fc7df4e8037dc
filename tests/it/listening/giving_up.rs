//! Trouble: the next run waits, each time longer; the page says what is wrong; what is mended goes on by itself.

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};
use tom_alerts::clock::Clock;

use super::{Listening, Setup, night, total};
use crate::{
    pubsub_double::{Reply, Verb},
    sign_in::{
        Deployment,
        setup::{ADA, PROJECT},
    },
};

/// How long the next run waits, in seconds.
fn wait_s(listening: &Listening, listener: &Value) -> i64 {
    let next: DateTime<Utc> = listener["next_try"].as_str().unwrap().parse().unwrap();
    (next - listening.clock.now()).num_seconds()
}

#[tokio::test]
async fn runs_that_fail_wait_longer_each_time_and_go_on_by_themselves() {
    let clock = Clock::fixed("2026-11-25T03:00:00Z".parse().unwrap());
    let listening = Setup { clock, ..Setup::default() }.start().await;
    let denied = Reply::Error {
        code: 403,
        status: "PERMISSION_DENIED",
        message: "The caller may not do this.",
        reason: Some("IAM_PERMISSION_DENIED"),
    };
    listening.double.script_always(Verb::Pull, denied);
    let query = listening.listen("young").await;
    let mut waits = Vec::new();
    for n in 1..=9 {
        let trouble = listening
            .until(query, "it has failed once more", |it| {
                it["failures"] == n && it["run"].is_null()
            })
            .await;
        assert_eq!((&trouble["state"], &trouble["is_on"]), (&json!("in trouble"), &json!(true)));
        assert!(trouble["trouble"].as_str().unwrap().contains("Pub/Sub Editor"), "{trouble}");
        waits.push(wait_s(&listening, &trouble));
        if n == 3 {
            let path = format!("/alerts/query/{query}/listener/");
            let page = listening.app().get(&path).await.expect(200).shows("In trouble");
            page.shows("The last 3 runs failed").shows("Pub/Sub Editor").shows(">Try now<");
            listening.app().get("/alerts/query/list/").await.expect(200).shows("In trouble");
        }
        listening.clock.advance(Duration::seconds(waits[waits.len() - 1]));
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 900, 900]);
    // Of those that failed with nothing in them the first and the last are enough.
    assert!(listening.states().await.len() <= 3, "{:?}", listening.states().await);

    listening.double.serve_normally(Verb::Pull);
    listening.publish(&night(1, 5));
    listening.clock.advance(Duration::seconds(900));
    let well = listening
        .until(query, "it is well again", |it| {
            it["state"] == "listening" && total(it, "stored") == 5
        })
        .await;
    assert_eq!(well["failures"], 0);
    assert_eq!((&well["trouble"], &well["next_try"]), (&Value::Null, &Value::Null));
    // The next trouble begins anew.
    listening.double.script_always(Verb::Pull, Reply::status(400));
    let again = listening.until(query, "it fails again", |it| it["failures"] == 1).await;
    assert_eq!(wait_s(&listening, &again), 10);
    assert_eq!(total(&again, "stored"), 5);
}

#[tokio::test]
async fn try_now_does_not_wait() {
    let clock = Clock::fixed("2026-11-25T03:00:00Z".parse().unwrap());
    let listening = Setup { clock, ..Setup::default() }.start().await;
    listening.double.script_always(Verb::Pull, Reply::status(400));
    let query = listening.listen("young").await;
    listening.until(query, "it waits", |it| it["failures"] == 1 && it["run"].is_null()).await;
    listening.double.serve_normally(Verb::Pull);
    listening.press(query, "start").await;
    listening.until_state(query, "listening").await;
    assert_eq!(listening.history().await.len(), 1, "it was on all the time");
}

#[tokio::test]
async fn an_ended_grant_is_said_and_connecting_again_is_enough() {
    let deployment = Deployment::start().await;
    tokio::spawn(deployment.app.runner.clone().watch());
    let stream = deployment.stream(PROJECT).await;
    let ada = deployment.connected(ADA).await;
    let form = json!({"subscription_name": "loop-1", "project": PROJECT, "timeout": 1});
    let body = json!({"name": "young", "broker": "stream-rest", "parameters": form});
    let query = ada.post_json("/api/queries/", &body).await.expect(201).json()["id"].clone();
    let path = format!("/alerts/query/{query}/listener/");
    ada.post(&format!("{path}start/"), &[]).await.expect(303);
    let until = async |what: &str, is_so: &dyn Fn(&Value) -> bool| {
        let mut listener = Value::Null;
        for _ in 0..2_400 {
            let answer = ada.get(&format!("/api/queries/{query}/listener/")).await;
            listener = answer.expect(200).json();
            if is_so(&listener) {
                return listener;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("it does not become so that {what}: {listener}");
    };
    stream.publish(1, 3);
    until("three are stored", &|it| total(it, "stored") == 3).await;
    deployment.google.revoke_all(ADA);
    let trouble = until("it is in trouble", &|it| it["state"] == "in trouble").await;
    let page = ada.get(&path).await.expect(200);
    page.shows("Connect to Google").shows("/accounts/connect/?scope=pubsub");
    assert!(trouble["is_on"] == true, "{trouble}");
    let answer = ada.connect("pubsub", &path).await;
    assert_eq!(answer.location(), path);
    stream.publish(5, 4);
    // It would have waited for 10 s at least.
    until("it goes on by itself", &|it| it["state"] == "listening" && total(it, "stored") == 7)
        .await;
}

#[tokio::test]
async fn a_topic_that_was_deleted_is_said_by_whoever_listens_to_it() {
    let clock = Clock::fixed("2026-11-25T03:00:00Z".parse().unwrap());
    let mut setup = Setup { clock, ..Setup::default() };
    setup.timing.pulls.look = std::time::Duration::from_millis(200);
    let listening = setup.start().await;
    let query = listening.listen("young").await;
    listening.publish(&night(1, 3));
    listening.until_stored(query, 3).await;
    listening.double.delete_topic(&listening.topic);
    let trouble = listening.until_state(query, "in trouble").await;
    let told = "The topic of the subscription loop-1";
    assert!(trouble["trouble"].as_str().unwrap().starts_with(told), "{trouble}");
    let path = format!("/alerts/query/{query}/listener/");
    listening.app().get(&path).await.expect(200).shows("In trouble").shows(told);
    // The next run says the same, and nothing that it does in between passes for well.
    listening.clock.advance(Duration::seconds(10));
    listening.until(query, "it has failed again", |it| it["failures"] == 2).await;
}
