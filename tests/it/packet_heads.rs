//! Packets whose heads are kept once: each comes back as it was.

use std::path::Path;

use serde_json::json;
use sqlx::PgPool;

use crate::support::{TestApp, write_night};

async fn n(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// Every packet of a folder, as the page of its alert gives it.
async fn all_come_back(app: &TestApp, folder: &Path) {
    let mut n_packets = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let candid = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let address = format!("{}/alerts/ztf/{candid}/packet/", app.base);
        let answer = app.http.get(address).send().await.unwrap().error_for_status().unwrap();
        assert_eq!(answer.bytes().await.unwrap(), std::fs::read(&file).unwrap(), "{candid}");
        n_packets += 1;
    }
    assert!(n_packets > 0);
}

const WITHOUT_HEAD: &str = "select count(*) from alert_packet where head_id is null";
const HEADS: &str = "select count(*) from packet_head";

#[tokio::test]
async fn the_schema_of_a_night_is_kept_once_and_every_packet_comes_back_as_it_was() {
    let app = TestApp::start_empty().await;
    let (pool, folder) = (app.pool().await, app.archive.join("a"));
    write_night(&folder, 1, 40);
    app.run(json!({})).await;
    assert_eq!((n(&pool, HEADS).await, n(&pool, WITHOUT_HEAD).await), (1, 0));
    let shared = n(&pool, "select octet_length(bytes)::bigint from packet_head").await;
    assert!(shared > 10_000, "the schema is not in the head: {shared} bytes");
    let begins = "select count(*) from alert_packet where substring(bytes for 4) = 'Obj\\001'";
    assert_eq!(n(&pool, begins).await, 0, "a packet holds its head as well");
    all_come_back(&app, &folder).await;
}

#[tokio::test]
async fn a_packet_keeps_its_head_when_there_are_too_many_of_them() {
    let app = TestApp::start_empty().await;
    let (pool, folder) = (app.pool().await, app.archive.join("a"));
    let others =
        "insert into packet_head (bytes) select int4send(n) from generate_series(1, 256) n";
    sqlx::query(others).execute(&pool).await.unwrap();
    write_night(&folder, 1, 5);
    app.run(json!({})).await;
    assert_eq!((n(&pool, HEADS).await, n(&pool, WITHOUT_HEAD).await), (256, 5));
    all_come_back(&app, &folder).await;
}

/// Gives a container another entry in its header.
fn with_note(container: &[u8], note: u8) -> Vec<u8> {
    assert_eq!(container[4], 2, "a simulated packet has one entry, its schema");
    let (magic, entries) = (&container[..4], &container[5..]);
    [magic, &[2 * 2, 2 * 4], b"note", &[2, note], entries].concat()
}

#[tokio::test]
async fn packets_of_one_batch_may_have_many_heads() {
    let app = TestApp::start_empty().await;
    let (pool, folder) = (app.pool().await, app.archive.join("a"));
    write_night(&folder, 1, 40);
    for (note, file) in (0..20).zip(std::fs::read_dir(&folder).unwrap()) {
        let file = file.unwrap().path();
        let noted = with_note(&std::fs::read(&file).unwrap(), b'a' + note);
        std::fs::write(&file, noted).unwrap();
    }
    let run = app.run(json!({})).await;
    assert_eq!(run["counts"]["stored"], json!(40), "{run}");
    assert_eq!(n(&pool, HEADS).await, 16);
    all_come_back(&app, &folder).await;
}

#[tokio::test]
async fn a_head_that_the_database_has_lost_is_put_in_again() {
    let app = TestApp::start_empty().await;
    let (pool, folder) = (app.pool().await, app.archive.join("a"));
    write_night(&folder, 1, 5);
    app.run(json!({})).await;
    // As a database that was set back to before the first run.
    // Its ids are given again, to others.
    sqlx::query("update packet_head set bytes = 'another'").execute(&pool).await.unwrap();
    sqlx::query("truncate alert cascade").execute(&pool).await.unwrap();
    let run = app.run(json!({})).await;
    assert_eq!((&run["state"], &run["counts"]["stored"]), (&json!("finished"), &json!(5)), "{run}");
    assert_eq!((n(&pool, HEADS).await, n(&pool, WITHOUT_HEAD).await), (2, 0));
    all_come_back(&app, &folder).await;
}
