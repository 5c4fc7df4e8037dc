//! A run of a listener ends at the change of the day, and when its query is changed or deleted.

use chrono::Duration;
use serde_json::json;
use tom_alerts::clock::Clock;

use super::{Listening, Setup, night, some_looks, stream_form, total};

#[tokio::test]
async fn at_the_change_of_the_day_the_next_run_goes_on_and_each_day_has_its_counts() {
    let clock = Clock::fixed("2026-11-25T23:59:00Z".parse().unwrap());
    let listening = Setup { clock, ..Setup::default() }.start().await;
    let packets = night(1, 50);
    let query = listening.listen("young").await;
    listening.publish(&packets[..30]);
    let first = listening.until_stored(query, 30).await;
    listening.clock.advance(Duration::minutes(2));
    listening.publish(&packets[30..]);
    let second = listening.until_stored(query, 50).await;
    let run = listening.ended(&first["run"]).await;
    assert_eq!(
        (&run["state"], &run["feedback"]),
        (&json!("finished"), &json!("The day is over (UTC): the next run continues."))
    );
    let second = listening
        .until(second["query"].as_i64().unwrap(), "a run of today goes on", |it| {
            it["run"].is_i64() && it["run"] != first["run"]
        })
        .await;
    let days = second["days"].as_array().unwrap();
    let shown: Vec<_> = days.iter().map(|day| day["day"].as_str().unwrap()).collect();
    assert!(shown.ends_with(&["2026-11-25"]), "{second}");
    assert_eq!(total(&second, "stored"), 50);
    // A day later nobody has listened to the day between.
    listening.press(query, "pause").await;
    listening.ended(&second["run"]).await;
    listening.clock.advance(Duration::days(2));
    let page = listening.app().get(&format!("/alerts/query/{query}/listener/")).await.expect(200);
    page.shows("2026-11-27").shows("not listening").shows("Total");
}

#[tokio::test]
async fn a_changed_query_goes_on_with_its_new_form_and_a_new_name_alone_changes_nothing() {
    let listening = Listening::start().await;
    let packets = night(1, 40);
    let query = listening.listen("young").await;
    listening.publish(&packets[..10]);
    let first = listening.until_stored(query, 10).await;
    let path = format!("/api/queries/{query}/");
    let renamed = json!({"name": "old", "parameters": stream_form(), "version": 1});
    let app = listening.app();
    app.send_json("PUT", &path, &renamed).await.expect(200);
    some_looks().await;
    assert_eq!(listening.listener(query).await["run"], first["run"]);
    app.get(&format!("/alerts/query/{query}/update/")).await.shows("You listen to this query");
    let mut form = stream_form();
    form["rb_min"] = json!(1.0);
    app.send_json("PUT", &path, &json!({"name": "old", "parameters": form, "version": 2}))
        .await
        .expect(200);
    let second = listening
        .until(query, "another run goes on", |it| it["run"].is_i64() && it["run"] != first["run"])
        .await;
    let run = listening.ended(&first["run"]).await;
    assert_eq!(run["state"], "finished");
    assert!(
        run["feedback"]
            .as_str()
            .unwrap()
            .starts_with("The query or the listener's account was changed"),
        "{run}"
    );
    listening.publish(&packets[10..]);
    let after = listening
        .until(query, "all are filtered out", |listener| total(listener, "rejected") == 30)
        .await;
    assert_eq!((&after["run"], total(&after, "stored")), (&second["run"], 10));

    let path = format!("/alerts/query/{query}/delete/");
    app.get(&path).await.expect(200).shows("Its listener stops.");
    app.post(&path, &[]).await.expect(303);
    let run = listening.ended(&second["run"]).await;
    assert_eq!(run["state"], "cancelled");
    app.get(&format!("/api/queries/{query}/listener/")).await.expect(404);
    assert_eq!(listening.count("select count(*) from listener").await, 0);
    assert_eq!(listening.states().await, ["finished", "cancelled"], "its runs stay");
}

#[tokio::test]
async fn whoever_stops_its_run_pauses_the_listener() {
    let listening = Listening::start().await;
    let query = listening.listen("young").await;
    let on = listening.until_state(query, "listening").await;
    listening.app().post(&format!("/runs/{}/cancel/", on["run"]), &[]).await.expect(303);
    listening.ended(&on["run"]).await;
    let paused = listening.until_state(query, "paused").await;
    assert_eq!((&paused["trouble"], &paused["run"]), (&json!(null), &json!(null)));
    assert_eq!(listening.history().await.last().unwrap().1, "paused listening");
    some_looks().await;
    assert_eq!(listening.states().await, ["cancelled"]);
}
