//! A database that is slow: the messages that wait for it are held until it has kept them.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Setup, Streaming, eventually, n, night, sorted};
use crate::pubsub_double::{Reply, Verb};

#[tokio::test]
async fn leases_are_extended_while_the_database_is_slow() {
    let streaming = Streaming::start().await;
    let id = streaming.begin(json!({"max_results": 4, "timeout": 60})).await;
    streaming.double.called(Verb::Pull, 1).await;
    let pool = streaming.app.pool().await;
    let mut busy = pool.begin().await.unwrap();
    sqlx::query("select id from run where id = $1 for no key update")
        .bind(id)
        .execute(&mut *busy)
        .await
        .unwrap();
    let published = streaming.publish(&night(1, 4));
    let extended = || {
        streaming
            .double
            .calls(Verb::ModifyAckDeadline)
            .iter()
            .filter(|call| call.body["ackDeadlineSeconds"].as_u64() > Some(0))
            .flat_map(|call| call.body["ackIds"].as_array().cloned().unwrap_or_default())
            .collect::<Vec<Value>>()
    };
    let double = &streaming.double;
    eventually(
        || extended().len() >= published.len(),
        || format!("{:?} are out, extended: {:?}", double.outstanding(), extended()),
    )
    .await;
    assert_eq!(sorted(&double.outstanding()), sorted(&published));
    assert!(double.acknowledged().is_empty(), "acknowledged before it was kept");
    busy.rollback().await.unwrap();
    let run = streaming.app.wait(id).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 4), "{run}");
    assert_eq!((n(&run, "duplicates"), n(&run, "acknowledged")), (0, 4), "{run}");
    assert_eq!(streaming.acknowledged(), sorted(&published));
}

#[tokio::test]
async fn giving_back_is_tried_again_for_as_long_as_is_set() {
    let patient = Duration::from_hours(1);
    for (brief, n_tries, n_left_out) in [(Duration::ZERO, 1, 3), (patient, 3, 0)] {
        let mut setup = Setup::patient(10);
        setup.timing.calls.brief = brief;
        setup.timing.calls.first_pause = Duration::from_millis(1);
        let streaming = setup.start().await;
        streaming.publish(&night(1, 3));
        streaming.double.script(Verb::ModifyAckDeadline, vec![Reply::status(503); 2]);
        let run = streaming.run(json!({"acknowledge": "peek"})).await;
        assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 3), "{run}");
        streaming.app.runner.finish().await;
        assert_eq!(streaming.double.calls(Verb::ModifyAckDeadline).len(), n_tries);
        assert_eq!(streaming.double.outstanding().len(), n_left_out);
    }
}
