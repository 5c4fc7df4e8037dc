//! The life of a run: kept, counted, stopped, cancelled, interrupted.

use std::time::Duration;

use serde_json::{Value, json};
use tom_alerts::{
    domain::{
        alert::Classification,
        run::RunState,
        sharing::{Sharing, TEAM},
    },
    storage::{Batch, KeptAlert, NewRun, NotKept},
};

use crate::support::{TestApp, write_night};

fn counts(run: &Value) -> [u64; 6] {
    ["received", "passed", "rejected", "duplicates", "unreadable", "stored"]
        .map(|name| run["counts"][name].as_u64().unwrap())
}

#[tokio::test]
async fn a_run_without_limit_reads_to_the_end() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    assert_eq!(run["state"], "finished");
    assert_eq!(counts(&run), [40, 40, 0, 0, 0, 40]);
    assert_eq!(run["feedback"], "Read to the end: 40 packets.");
    let found = app.results(&run, "name").await;
    assert_eq!(found.len(), 40);
}

#[tokio::test]
async fn exactly_max_results_are_kept() {
    let app = TestApp::start().await;
    for n in [1, 7, 40] {
        let run = app.run(json!({"max_results": n})).await;
        assert_eq!(counts(&run)[5], n, "{run}");
        assert_eq!(counts(&run)[0], n, "what comes after the limit is not counted: {run}");
    }
    let run = app.run(json!({"max_results": 41})).await;
    assert_eq!(counts(&run)[5], 40);
}

#[tokio::test]
async fn a_limit_that_is_just_reached_is_told_apart_from_one_that_leaves_something_out() {
    let app = TestApp::start().await;
    let all = app.results(&app.run(json!({})).await, "name").await;
    // What passes a filter is fewer than there are: so is what is left out.
    let mut scores: Vec<f64> = all.iter().filter_map(|alert| alert["rb"].as_f64()).collect();
    scores.sort_by(|one, other| other.total_cmp(one));
    let (best, third) = (scores[0], scores[2]);
    assert!(best > third, "{scores:?}");
    for (sent, n_stored, is_all) in [
        (json!({"max_results": 39}), 39, false),
        (json!({"max_results": 40}), 40, true),
        (json!({"max_results": 3, "rb_min": third - 1e-6}), 3, true),
        (json!({"max_results": 2, "rb_min": third - 1e-6}), 2, false),
    ] {
        let run = app.run(sent.clone()).await;
        assert_eq!((&run["state"], counts(&run)[5]), (&json!("finished"), n_stored), "{run}");
        let feedback = run["feedback"].as_str().unwrap();
        let told = if is_all {
            format!(
                "Read to the end. There are no more: the limit of {n_stored} results was just reached."
            )
        } else {
            format!(
                "Stopped at the limit of {n_stored} results. There may be more: raise \"Maximum results\" to see them."
            )
        };
        assert_eq!(feedback, told, "{sent}");
    }
    let run = app.run(json!({"max_results": 41})).await;
    assert_eq!(run["feedback"], "Read to the end: 40 packets.");
}

#[tokio::test]
async fn magnitudes_of_the_api_are_as_short_as_they_are_exact() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let body = app.get(&format!("/api/runs/{}/alerts/", run["id"])).await.expect(200).body;
    for name in ["mag", "mag_err", "score", "rb"] {
        let numbers: Vec<&str> = body
            .split(&format!("\"{name}\":"))
            .skip(1)
            .filter_map(|rest| rest.split([',', '}']).next())
            .filter(|number| *number != "null")
            .collect();
        assert!(!numbers.is_empty(), "no {name} in {body}");
        for number in numbers {
            let single: f32 = number.parse().unwrap();
            assert_eq!(single.to_string(), number.trim_end_matches(".0"), "{name}");
        }
    }
}

