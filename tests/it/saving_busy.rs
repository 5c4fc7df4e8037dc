//! Alerts that are saved as targets while somebody else holds what that takes.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::PgPool;
use tom_alerts::domain::timing::{Timing, WebTiming};

use crate::{
    support::{Answer, TestApp, write_night},
    timing,
};

/// When the transaction began that waits for a lock, in microseconds; waits until there is one other than this.
async fn waits_for_a_lock(pool: &PgPool, other_than: i64) -> i64 {
    let waits = "select (extract(epoch from xact_start) * 1e6)::bigint
                 from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock'";
    for _ in 0..1_200 {
        let begun: Option<i64> = sqlx::query_scalar(waits).fetch_optional(pool).await.unwrap();
        if let Some(begun) = begun.filter(|begun| *begun != other_than) {
            return begun;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("nobody waits for a lock")
}

async fn give_up_what_waits(pool: &PgPool) {
    let cancel = "select pg_cancel_backend(pid) from pg_stat_activity
                  where datname = current_database() and wait_event_type = 'Lock'";
    sqlx::query(cancel).execute(pool).await.unwrap();
}

async fn save_first_two(app: &TestApp, run: &Value) -> Answer {
    let rows = app.results(run, "name").await;
    let alerts = json!({"alerts": [rows[0]["id"], rows[9]["id"]]});
    app.post_json(&format!("/api/runs/{}/targets/", run["id"]), &alerts).await
}

#[tokio::test]
async fn an_alert_that_the_database_had_no_time_for_is_saved_when_it_has() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let pool = app.pool().await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("lock table target_name in exclusive mode").execute(&mut *holder).await.unwrap();
    let ((), answer) = tokio::join!(
        async {
            let first = waits_for_a_lock(&pool, 0).await;
            give_up_what_waits(&pool).await;
            waits_for_a_lock(&pool, first).await;
            holder.rollback().await.unwrap();
        },
        save_first_two(&app, &run),
    );
    let answer = answer.expect(200).json();
    assert_eq!(answer["created"].as_array().unwrap().len(), 2, "{answer}");
    assert_eq!(answer["failed"], json!([]));
}

#[tokio::test]
async fn what_is_not_saved_in_time_is_given_back_and_nothing_of_it_comes_later() {
    let short = timing::short();
    let web = WebTiming { saving: Duration::from_secs(1), ..short.web };
    let app = TestApp::start_timed(&Timing { web, ..short }).await;
    write_night(&app.archive, 1, 40);
    let run = app.run(json!({})).await;
    let mut holder = app.pool().await.begin().await.unwrap();
    sqlx::query("lock table target_name in exclusive mode").execute(&mut *holder).await.unwrap();
    let answer = save_first_two(&app, &run).await.expect(200).json();
    let reasons: Vec<_> =
        answer["failed"].as_array().unwrap().iter().map(|failed| &failed["reason"]).collect();
    assert_eq!(reasons, ["There was no time left for it. Try again."; 2], "{answer}");
    holder.rollback().await.unwrap();
    let again = save_first_two(&app, &run).await.expect(200).json();
    assert_eq!(again["created"].as_array().unwrap().len(), 2, "{again}");
}
