//! Keep, then acknowledge: at the moment of an acknowledgement everything it is about is in the database.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use serde_json::json;
use sqlx::PgPool;

use super::{Streaming, classtar, n, night};

/// What was found at the acknowledgements of a run.
#[derive(Default)]
struct Witness {
    n_acknowledged: i64,
    /// Messages that were in no table.
    not_kept: Vec<String>,
    /// Messages that were acknowledged beyond those that the run had counted.
    not_counted: Vec<i64>,
}

/// Looks into the database before each acknowledgement is processed.
async fn watch(streaming: &Streaming) -> Arc<Mutex<Witness>> {
    let (pool, witness) = (streaming.app.pool().await, Arc::new(Mutex::new(Witness::default())));
    let seen = Arc::clone(&witness);
    streaming.double.on_acknowledge(Box::new(move |ids| {
        let (pool, seen) = (pool.clone(), Arc::clone(&seen));
        async move {
            let (not_kept, n_received) = look(&pool, &ids).await;
            let mut seen = seen.lock().unwrap();
            seen.not_kept.extend(not_kept);
            seen.n_acknowledged += i64::try_from(ids.len()).unwrap();
            let surplus = seen.n_acknowledged - n_received;
            seen.not_counted.extend((surplus > 0).then_some(surplus));
        }
        .boxed()
    }));
    witness
}

/// Which of these messages no table has, and how many messages the runs have counted.
async fn look(pool: &PgPool, ids: &[String]) -> (Vec<String>, i64) {
    let not_kept = sqlx::query_scalar(
        "select sent.id from unnest($1::text[]) as sent (id)
         where not exists (select 1 from run_alert join alert_packet using (alert_id)
                           where attributes->>'message_id' = sent.id)
           and not exists (select 1 from unreadable where message_id = sent.id)",
    )
    .bind(ids)
    .fetch_all(pool)
    .await
    .unwrap();
    let n_received =
        sqlx::query_scalar("select sum(received)::bigint from run").fetch_one(pool).await.unwrap();
    (not_kept, n_received)
}

#[tokio::test]
async fn whatever_is_acknowledged_is_committed_already() {
    let streaming = Streaming::start().await;
    let witness = watch(&streaming).await;
    for (i, packet) in night(1, 230).into_iter().enumerate() {
        streaming.publish(&[packet]);
        if i % 10 == 0 {
            streaming.double.publish(&streaming.topic, b"no packet", &[]);
        }
    }
    let run = streaming.run(json!({})).await;
    let counts = ["received", "stored", "unreadable", "acknowledged"].map(|count| n(&run, count));
    assert_eq!(counts, [253, 230, 23, 253], "{run}");
    let witness = witness.lock().unwrap();
    assert_eq!(witness.not_kept, Vec::<String>::new());
    assert_eq!(witness.not_counted, Vec::<i64>::new());
    assert_eq!(witness.n_acknowledged, 253);
    assert_eq!(streaming.double.acknowledged().len(), 253);
}

#[tokio::test]
async fn a_batch_that_is_cut_in_the_middle_is_acknowledged_up_to_the_cut() {
    let streaming = Streaming::start().await;
    let witness = watch(&streaming).await;
    let packets = night(3, 120);
    let n_passing = packets.iter().filter(|packet| classtar(packet) >= 0.5).count();
    assert!(n_passing > 12, "the night is no test of the filter: {n_passing}");
    streaming.publish(&packets);
    let parameters = json!({"max_results": 12, "classtar_threshold": 0.5, "classtar_gt_lt": "gt"});
    let run = streaming.run(parameters).await;
    assert_eq!((&run["state"], n(&run, "stored")), (&json!("finished"), 12), "{run}");
    assert!(n(&run, "rejected") > 0, "{run}");
    assert_eq!(n(&run, "acknowledged"), n(&run, "received"), "{run}");
    let acknowledged = streaming.acknowledged();
    assert_eq!(acknowledged.len() as u64, n(&run, "received"), "rejected ones too: {run}");
    let stored = streaming.stored_messages(&run).await;
    assert_eq!(stored.len(), 12);
    assert!(stored.is_subset(&acknowledged));
    assert_eq!(witness.lock().unwrap().not_counted, Vec::<i64>::new());
    streaming.all_given_back(120 - acknowledged.len()).await;
}

#[tokio::test]
async fn what_the_transport_says_of_a_message_is_kept_and_shown_with_the_alert() {
    let streaming = Streaming::start().await;
    let packet = &night(1, 1)[0];
    let attributes = [("kafka.topic", "ztf_20260912_programid1"), ("note", "<i>bright</i>")];
    let id = streaming.double.publish(&streaming.topic, &packet.bytes, &attributes);
    let run = streaming.run(json!({})).await;
    let kept: serde_json::Value = sqlx::query_scalar("select attributes from run_alert")
        .fetch_one(&streaming.app.pool().await)
        .await
        .unwrap();
    let expected = json!({
        "message_id": id,
        "publish_time": "2026-01-01T00:00:00.000Z",
        "attributes": {"kafka.topic": "ztf_20260912_programid1", "note": "<i>bright</i>"},
    });
    assert_eq!(kept, expected);
    let found = streaming.app.results(&run, "name").await;
    let page = streaming.app.get(found[0]["url"].as_str().unwrap()).await.expect(200);
    let page = page.hides("<i>bright").body;
    let message = page.split("<h3>Message</h3>").nth(1).expect("no section Message");
    let message = message.split("</details>").next().unwrap();
    for shown in [id.as_str(), "2026-01-01T00:00:00.000Z", "kafka.topic", "ztf_20260912_programid1"]
    {
        assert!(message.contains(shown), "{shown} is not in {message}");
    }
}