#[tokio::test]
async fn what_the_filter_rejects_is_counted_by_rule() {
    let app = TestApp::start().await;
    let everything = app.results(&app.run(json!({})).await, "name").await;
    let run =
        app.run(json!({"rb_min": 0.65, "classtar_threshold": 0.5, "classtar_gt_lt": "lt"})).await;
    let [received, passed, rejected, ..] = counts(&run);
    assert_eq!((received, passed + rejected), (40, 40));
    let by_rule: u64 =
        run["rejected_by"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(by_rule, rejected);
    let expected: Vec<_> = everything
        .iter()
        .filter(|alert| {
            alert["rb"].as_f64().unwrap() >= 0.65 && alert["score"].as_f64().unwrap() < 0.5
        })
        .map(|alert| alert["source_id"].clone())
        .collect();
    let found: Vec<_> =
        app.results(&run, "name").await.iter().map(|alert| alert["source_id"].clone()).collect();
    assert_eq!(found, expected);
    assert!(!found.is_empty() && rejected > 0, "the night is no test of the filter");
}

#[tokio::test]
async fn an_alert_that_comes_twice_is_stored_once_and_linked_to_every_run_that_found_it() {
    let app = TestApp::start_empty().await;
    write_night(&app.archive.join("a"), 1, 10);
    write_night(&app.archive.join("b"), 1, 10);
    let run = app.run(json!({})).await;
    assert_eq!(counts(&run), [20, 20, 0, 10, 0, 10]);
    let again = app.run(json!({})).await;
    assert_eq!(counts(&again), [20, 20, 0, 10, 0, 10]);
    let pool = app.pool().await;
    let stored: i64 =
        sqlx::query_scalar("select count(*) from alert").fetch_one(&pool).await.unwrap();
    let packets: i64 =
        sqlx::query_scalar("select count(*) from alert_packet").fetch_one(&pool).await.unwrap();
    assert_eq!((stored, packets), (10, 10));
    let limited = app.run(json!({"max_results": 10})).await;
    assert_eq!(counts(&limited)[5], 10, "repeats do not use up the limit: {limited}");
}

#[tokio::test]
async fn packets_that_cannot_be_read_are_set_aside_and_disturb_nothing() {
    let app = TestApp::start().await;
    std::fs::write(app.archive.join("000-broken.avro"), b"Obj\x01 this is no packet").unwrap();
    std::fs::write(app.archive.join("zzz.avro"), b"<script>alert(1)</script>").unwrap();
    std::fs::write(app.archive.join("empty.avro"), b"").unwrap();
    let run = app.run(json!({})).await;
    assert_eq!(run["state"], "finished");
    assert_eq!(counts(&run), [43, 40, 0, 0, 3, 40]);
    let id = run["id"].as_i64().unwrap();
    let page = app
        .get(&format!("/runs/{id}/unreadable/"))
        .await
        .expect(200)
        .shows("000-broken.avro")
        .shows("zzz.avro")
        .shows("not stored");
    let link = page
        .body
        .split("href=\"")
        .find(|part| part.starts_with(&format!("/runs/{id}/unreadable/")) && part.len() > 20)
        .unwrap();
    let download = app.get(link.split('"').next().unwrap()).await.expect(200);
    assert_eq!(download.headers["content-type"], "application/octet-stream");
    assert!(download.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    assert_eq!(download.body, "Obj\u{1} this is no packet");
    app.get(&format!("/runs/{}/unreadable/1/", id + 1)).await.expect(404);
}

#[tokio::test]
async fn a_packet_of_another_survey_is_set_aside_and_shows_its_fields() {
    let app = TestApp::start_empty().await;
    let schema = r#"{"type": "record", "name": "alert", "namespace": "lsst.v11_1", "fields": [
        {"name": "diaSourceId", "type": "long"},
        {"name": "taken", "type": {"type": "long", "logicalType": "timestamp-millis"}}]}"#;
    let schema = apache_avro::Schema::parse_str(schema).unwrap();
    let mut writer = apache_avro::Writer::new(&schema, Vec::new()).unwrap();
    let mut record = apache_avro::types::Record::new(&schema).unwrap();
    record.put("diaSourceId", 170_028_485_835_751_490_i64);
    record.put("taken", apache_avro::types::Value::TimestampMillis(1_789_171_200_000));
    writer.append_value(record).unwrap();
    let packet = writer.into_inner().unwrap();
    std::fs::write(app.archive.join("lsst.avro"), &packet).unwrap();
    std::fs::write(app.archive.join("cut.avro"), &packet[..packet.len() - 9]).unwrap();
    std::fs::write(app.archive.join("junk.avro"), b"junk").unwrap();
    let run = app.run(json!({})).await;
    assert_eq!(counts(&run)[4], 3);
    let home = format!("/runs/{}/unreadable/", run["id"]);
    let page = app.get(&home).await.expect(200).shows("an Avro container of LSST");
    let of = |name: &str| {
        let row = page.body.split("<tr>").find(|row| row.contains(name)).unwrap();
        row.split("href=\"")
            .find(|part| part.contains("/json/"))
            .map(|part| part.split('"').next().unwrap())
    };
    let json = app.get(of("lsst.avro").unwrap()).await.expect(200).json();
    assert_eq!(json, json!({"diaSourceId": "170028485835751490", "taken": "2026-09-12T00:00:00Z"}));
    app.get(of("cut.avro").unwrap()).await.expect(400).shows("truncated packet");
    assert_eq!(of("junk.avro"), None);
}

