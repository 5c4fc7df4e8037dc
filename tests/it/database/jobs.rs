//! Every job is capped, timed, labelled and looked at before; one that nobody wants any more is stopped.

use std::time::Duration;

use serde_json::{Value, json};
use tom_alerts::brokers::database::BigQueryService;

use super::{ZTF, access, begin, log, n, run};
use crate::{
    bigquery_double::{BigQueryDouble, Refusal, Verb},
    support::TestApp,
    timing,
};

pub(super) const GIB: u64 = 1 << 30;

/// A service whose BigQuery is a double.
pub(super) async fn doubled() -> (BigQueryDouble, TestApp) {
    doubled_with(|_| {}).await
}

pub(super) async fn doubled_with(
    change: impl FnOnce(&mut BigQueryService),
) -> (BigQueryDouble, TestApp) {
    let double = BigQueryDouble::start().await;
    let mut service = BigQueryService::at(Some(double.host()), &timing::short()).unwrap();
    change(&mut service);
    let app = TestApp::start_with_bigquery(service, access()).await;
    (double, app)
}

pub(super) fn by_object() -> Value {
    json!({"table": ZTF, "objectId": "ZTF21abcdefg", "max_results": 1000})
}

/// Rows of a result: candids with a fixed place and time.
pub(super) fn rows(candids: std::ops::Range<i64>) -> Vec<Value> {
    candids
        .map(|candid| {
            json!({"f": [{"v": "ZTF21abcdefg"}, {"v": candid.to_string()},
                {"v": {"f": [{"v": "2461295.5"}, {"v": "1"}, {"v": "10.5"}, {"v": "-3.5"}, {"v": "18.5"}]}}]})
        })
        .collect()
}

pub(super) fn columns() -> Value {
    json!([{"name": "objectId", "type": "STRING"}, {"name": "candid", "type": "INTEGER"},
        {"name": "candidate", "type": "RECORD", "fields": [{"name": "jd", "type": "FLOAT"}, {"name": "fid", "type": "INTEGER"},
            {"name": "ra", "type": "FLOAT"}, {"name": "dec", "type": "FLOAT"}, {"name": "magpsf", "type": "FLOAT"}]}])
}

#[tokio::test]
async fn every_job_is_capped_timed_labelled_and_looked_at_before() {
    let (double, app) = doubled().await;
    double.says("LOWER_BOUND");
    for (estimate, cap) in [(0, 10 << 20), (10 * GIB, 11 * GIB), (99 * GIB, 100 * GIB)] {
        double.costs(estimate, 0);
        let run = run(&app, &by_object()).await;
        assert_eq!(run["state"], "finished", "{run}");
        assert!(log(&run).contains("The query will read at least "), "{}", log(&run));
        let job = double.calls(Verb::Insert).pop().unwrap().body;
        let configuration = &job["configuration"];
        assert_eq!(configuration["query"]["maximumBytesBilled"], cap.to_string());
        assert_eq!(configuration["query"]["useLegacySql"], false);
        assert_eq!(configuration["query"]["parameterMode"], "NAMED");
        assert_eq!(configuration["jobTimeoutMs"], "60000");
        assert_eq!(
            configuration["labels"],
            json!({"application": "tom-alerts", "backend": "database"})
        );
        assert_eq!(
            configuration["query"]["queryParameters"][0]["parameterValue"]["value"],
            "ZTF21abcdefg"
        );
        let text = configuration["query"]["query"].as_str().unwrap();
        assert!(!text.contains("ZTF21abcdefg") && text.contains("@objectId"), "{text}");
    }
    let verbs: Vec<Verb> = double.journal().iter().map(|call| call.verb).collect();
    let begun: Vec<Verb> =
        verbs.iter().copied().filter(|verb| matches!(verb, Verb::DryRun | Verb::Insert)).collect();
    assert_eq!(begun, [Verb::DryRun, Verb::Insert].repeat(3));
    let dry = &double.calls(Verb::DryRun)[0].body["configuration"];
    let job = &double.calls(Verb::Insert)[0].body["configuration"];
    assert_eq!(dry["query"]["query"], job["query"]["query"]);
    assert_eq!(dry["query"]["queryParameters"], job["query"]["queryParameters"]);
}

#[tokio::test]
async fn rows_come_in_pages_and_what_is_no_alert_is_set_aside() {
    let (double, app) = doubled_with(|service| {
        service.timing.queries.wait = Duration::from_millis(3_500);
    })
    .await;
    double.takes(3);
    let mut broken = rows(900..902);
    broken[0]["f"][1]["v"] = Value::Null;
    broken[1] = json!({"f": [{"v": "x"}]});
    double.finds(columns(), vec![rows(1..301), rows(301..400), broken, rows(350..360)]);
    let run = run(&app, &by_object()).await;
    assert_eq!(run["state"], "finished", "{run}");
    assert_eq!((n(&run, "received"), n(&run, "unreadable")), (411, 2), "{run}");
    assert_eq!((n(&run, "passed"), n(&run, "stored"), n(&run, "duplicates")), (409, 399, 10));
    app.get(&format!("/runs/{}/unreadable/", run["id"])).await.expect(200).shows("candid");
    let tokens: Vec<String> =
        double.calls(Verb::GetResults).into_iter().map(|call| call.query).collect();
    assert!(
        tokens
            .iter()
            .all(|query| query.contains("location=US") && query.contains("maxResults=1000"))
    );
    assert!(tokens.iter().all(|query| query.contains("timeoutMs=3500")), "{tokens:?}");
    assert_eq!(tokens.iter().filter(|query| query.contains("pageToken=")).count(), 3);
}

