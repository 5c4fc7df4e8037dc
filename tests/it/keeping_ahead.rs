//! Two batches of a run in the database at the same time: the second is inserted while the first is not committed.

use std::{path::Path, time::Duration};

use serde_json::json;
use sqlx::PgPool;

use crate::support::{TestApp, write_night};

/// Three batches of the archive's.
const PACKETS: u16 = 450;

/// The process of the batch that waits to be linked, once another one has its alerts in their tables.
async fn batch_with_another_ahead(pool: &PgPool) -> i32 {
    for _ in 0..6_000 {
        let found: Option<(i32,)> = sqlx::query_as(
            "select first.pid
             from pg_stat_activity first, pg_stat_activity next
             where first.datname = current_database() and next.datname = current_database()
               and first.wait_event_type = 'Lock' and first.query like 'insert into alert_packet %'
               and next.state = 'idle in transaction' and next.query like 'copy alert_packet %'",
        )
        .fetch_optional(pool)
        .await
        .unwrap();
        if let Some((pid,)) = found {
            return pid;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no batch is inserted while another one waits");
}

#[tokio::test]
async fn a_batch_is_inserted_while_the_one_before_is_not_committed_and_waits_for_it() {
    let app = TestApp::start_empty().await;
    let night = tempfile::tempdir().unwrap();
    write_night(night.path(), 1, PACKETS.into());
    let mut files: Vec<_> =
        std::fs::read_dir(&night).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let archived = |file: &Path| app.archive.join(file.file_name().unwrap());
    let file = &files[0];
    std::fs::copy(file, archived(file)).unwrap();
    app.run(json!({"folder": "night"})).await;
    for other in &files[1..] {
        std::fs::copy(other, archived(other)).unwrap();
    }
    let pool = app.pool().await;
    // The first batch, and nothing else, has to put a packet in the place of this row.
    let row = "update alert_packet set format = 'table-row', bytes = '{}', head_id = null";
    sqlx::query(row).execute(&pool).await.unwrap();
    let mut barrier = pool.begin().await.unwrap();
    sqlx::query("select from alert_packet for update").execute(&mut *barrier).await.unwrap();
    let parameters = json!({"folder": "night"});
    let sent = json!({"broker": "archive", "parameters": parameters});
    let run = app.post_json("/api/runs/", &sent).await.expect(202).json();
    let pid = batch_with_another_ahead(&pool).await;
    // The first one's connection is gone: the second one must not be counted before it.
    sqlx::query("select pg_terminate_backend($1)").bind(pid).execute(&pool).await.unwrap();
    let counted = "select batch_number, stored from run order by id desc limit 1";
    for _ in 0..20 {
        let found: (i64, i64) = sqlx::query_as(counted).fetch_one(&pool).await.unwrap();
        assert_eq!(found, (0, 0));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    barrier.rollback().await.unwrap();
    let run = app.wait(run["id"].as_i64().unwrap()).await;
    assert_eq!((&run["state"], &run["counts"]["received"]), (&json!("finished"), &json!(PACKETS)));
    assert_eq!(
        (&run["counts"]["stored"], &run["counts"]["duplicates"]),
        (&json!(PACKETS), &json!(0))
    );
    assert_eq!(app.results(&run, "name").await.len(), usize::from(PACKETS));
    let found: (i64, i64) = sqlx::query_as(counted).fetch_one(&pool).await.unwrap();
    assert_eq!(found, (3, PACKETS.into()));
    let candid = file.file_stem().unwrap().to_str().unwrap();
    let address = format!("{}/alerts/ztf/{candid}/packet/", app.base);
    let packet = app.http.get(address).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(packet, std::fs::read(file).unwrap(), "the packet that took the row's place");
}