#[tokio::test]
async fn looking_at_a_run_starts_nothing() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 5})).await;
    for _ in 0..3 {
        app.get(&format!("/runs/{}/", run["id"])).await.expect(200);
        app.get(&format!("/runs/{}/progress/?shown=0", run["id"]))
            .await
            .expect(200)
            .shows("Show 5 new alerts");
    }
    assert_eq!(app.get("/api/runs/").await.json()["results"].as_array().unwrap().len(), 1);
    for path in ["cancel", "run", "selection"] {
        app.get(&format!("/runs/{}/{path}/", run["id"])).await.expect(405);
    }
    let again = app.post(&format!("/runs/{}/run/", run["id"]), &[]).await.expect(303);
    assert_ne!(again.location(), format!("/runs/{}/", run["id"]));
}

#[tokio::test]
async fn a_run_is_cancelled_and_keeps_what_came() {
    let app = TestApp::start_empty().await;
    write_night(&app.archive, 1, 1);
    let packet = std::fs::read_dir(&app.archive).unwrap().next().unwrap().unwrap().path();
    for i in 0..20_000 {
        std::os::unix::fs::symlink(&packet, app.archive.join(format!("{i}.avro"))).unwrap();
    }
    assert!(
        std::process::Command::new("mkfifo")
            .arg(app.archive.join("pipe.avro"))
            .status()
            .unwrap()
            .success()
    );
    let started = app
        .post_json("/api/runs/", &json!({"broker": "archive", "parameters": {"folder": "night"}}))
        .await;
    let id = started.json()["id"].as_i64().unwrap();
    while app.get(&format!("/api/runs/{id}/")).await.json()["state"] == "queued" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = app.wait(id).await;
    assert_eq!(run["state"], "cancelled");
    assert!(counts(&run)[0] < 20_000, "{run}");
    app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    app.get(&format!("/runs/{id}/"))
        .await
        .shows("The run had ended already.")
        .shows("Stopped on request.");
}

#[tokio::test]
async fn an_archive_that_is_gone_ends_the_run_with_a_sentence() {
    let app = TestApp::start().await;
    let saved = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night"}});
    let id =
        app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].as_i64().unwrap();
    std::fs::remove_dir_all(&app.archive).unwrap();
    let started = app.post_json(&format!("/api/queries/{id}/runs/"), &json!({})).await.expect(202);
    let run = app.wait(started.json()["id"].as_i64().unwrap()).await;
    assert_eq!(run["state"], "failed");
    assert!(run["feedback"].as_str().unwrap().contains("cannot be read"), "{run}");
    app.get(&format!("/runs/{}/", run["id"])).await.expect(200).shows("This run failed");
}

/// A run that a process has begun which says no more of it.
async fn begun_run(app: &TestApp) -> i64 {
    let run = NewRun {
        saved_query_id: None,
        query_name: String::new(),
        broker: "archive".to_owned(),
        parameters: json!({"folder": "night"}),
        instance: "a process that died".to_owned(),
        acts_as: None,
        sharing: Sharing::read_by(vec![TEAM]),
    };
    let asker = app.storage.local_asker().await.unwrap();
    let id = app.storage.create_run(&asker, &run, 1).await.unwrap();
    let begun = app.storage.begin_runs(&run.instance, 1, 1, Duration::ZERO).await.unwrap();
    assert_eq!(begun.iter().map(|run| run.id).collect::<Vec<_>>(), [id]);
    id
}