#[tokio::test]
async fn a_run_that_is_stopped_stops_its_job() {
    let (double, app) = doubled().await;
    double.takes(usize::MAX);
    double.costs(GIB, GIB / 2);
    let id = begin(&app, &by_object()).await;
    for _ in 0..3_000 {
        if double.calls(Verb::GetResults).len() > 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    let run = app.wait(id).await;
    assert_eq!(run["state"], "cancelled", "{run}");
    for _ in 0..200 {
        if !double.calls(Verb::GetJob).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(double.calls(Verb::Cancel).len(), 1);
    assert!(double.calls(Verb::Cancel)[0].query.contains("location=US"));
    let n_asked = double.calls(Verb::GetResults).len();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(double.calls(Verb::GetResults).len(), n_asked, "nobody asks on");
    // What that came to is known only after the run has ended, and told all the same.
    let told = async || log(&app.get(&format!("/api/runs/{id}/")).await.json());
    for _ in 0..200 {
        if told().await.contains("BigQuery billed") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = told().await;
    assert!(told.contains("Asked BigQuery to stop the job"), "{told}");
    assert!(told.contains("BigQuery billed 512 MiB"), "{told}");
}

#[tokio::test]
async fn an_answer_as_long_as_was_asked_for_says_that_there_may_be_more() {
    let (double, app) = doubled().await;
    // The same alert three times: three rows, one result.
    double.finds(columns(), vec![rows(1..2), rows(1..2), rows(1..2)]);
    let sent = super::with(&by_object(), &json!({"max_results": 2}));
    let run = run(&app, &sent).await;
    assert_eq!((n(&run, "received"), n(&run, "stored")), (3, 1), "{run}");
    let told = run["feedback"].as_str().unwrap();
    assert!(told.contains("more than 2 rows, the maximum asked for. There may be more"), "{told}");
}

#[tokio::test]
async fn as_many_results_as_the_limit_are_all_where_there_is_no_further_row() {
    let (double, app) = doubled().await;
    let sent = super::with(&by_object(), &json!({"max_results": 2}));
    for (n_rows, n_pages, told) in [
        (
            2,
            1,
            "BigQuery found 2 alerts. There are no more: the limit of 2 results was just reached.",
        ),
        (
            2,
            2,
            "BigQuery found 2 alerts. There are no more: the limit of 2 results was just reached.",
        ),
        (
            3,
            1,
            "Stopped at the limit of 2 results. There may be more: raise \"Maximum results\" to see them.",
        ),
        (
            3,
            3,
            "Stopped at the limit of 2 results. There may be more: raise \"Maximum results\" to see them.",
        ),
    ] {
        let all = rows(1..1 + n_rows);
        let pages = all.chunks(all.len() / n_pages).map(<[_]>::to_vec).collect();
        double.finds(columns(), pages);
        let run = run(&app, &sent).await;
        assert_eq!((n(&run, "received"), n(&run, "stored")), (2, 2), "{run}");
        assert_eq!(run["feedback"], told, "{n_rows} rows on {n_pages} pages");
    }
}

#[tokio::test]
async fn a_part_of_time_that_nobody_asked_for_is_told() {
    let (double, app) = doubled().await;
    double.finds(columns(), vec![Vec::new()]);
    let table = "pitt-alert-broker.lsst.alerts_v11_1";
    let sent = json!({"table": table, "candid": 7, "max_results": 5});
    let told = run(&app, &sent).await["feedback"].to_string();
    assert!(told.contains("Searched alerts published since"), "{told}");
    let sent = super::with(&sent, &json!({"observed_after": "2026-09-01"}));
    let told = run(&app, &sent).await["feedback"].to_string();
    assert!(!told.contains("Searched alerts published since"), "{told}");
}

#[tokio::test]
async fn a_job_whose_answer_is_lost_is_started_once() {
    let (double, app) = doubled().await;
    double.loses_an_answer();
    double.finds(columns(), vec![rows(1..3)]);
    let run = run(&app, &by_object()).await;
    assert_eq!((run["state"].as_str(), n(&run, "stored")), (Some("finished"), 2), "{run}");
    assert_eq!((double.jobs().len(), double.calls(Verb::Insert).len()), (1, 2));
    assert!(log(&run).contains("BigQuery does not answer as it should"), "{}", log(&run));
}

#[tokio::test]
async fn calls_that_come_too_fast_are_made_again() {
    let (double, app) = doubled().await;
    let slower =
        Refusal { code: 403, reason: "rateLimitExceeded", message: "Exceeded rate limits" };
    double.refuses_once(Verb::DryRun, slower);
    double.refuses_once(Verb::GetResults, slower);
    double.finds(columns(), vec![rows(1..3)]);
    let run = run(&app, &by_object()).await;
    assert_eq!((run["state"].as_str(), n(&run, "stored")), (Some("finished"), 2), "{run}");
}
