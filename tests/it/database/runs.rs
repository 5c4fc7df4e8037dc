//! Runs against the emulator, from the form to a target.

use serde_json::{Value, json};
use tom_alerts::{brokers::database::BigQueryService, domain::alert::Measurement};

use super::{LSST, ZTF, begin, feedback, log, n, on_emulator, run, tables};
use crate::{
    bigquery_emulator::{BigQueryEmulator, PROJECT},
    support::TestApp,
};

/// A service and a table of ZTF with these rows.
async fn ztf(rows: &[Value]) -> (BigQueryEmulator, TestApp, Value) {
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("ztf", &tables::ztf_columns()).await;
    emulator.insert("ztf", rows).await;
    let app = on_emulator(&emulator).await;
    let table = json!({"table": ZTF, "own_table": emulator.table("ztf"), "max_results": 100});
    (emulator, app, table)
}

#[tokio::test]
async fn on_the_emulator_an_alert_of_a_table_is_stored_shown_and_saved_as_a_target() {
    let rows = tables::ztf_rows(11, 30);
    let (_emulator, app, table) = ztf(&rows).await;
    let wanted =
        rows.iter().find(|row| row["prv_candidates"].as_array().unwrap().len() > 3).unwrap();
    let object = wanted["objectId"].as_str().unwrap();
    let sent = super::with(&table, &json!({"objectId": object, "columns": "history"}));
    let run = run(&app, &sent).await;
    assert_eq!(run["state"], "finished", "{run}");
    let of_object = rows.iter().filter(|row| row["objectId"] == object).count() as u64;
    assert_eq!(
        (n(&run, "received"), n(&run, "stored"), n(&run, "unreadable")),
        (of_object, of_object, 0)
    );
    assert!(log(&run).contains("BigQuery found"), "{}", log(&run));

    let candid = wanted["candid"].as_str().unwrap();
    let page = format!("/alerts/ztf/{candid}/");
    app.get(&page)
        .await
        .expect(200)
        .shows(object)
        .shows("<svg")
        .shows("magpsf")
        .shows("ZTF schema 4.02")
        .shows("measurements");
    let json = app.get(&format!("{page}json/")).await.expect(200).json();
    assert_eq!(json["candid"], candid);
    assert_eq!(json["candidate"]["magpsf"], wanted["candidate"]["magpsf"]);
    let packet = app.get(&format!("{page}packet/")).await.expect(200);
    let name = packet.headers["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.contains(&format!("{candid}.json")), "{name}");
    assert!(packet.json()["table"].as_str().unwrap().contains(".ztf"));

    let alerts: Vec<Value> =
        app.results(&run, "mag").await.iter().map(|row| row["id"].clone()).collect();
    let path = format!("/api/runs/{}/targets/", run["id"]);
    let saved = app.post_json(&path, &json!({"alerts": alerts})).await.expect(200).json();
    assert_eq!(saved["created"].as_array().unwrap().len(), 1, "{saved}");
    app.get("/targets/").await.expect(200).shows(object);
}

#[tokio::test]
async fn on_the_emulator_the_four_queries_of_the_python_module_answer_as_they_did() {
    let rows = tables::ztf_rows(12, 40);
    let (_emulator, app, table) = ztf(&rows).await;
    let object = rows[3]["objectId"].as_str().unwrap();
    let by_object = run(&app, &super::with(&table, &json!({"objectId": object}))).await;
    for row in app.results(&by_object, "time").await {
        assert_eq!(row["object_id"], object);
    }
    assert!(n(&by_object, "stored") >= 1);
    let by_candid = run(&app, &super::with(&table, &json!({"candid": rows[5]["candid"]}))).await;
    assert_eq!(app.results(&by_candid, "time").await[0]["source_id"], rows[5]["candid"]);
    assert_eq!(n(&by_candid, "stored"), 1);
    let sent = super::with(&table, &json!({"objectId": object, "candid": rows[5]["candid"]}));
    let body = json!({"broker": "database", "parameters": sent});
    let refused = app.post_json("/api/runs/", &body).await.expect(422).json();
    let both = json!(["Only one of either objectId or candid can be used to filter."]);
    assert_eq!(refused["errors"]["objectId"], both);
    let body = json!({"broker": "database", "parameters": table});
    let refused = app.post_json("/api/runs/", &body).await.expect(422).json();
    assert!(refused["errors"]["__all__"][0].as_str().unwrap().contains("Add an objectId"));
    let sent = super::with(
        &table,
        &json!({"observed_after": "2026-09-10", "observed_before": "2026-09-16", "max_results": 7}),
    );
    let newest = run(&app, &sent).await;
    let mut jds: Vec<f64> =
        rows.iter().map(|row| row["candidate"]["jd"].as_f64().unwrap()).collect();
    jds.sort_by(f64::total_cmp);
    assert_eq!((n(&newest, "stored"), newest["state"].as_str()), (7, Some("finished")));
    assert!(feedback(&newest).contains("limit of 7"), "{newest}");
    let oldest_found =
        app.results(&newest, "time").await[0]["timestamp"].as_str().unwrap().to_owned();
    let expected = tom_alerts::domain::time::jd_to_utc(jds[jds.len() - 7]).unwrap();
    let found: chrono::DateTime<chrono::Utc> = oldest_found.parse().unwrap();
    assert!((found - expected).num_seconds().abs() <= 1, "{found} {expected}");
}

#[tokio::test]
async fn on_the_emulator_lsst_rows_become_alerts_with_history() {
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("lsst", &tables::lsst_columns()).await;
    let rows = tables::lsst_rows(&tables::ztf_rows(13, 20));
    emulator.insert("lsst", &rows).await;
    let app = on_emulator(&emulator).await;
    let row = rows.iter().find(|row| row["prvDiaSources"].as_array().unwrap().len() > 2).unwrap();
    let id = row["diaSourceId"].to_string();
    let sent = json!({"table": LSST, "own_table": emulator.table("lsst"), "max_results": 10, "candid": id,
        "observed_after": "2026-09-10", "columns": "history"});
    let found = run(&app, &sent).await;
    assert_eq!((found["state"].as_str(), n(&found, "stored")), (Some("finished"), 1), "{found}");
    app.get(&format!("/alerts/lsst/{id}/"))
        .await
        .expect(200)
        .shows("diaSource.psfFlux")
        .shows("<svg")
        .shows("LSST schema 11.1");
    let json = app.get(&format!("/alerts/lsst/{id}/json/")).await.expect(200).json();
    assert_eq!(json["diaSourceId"].to_string().trim_matches('"'), id);
    for columns in ["summary", "all"] {
        let sent = json!({"table": LSST, "own_table": emulator.table("lsst"), "max_results": 100,
            "observed_after": "2026-09-10", "observed_before": "2026-09-16", "columns": columns});
        let all = run(&app, &sent).await;
        assert_eq!(n(&all, "received"), 20, "{all}");
        assert_eq!(n(&all, "stored"), 20, "{all}");
    }
}

#[tokio::test]
async fn on_the_emulator_ten_thousand_rows_come_in_pages() {
    let (emulator, app, mut table) = ztf(&tables::ztf_rows(14, 1)).await;
    let many = format!(
        "CREATE TABLE `{}` AS SELECT t.* EXCEPT (candid), t.candid + n AS candid FROM `{}` AS t, UNNEST(GENERATE_ARRAY(1, 10000)) AS n",
        emulator.table("many"),
        emulator.table("ztf")
    );
    emulator.query(&many, &[]).await;
    table["own_table"] = json!(emulator.table("many"));
    let sent = super::with(
        &table,
        &json!({"observed_after": "2026-09-10", "observed_before": "2026-09-16", "max_results": 20_000}),
    );
    let run = run(&app, &sent).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!(
        (n(&run, "received"), n(&run, "stored"), n(&run, "duplicates")),
        (10_000, 10_000, 0)
    );
    assert!(log(&run).contains("BigQuery found 10,000 alerts"), "{}", log(&run));
}

#[tokio::test]
async fn on_the_emulator_a_run_that_is_stopped_stops_its_job() {
    let (emulator, _, mut table) = ztf(&tables::ztf_rows(15, 2)).await;
    // A view that takes long to read.
    let slow = format!(
        "CREATE VIEW `{}` AS SELECT t.* EXCEPT (candid), t.candid + MOD(a * b * c, 97) AS candid FROM `{}` AS t, UNNEST(GENERATE_ARRAY(1, 3000)) AS a, UNNEST(GENERATE_ARRAY(1, 3000)) AS b, UNNEST(GENERATE_ARRAY(1, 3000)) AS c",
        emulator.table("slow"),
        emulator.table("ztf")
    );
    emulator.query(&slow, &[]).await;
    let (front, asked) = emulator.front(5 << 30).await;
    let service = BigQueryService::at(Some(&front), &crate::timing::short()).unwrap();
    let app = TestApp::start_with_bigquery(service, super::access()).await;
    table["own_table"] = json!(emulator.table("slow"));
    let id = begin(&app, &super::with(&table, &json!({"candid": 5, "timeout": 600}))).await;
    let mut job = String::new();
    for _ in 0..1_200 {
        let run = app.get(&format!("/api/runs/{id}/")).await.expect(200).json();
        if let Some((_, rest)) = log(&run).split_once("runs the job ") {
            job = rest.lines().next().unwrap().trim_end_matches('"').to_owned();
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(job.starts_with("tom_alerts_"), "{job}");
    app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = app.wait(id).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    let cancel = format!("/{job}/cancel");
    assert!(asked.lock().unwrap().iter().any(|path| path.ends_with(&cancel)), "{asked:?}");
    for _ in 0..150 {
        let jobs = emulator.jobs().await;
        let stopped =
            jobs.iter().find(|found| found["jobReference"]["jobId"] == job.as_str()).unwrap();
        if stopped["state"] == "DONE" {
            assert_eq!(stopped["errorResult"]["reason"], "stopped", "{stopped}");
            return;
        }
        // The emulator forgets a request that comes before it has begun to read the table.
        emulator.cancel(&job).await;
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    panic!("the job {job} of {PROJECT} goes on");
}

#[tokio::test]
async fn a_packet_with_images_takes_the_place_of_a_row() {
    let rows = tables::ztf_rows(1, 40);
    let (_emulator, app, table) = ztf(&rows).await;
    crate::support::write_night(&app.archive, 1, 40);
    let candid = rows[0]["candid"].as_str().unwrap().to_owned();
    let page = format!("/alerts/ztf/{candid}/");
    run(&app, &super::with(&table, &json!({"candid": candid}))).await;
    let size = |body: &str| body.len();
    let summary = size(&app.get(&format!("{page}packet/")).await.expect(200).body);
    run(&app, &super::with(&table, &json!({"candid": candid, "columns": "all"}))).await;
    let all = size(&app.get(&format!("{page}packet/")).await.expect(200).body);
    assert!(all > summary, "{all} {summary}");
    run(&app, &super::with(&table, &json!({"candid": candid}))).await;
    assert_eq!(size(&app.get(&format!("{page}packet/")).await.expect(200).body), all);
    app.get(&page).await.expect(200).shows("none in the packet");
    app.run(json!({})).await;
    app.get(&page).await.expect(200).shows("science, template, difference");
    run(&app, &super::with(&table, &json!({"candid": candid, "columns": "all"}))).await;
    app.get(&page).await.expect(200).shows("science, template, difference");
}

/// The recording has what a light curve needs, and the object's name once for all rows: neither candid nor objectId.
#[test]
fn the_rows_of_a_recorded_answer_are_read_as_they_were_recorded() {
    #[expect(clippy::disallowed_methods, reason = "tests/run says where real packets are")]
    let Some(folder) = std::env::var_os("TOM_ALERTS_PACKETS") else {
        #[expect(clippy::print_stdout, reason = "whoever reads the tests' output should know")]
        {
            println!("skipped: TOM_ALERTS_PACKETS is not set");
        }
        return;
    };
    let path = std::path::Path::new(&folder).join("skyportal/pittgoogle_rows.json");
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let rows = recorded["rows"].as_array().unwrap();
    assert_eq!((rows.len(), recorded["objectId"].as_str()), (30, Some("ZTF19acfixfe")));
    // No alert is made of what does not say which it is.
    for row in rows {
        let error = tables::read(row.clone()).unwrap_err().to_string();
        assert!(error.contains("objectId"), "{error}");
    }
    // As the earlier measurements of another row they are a light curve, unchanged.
    let mut row = tables::ztf_rows(1, 1).remove(0);
    row["prv_candidates"] = recorded["rows"].clone();
    row["fp_hists"] = json!([]);
    let alert = tables::alert_of(row);
    assert_eq!(alert.history.len(), rows.len());
    for (point, row) in alert.history.iter().zip(rows) {
        let Measurement::Detection { source_id, mag, mag_err, .. } = &point.measurement else {
            panic!("{point:?}")
        };
        assert_eq!(*source_id, None);
        assert_eq!(Some(point.jd), row["jd"].as_f64());
        assert_eq!((Some(*mag), *mag_err), (row["magpsf"].as_f64(), row["sigmapsf"].as_f64()));
        assert_eq!(point.band.unwrap().letter(), if row["fid"] == 1 { "g" } else { "r" });
    }
}