#[tokio::test]
async fn the_history_of_the_one_local_user_leads_to_no_page_that_is_not_there() {
    let app = TestApp::start().await;
    app.run(json!({})).await;
    let page = app.get("/team/history/").await.expect(200).shows("Local user").shows(">ran<");
    let main = page.body.split("<main").nth(1).unwrap();
    assert!(!main.contains(">Team<"), "there is no team here");
    for link in main.split("href=\"").skip(1).filter_map(|part| part.split('"').next()) {
        assert!(!link.starts_with("/team/") || link.starts_with("/team/history/"), "{link}");
        app.get(link).await.expect(200);
    }
}

#[tokio::test]
async fn a_run_whose_process_is_silent_becomes_interrupted() {
    let app = TestApp::start().await;
    let asker = app.storage.local_asker().await.unwrap();
    let id = begun_run(&app).await;
    app.runner.interrupt_silent(Duration::from_secs(30)).await.unwrap();
    assert_eq!(app.storage.find_run(&asker, id).await.unwrap().unwrap().state, RunState::Running);
    sqlx::query("update run set heartbeat = now() - interval '31 seconds'")
        .execute(&app.pool().await)
        .await
        .unwrap();
    app.runner.interrupt_silent(Duration::from_secs(30)).await.unwrap();
    let run = app.storage.find_run(&asker, id).await.unwrap().unwrap();
    assert_eq!(run.state, RunState::Interrupted);
    // The process was only asleep: what it still has is refused.
    let late = app
        .storage
        .keep_batch(id, Batch { number: 1, received_bytes: 1, ..Batch::default() })
        .await;
    assert!(matches!(late, Err(NotKept::RunEnded)), "{late:?}");
    app.get(&format!("/runs/{id}/")).await.expect(200).shows("This run was interrupted");
}

#[tokio::test]
async fn a_batch_that_is_sent_again_is_kept_once() {
    let app = TestApp::start().await;
    let asker = app.storage.local_asker().await.unwrap();
    let id = begun_run(&app).await;
    let bytes =
        bytes::Bytes::from(tom_alerts::simulate::default_night().packets().next().unwrap().bytes);
    let alert = tom_alerts::packets::decode(&bytes).unwrap();
    let batch = Batch {
        number: 1,
        alerts: vec![KeptAlert { alert, attributes: None }],
        received_bytes: 9,
        ..Batch::default()
    };
    for _ in 0..3 {
        assert_eq!(app.storage.keep_batch(id, batch.clone()).await.unwrap().stored_in_run, 1);
    }
    let run = app.storage.find_run(&asker, id).await.unwrap().unwrap();
    assert_eq!(
        (run.counts.received, run.counts.stored, run.counts.duplicates, run.counts.received_bytes),
        (1, 1, 0, 9)
    );
}

