//! What a run could not read: listed with the reason, and given out as it came.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::TestApp;

#[tokio::test]
async fn what_could_not_be_read_is_listed_with_the_reason_and_given_out_as_it_came() {
    let app = TestApp::start().await;
    let broken: &[u8] = b"Obj\x01 and no more";
    std::fs::write(app.archive.join("broken.avro"), broken).unwrap();
    std::fs::write(app.archive.join("empty.avro"), b"").unwrap();
    let run = app.run(json!({})).await;
    let (id, n) = (&run["id"], run["counts"]["unreadable"].as_u64().unwrap());
    let list = app.get(&format!("/api/runs/{id}/unreadable/")).await.expect(200).json();
    let rows = list["results"].as_array().unwrap();
    assert_eq!((list["count"].as_u64().unwrap(), rows.len() as u64), (n, n), "{list}");
    let of = |name: &str| -> &Value {
        let is_it = |row: &&Value| row["origin"].as_str().unwrap().contains(name);
        rows.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {list}"))
    };
    let (broken_row, empty) = (of("broken.avro"), of("empty.avro"));
    assert_eq!((&broken_row["bytes"], &empty["bytes"]), (&json!(broken.len()), &json!(0)));
    assert!(!broken_row["reason"].as_str().unwrap().is_empty(), "{broken_row}");
    assert_eq!(empty["url"], Value::Null, "there is nothing to give out");
    let own = format!("/api/runs/{id}/unreadable/{}/bytes/", broken_row["id"]);
    assert_eq!(broken_row["url"], json!(own));
    let given = app.get(&own).await.expect(200);
    assert_eq!(given.headers["content-type"], "application/octet-stream");
    assert_eq!(given.body.as_bytes(), broken);
    let page = format!("/runs/{id}/unreadable/{}/", broken_row["id"]);
    assert_eq!(app.get(&page).await.expect(200).body, given.body, "as the page gives it");
    app.get("/team/history/?action=exported").await.expect(200).shows("unreadable message");
    for file in ["broken.avro", "empty.avro"] {
        std::fs::remove_file(app.archive.join(file)).unwrap();
    }
    let other = app.run(json!({})).await["id"].clone();
    for nothing in [
        format!("/api/runs/{other}/unreadable/{}/bytes/", broken_row["id"]),
        format!("/api/runs/{id}/unreadable/999999/bytes/"),
        format!("/api/runs/{id}/unreadable/x/bytes/"),
        "/api/runs/999999/unreadable/".to_owned(),
    ] {
        assert!(app.get(&nothing).await.expect(404).json()["detail"].is_string(), "{nothing}");
    }
    let clean = app.get(&format!("/api/runs/{other}/unreadable/")).await.expect(200).json();
    assert_eq!(clean, json!({"count": 0, "next": null, "results": []}));
}

/// Takes an alert of a run back into its quarantine, as if its packet could not have been read; with these bytes before it.
async fn set_aside(pool: &PgPool, run: i64, alert: i64, before: &[u8]) {
    sqlx::query(
        "insert into unreadable (run_id, origin, error, bytes)
         select $1, 'alert ' || $2, 'No schema.', $3 || coalesce(h.bytes, ''::bytea) || p.bytes
         from alert_packet p left join packet_head h on h.id = p.head_id
         where p.alert_id = $2",
    )
    .bind(run)
    .bind(alert)
    .bind(before)
    .execute(pool)
    .await
    .unwrap();
    sqlx::query("delete from alert where id = $1").bind(alert).execute(pool).await.unwrap();
    sqlx::query(
        "update run set stored = stored - 1, passed = passed - 1, unreadable = unreadable + 1
         where id = $1",
    )
    .bind(run)
    .execute(pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn what_can_be_read_when_it_is_tried_again_becomes_an_alert_of_its_run_and_the_rest_stays() {
    let app = TestApp::start().await;
    let run = app.run(json!({"rb_min": 0.5})).await;
    let id = run["id"].as_i64().unwrap();
    let pool = app.pool().await;
    let before = app.results(&run, "name").await;
    let ids: Vec<i64> = before.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    assert!(ids.len() > 3, "{before:?}");
    set_aside(&pool, id, ids[0], b"").await;
    set_aside(&pool, id, ids[1], b"").await;
    set_aside(&pool, id, ids[2], b"x").await;
    let counts = async || app.get(&format!("/api/runs/{id}/")).await.json()["counts"].clone();
    let at_first = counts().await;
    let page = format!("/runs/{id}/unreadable/");
    app.get(&page).await.expect(200).shows("Try again");
    let retry = format!("/api/runs/{id}/unreadable/retry/");
    let n_other = at_first["unreadable"].as_u64().unwrap() - 3;
    let told = app.post_json(&retry, &json!({})).await.expect(200).json();
    assert_eq!(told["passed"], 2, "{told}");
    assert_eq!(told["rejected"], 0, "{told}");
    let after = counts().await;
    let n = |counts: &Value, name: &str| counts[name].as_u64().unwrap();
    assert_eq!(n(&after, "received"), n(&at_first, "received"));
    assert_eq!(n(&after, "unreadable"), n_other + 1, "{after}");
    assert_eq!(n(&after, "stored"), n(&at_first, "stored") + 2, "{after}");
    assert_eq!(
        n(&after, "received"),
        n(&after, "passed") + n(&after, "rejected") + n(&after, "unreadable"),
        "{after}"
    );
    let names =
        |rows: &[Value]| rows.iter().map(|row| row["source_id"].clone()).collect::<Vec<_>>();
    let now = names(&app.results(&run, "name").await);
    assert_eq!(now.len(), before.len() - 1);
    assert!(names(&before[..2]).iter().all(|source| now.contains(source)), "{now:?}");
    // The rest says what is the matter today, not what was.
    let left = app.get(&format!("/api/runs/{id}/unreadable/")).await.expect(200).json();
    let row = left["results"].as_array().unwrap().iter();
    let row = row.rev().find(|row| row["origin"].as_str().unwrap().starts_with("alert ")).unwrap();
    assert_ne!(row["reason"], "No schema.", "{row}");
    app.get("/team/history/?action=tried%20again").await.expect(200).shows("passed: 2");
    let nothing_new = app.post(&format!("{page}retry/"), &[]).await.expect(303);
    assert_eq!(nothing_new.location(), page);
    app.post_json("/api/runs/999999/unreadable/retry/", &json!({})).await.expect(404);
}

#[tokio::test]
async fn what_is_read_again_and_rejected_by_the_filter_is_counted_by_its_rule() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let id = run["id"].as_i64().unwrap();
    let pool = app.pool().await;
    let alert = app.results(&run, "name").await[0]["id"].as_i64().unwrap();
    set_aside(&pool, id, alert, b"").await;
    sqlx::query("update run set parameters = parameters || '{\"mag_max\": \"1\"}' where id = $1")
        .bind(id)
        .execute(&pool)
        .await
        .unwrap();
    let retry = format!("/api/runs/{id}/unreadable/retry/");
    let told = app.post_json(&retry, &json!({})).await.expect(200).json();
    assert_eq!((&told["passed"], &told["rejected"]), (&json!(0), &json!(1)), "{told}");
    let run = app.get(&format!("/api/runs/{id}/")).await.expect(200).json();
    assert_eq!(run["rejected_by"]["mag_max"], 1, "{run}");
}
