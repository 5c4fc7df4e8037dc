//! A listener that goes on: what comes is stored as it comes, until it is paused.

use serde_json::json;
use tom_alerts::actions::run_limits::RunLimits;

use super::{Listening, Setup, night, some_looks, stream_form, total};
use crate::pubsub_double::{Reply, Verb};

#[tokio::test]
async fn what_comes_is_stored_until_it_is_paused_and_waits_from_then_on() {
    let listening = Listening::start().await;
    let packets = night(1, 40);
    let query = listening.save("young", "stream-rest", &stream_form()).await;
    let path = format!("/alerts/query/{query}/listener/");
    let app = listening.app();
    app.get(&path).await.expect(200).shows("Not listening").shows(">Listen<");
    listening.press(query, "start").await;
    // The form would end a run after 3 results, a second of silence, or two.
    listening.publish(&packets[..20]);
    let first = listening.until_stored(query, 20).await;
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    listening.publish(&packets[20..30]);
    let later = listening.until_stored(query, 30).await;
    assert_eq!((&later["state"], &later["run"]), (&json!("listening"), &first["run"]), "one run");
    listening
        .until(query, "all is acknowledged", |listener| total(listener, "acknowledged") == 30)
        .await;
    let page = app.get(&path).await.expect(200).shows("Alerts are stored as they arrive");
    let page = page.shows("Last message").shows("serve on ").shows(">Pause<");
    page.shows(&format!("/runs/{}/events/", later["run"]));
    app.get("/alerts/query/list/").await.expect(200).shows("Listening").shows(&path);
    app.get("/runs/").await.expect(200).shows("listener");
    let page = app.get(&format!("/runs/{}/", later["run"])).await.expect(200);
    page.shows("Pause listening").shows(&path).hides("of at most");

    listening.press(query, "pause").await;
    let run = listening.ended(&later["run"]).await;
    assert_eq!((&run["state"], &run["counts"]["stored"]), (&json!("cancelled"), &json!(30)));
    assert!(run["feedback"].as_str().unwrap().starts_with("Listening was paused."), "{run}");
    listening.publish(&packets[30..]);
    some_looks().await;
    assert_eq!(listening.double.available().len(), 10, "nobody takes them");
    assert!(listening.double.outstanding().is_empty());
    app.get(&path).await.expect(200).shows("Nothing is stored now").shows(">Resume<");

    listening.press(query, "start").await;
    let on = listening.until_stored(query, 40).await;
    assert_ne!(on["run"], later["run"]);
    listening.press(query, "stop").await;
    listening.until(query, "it is off", |it| it["state"] == "off").await;
    listening.ended(&on["run"]).await;
    let off = listening.listener(query).await;
    assert_eq!(total(&off, "stored"), 40, "the counts stay: {off}");
    assert_eq!(listening.count("select count(*) from alert").await, 40);
    let words = ["started", "paused", "started", "stopped"].map(|word| format!("{word} listening"));
    let told: Vec<_> = listening.history().await.into_iter().map(|(_, action)| action).collect();
    assert_eq!(told, words);
}

#[tokio::test]
async fn a_message_that_comes_again_to_a_later_run_is_stored_once_and_an_alert_published_anew_is_news()
 {
    let listening = Listening::start().await;
    let packets = night(1, 12);
    let query = listening.save("young", "stream-rest", &stream_form()).await;
    // Nobody hears of the acknowledgements of the first run.
    listening.double.script_always(Verb::Acknowledge, Reply::status(503));
    listening.press(query, "start").await;
    listening.publish(&packets);
    listening.double.publish(&listening.topic, b"junk", &[]);
    let before = listening.until_stored(query, 12).await;
    listening.press(query, "pause").await;
    listening.ended(&before["run"]).await;
    assert_eq!(total(&listening.listener(query).await, "acknowledged"), 0);
    listening.double.serve_normally(Verb::Acknowledge);
    listening.double.expire_leases();
    listening.press(query, "start").await;
    let again = listening
        .until(query, "all is acknowledged", |listener| total(listener, "acknowledged") == 13)
        .await;
    assert_eq!((total(&again, "stored"), total(&again, "duplicates")), (12, 12), "{again}");
    listening.publish(&packets[..5]);
    let after = listening
        .until(query, "all is acknowledged", |listener| total(listener, "acknowledged") == 18)
        .await;
    assert_eq!((total(&after, "stored"), total(&after, "duplicates")), (17, 12), "{after}");
    assert_eq!(total(&after, "unreadable"), 1, "set aside once: {after}");
    let sql = "select count(distinct attributes->>'message_id') from run_alert";
    assert_eq!(listening.count(sql).await, 17, "each message is stored once");
    assert_eq!(listening.count("select count(*) from run_alert").await, 17);
}

#[tokio::test]
async fn a_run_of_a_listener_takes_none_of_the_places_of_runs_and_a_member_has_so_many_listeners() {
    let limits = RunLimits { at_once: 1, listeners: 1, ..RunLimits::default() };
    let listening = Setup { limits, ..Setup::default() }.start().await;
    let (one, two) = (listening.listen("one").await, {
        listening.save("two", "stream-rest", &stream_form()).await
    });
    listening.until_state(one, "listening").await;
    let app = listening.app();
    let body = json!({"broker": "stream-rest", "parameters": stream_form()});
    let run = app.post_json("/api/runs/", &body).await.expect(202).json();
    let run = listening.ended(&run["id"]).await;
    assert_eq!(run["state"], "finished", "it had a place: {run}");
    let refused = app.post(&format!("/alerts/query/{two}/listener/start/"), &[]).await.expect(409);
    refused
        .shows("Too many listeners")
        .shows("No more than 1 of your saved queries can be listened to");
    let put = |id: i64, state: &str| {
        let (path, body) = (format!("/api/queries/{id}/listener/"), json!({"state": state}));
        async move { app.send_json("PUT", &path, &body).await }
    };
    put(two, "on").await.expect(409);
    put(one, "on").await.expect(200);
    put(one, "paused").await.expect(200);
    put(two, "on").await.expect(200);
    put(one, "on").await.expect(409);
    listening.until_state(two, "listening").await;
    put(two, "sideways").await.expect(422);
    app.send_json("DELETE", &format!("/api/queries/{two}/listener/"), &json!({})).await.expect(204);
    listening.until_state(two, "off").await;
}

#[tokio::test]
async fn what_does_not_grow_or_is_only_peeked_at_is_not_listened_to() {
    let listening = Listening::start().await;
    let mut peeking = stream_form();
    peeking["acknowledge"] = json!("peek");
    let archive = json!({"folder": "night"});
    std::fs::write(listening.app().archive.join("a.avro"), "junk").unwrap();
    for (broker, form, because) in
        [("archive", &archive, "Only streams"), ("stream-rest", &peeking, "Choose Keep")]
    {
        let query = listening.save("not this", broker, form).await;
        let path = format!("/alerts/query/{query}/listener/");
        let app = listening.app();
        app.get(&path).await.expect(200).shows(because).hides(">Listen<");
        app.post(&format!("{path}start/"), &[]).await.expect(422).shows(because);
        let path = format!("/api/queries/{query}/listener/");
        app.send_json("PUT", &path, &json!({"state": "on"})).await.expect(422).shows(because);
        assert_eq!(listening.listener(query).await["state"], "off");
    }
}