#[tokio::test]
async fn what_another_stream_says_of_an_alert_that_is_there_is_added_to_it_once() {
    let app = TestApp::start().await;
    let (id, pool) = (begun_run(&app).await, app.pool().await);
    let bytes =
        bytes::Bytes::from(tom_alerts::simulate::default_night().packets().next().unwrap().bytes);
    let plain = tom_alerts::packets::decode(&bytes).unwrap();
    let said = |classifier: &str, class: &str, probability| Classification {
        classifier: classifier.to_owned(),
        version: "1".to_owned(),
        class: class.to_owned(),
        class_id: None,
        probability,
    };
    let mut classified = plain.clone();
    // More than one is no probability: the class is kept without it.
    classified.classifications =
        vec![said("SuperNNova", "Ia", Some(0.75)), said("UPSILoN", "RRL", Some(1.5))];
    classified.tags = vec!["likely variable".to_owned(), "is_pure".to_owned()];
    for (number, (alert, topic)) in (1..).zip([
        (plain, "ztf-alerts"),
        (classified.clone(), "ztf-SuperNNova"),
        (classified.clone(), "ztf-tagged"),
    ]) {
        sqlx::query(
            "update run set parameters = jsonb_build_object('topic', $2::text) where id = $1",
        )
        .bind(id)
        .bind(topic)
        .execute(&pool)
        .await
        .unwrap();
        let alerts = vec![KeptAlert { alert, attributes: None }];
        let batch = Batch { number, alerts, received_bytes: 9, ..Batch::default() };
        assert_eq!(app.storage.keep_batch(id, batch).await.unwrap().stored_in_run, 1);
    }
    let path = format!("/api/alerts/ztf/{}/", classified.source_id);
    let told = app.get(&path).await.expect(200).json();
    assert_eq!(told["tags"], json!(["is_pure", "likely variable"]));
    let said = told["classifications"].as_array().unwrap().iter();
    let said: Vec<_> = said
        .map(|it| [&it["classifier"], &it["class"], &it["probability"], &it["stream"]])
        .collect();
    assert_eq!(
        said,
        [
            [&json!("SuperNNova"), &json!("Ia"), &json!(0.75), &json!("ztf-SuperNNova")],
            [&json!("UPSILoN"), &json!("RRL"), &Value::Null, &json!("ztf-SuperNNova")],
        ]
    );
}

#[tokio::test]
async fn a_batch_that_took_long_does_not_set_the_heartbeat_back() {
    let app = TestApp::start().await;
    let (id, pool) = (begun_run(&app).await, app.pool().await);
    let mut other = pool.begin().await.unwrap();
    sqlx::query("select from run for update").execute(&mut *other).await.unwrap();
    let storage = app.storage.clone();
    let batch = Batch { number: 1, received_bytes: 1, ..Batch::default() };
    let keeping = tokio::spawn(async move { storage.keep_batch(id, batch).await });
    let waits = "select exists (select from pg_stat_activity
                 where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&pool).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The process says that it lives while its batch is on the way.
    let beat: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar("update run set heartbeat = clock_timestamp() returning heartbeat")
            .fetch_one(&mut *other)
            .await
            .unwrap();
    other.commit().await.unwrap();
    keeping.await.unwrap().unwrap();
    let stays: bool = sqlx::query_scalar("select heartbeat >= $1 from run")
        .bind(beat)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(stays, "the heartbeat is that of the batch's beginning");
}

#[tokio::test]
async fn alerts_that_nobody_saved_are_pruned_after_their_time() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let first = app.results(&run, "name").await[0].clone();
    app.post_json(&format!("/api/runs/{}/targets/", run["id"]), &json!({"alerts": [first["id"]]}))
        .await
        .expect(200);
    let month = Duration::from_hours(720);
    assert_eq!(app.storage.prune_alerts(month, 1000).await.unwrap(), 0);
    sqlx::query("update alert set received = now() - interval '31 days'")
        .execute(&app.pool().await)
        .await
        .unwrap();
    assert_eq!(
        app.storage.prune_alerts(month, 1000).await.unwrap(),
        0,
        "a run of today shows them"
    );
    sqlx::query("update run set created = now() - interval '31 days'")
        .execute(&app.pool().await)
        .await
        .unwrap();
    assert_eq!(app.storage.prune_alerts(month, 1000).await.unwrap(), 39);
    app.get(first["url"].as_str().unwrap())
        .await
        .expect(200)
        .shows(first["object_id"].as_str().unwrap());
    // The run's page must not promise rows that are gone.
    app.get(&format!("/runs/{}/", run["id"]))
        .await
        .expect(200)
        .shows(first["object_id"].as_str().unwrap());
}

#[tokio::test]
async fn an_alert_that_a_run_is_just_finding_again_is_not_pruned() {
    let app = TestApp::start_empty().await;
    write_night(&app.archive, 1, 1);
    for _ in 0..2 {
        app.run(json!({})).await;
    }
    let pool = app.pool().await;
    // The first run is long over; the second has just begun.
    for sql in [
        "update alert set received = now() - interval '31 days'",
        "update run set created = now() - interval '31 days' where id = (select min(id) from run)",
        "delete from run_alert where run_id = (select max(id) from run)",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    // What keeping a batch does, up to its commit.
    let mut keeping = pool.begin().await.unwrap();
    for sql in [
        "select from alert for key share",
        "insert into run_alert (run_id, alert_id, object_id, jd, ra, dec)
         select (select max(id) from run), alert_id, object_id, jd, ra, dec from run_alert",
    ] {
        sqlx::query(sql).execute(&mut *keeping).await.unwrap();
    }
    let storage = app.storage.clone();
    let pruning = tokio::spawn(async move {
        storage.prune_alerts(Duration::from_hours(720), 1000).await.unwrap()
    });
    // Long enough for it to look, and to wait if it did.
    tokio::time::sleep(Duration::from_millis(300)).await;
    keeping.commit().await.unwrap();
    assert_eq!(pruning.await.unwrap(), 0);
    let links: i64 =
        sqlx::query_scalar("select count(*) from run_alert").fetch_one(&pool).await.unwrap();
    assert_eq!(links, 2);
}

/// Transactions that nobody goes on with, once nothing else is under way.
async fn left_open(app: &TestApp) -> i64 {
    let pool = app.pool().await;
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (under_way, left_open): (i64, i64) = sqlx::query_as(
            "select count(*) filter (where state = 'active' or state_change > now() - interval '2 seconds'),
                    count(*) filter (where state_change <= now() - interval '2 seconds')
             from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()
               and (state = 'active' or state like 'idle in transaction%') and backend_type = 'client backend'",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        if under_way == 0 {
            return left_open;
        }
    }
    panic!("something is under way for ever");
}

#[tokio::test]
async fn who_goes_away_while_a_transaction_is_begun_leaves_none_open() {
    let app = TestApp::start_empty().await;
    let by = app.storage.local_asker().await.unwrap();
    for i in 0..200_u64 {
        let begun = app.storage.select_all(&by, 1);
        let _ = tokio::time::timeout(Duration::from_micros(20 + 37 * (i % 60)), begun).await;
    }
    assert_eq!(left_open(&app).await, 0);
}

#[tokio::test]
async fn requests_that_go_away_leave_no_open_transaction_behind() {
    let app = TestApp::start().await;
    let run = app.run(json!({})).await;
    let path = format!("{}/runs/{}/selection/", app.base, run["id"]);
    for i in 0..200_u64 {
        let request = app
            .http
            .post(&path)
            .header("sec-fetch-site", "same-origin")
            .form(&[("action", "all")])
            .send();
        let _ = tokio::time::timeout(Duration::from_micros(100 + 37 * (i % 60)), request).await;
    }
    assert_eq!(left_open(&app).await, 0);
    for _ in 0..40 {
        app.get("/targets/").await.expect(200);
    }
}

#[tokio::test]
async fn a_change_that_is_begun_is_made_and_told_though_its_request_goes_away() {
    let app = TestApp::start_empty().await;
    let made = app.post_json("/api/targets/", &json!({"name": "a", "ra": 1, "dec": 2})).await;
    let id = made.expect(201).json()["id"].clone();
    let pool = app.pool().await;
    let mut holding = pool.begin().await.unwrap();
    sqlx::query("select from target for update").execute(&mut *holding).await.unwrap();
    let change = app
        .http
        .post(format!("{}/targets/{id}/update/", app.base))
        .header("sec-fetch-site", "same-origin")
        .form(&[("name", "b"), ("ra", "1"), ("dec", "2"), ("version", "1")])
        .send();
    let request = tokio::spawn(change);
    let is_begun = "select exists (select from pg_stat_activity
                                   where datname = current_database() and wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(is_begun).fetch_one(&pool).await.unwrap() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    request.abort();
    // Long enough for the service to see that nobody waits any more.
    tokio::time::sleep(Duration::from_millis(300)).await;
    holding.rollback().await.unwrap();
    let is_told = "select exists (select from history h join target t on t.id = h.object_id
                                  where h.action = 'changed' and h.kind = 'target' and t.version = 2)";
    for _ in 0..600 {
        if sqlx::query_scalar(is_told).fetch_one(&pool).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the change was given up");
}
