//! For how long BigQuery is asked again, and for how long a run's log hears of a job that outlives it: as is set.

use std::time::Duration;

use super::{
    begin,
    jobs::{GIB, by_object, columns, doubled_with},
    log,
};
use crate::{
    bigquery_double::{BigQueryDouble, Refusal, Verb},
    support::TestApp,
};

const OUTAGE: Refusal = Refusal { code: 503, reason: "backendError", message: "try again" };
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_page_waits_for_an_estimate_as_long_as_is_set() {
    let form = [
        ("broker", "database"),
        ("table", super::ZTF),
        ("max_results", "100"),
        ("objectId", "ZTF21abcdefg"),
    ];
    for (check, n_asked, told) in
        [(Duration::ZERO, 1, "BigQuery could not be reached"), (LONG, 3, "Reads 1.0 GiB")]
    {
        let (double, app) = doubled_with(|service| {
            service.timing.queries.check = check;
            service.timing.calls.first_pause = Duration::from_millis(1);
        })
        .await;
        double.costs(GIB, 0);
        for _ in 0..2 {
            double.refuses_once(Verb::DryRun, OUTAGE);
        }
        app.post("/alerts/query/preview/", &form).await.expect(200).shows(told);
        assert_eq!(double.calls(Verb::DryRun).len(), n_asked);
    }
}

#[tokio::test]
async fn a_job_is_asked_to_stop_for_as_long_as_is_set() {
    for (brief, n_asked, told) in
        [(Duration::ZERO, 1, "The job could not be stopped"), (LONG, 3, "Asked BigQuery to stop")]
    {
        let (double, app) = doubled_with(|service| {
            service.timing.queries.brief = brief;
            service.timing.calls.first_pause = Duration::from_millis(1);
        })
        .await;
        for _ in 0..2 {
            double.refuses_once(Verb::Cancel, OUTAGE);
        }
        let id = stopped_run(&double, &app).await;
        app.runner.finish().await;
        let told_all = log(&app.get(&format!("/api/runs/{id}/")).await.json());
        assert!(told_all.contains(told), "{told_all}");
        assert_eq!(double.calls(Verb::Cancel).len(), n_asked);
    }
}

/// A run that was stopped while its job was at work; the job goes on until it is known to be stopped.
async fn stopped_run(double: &BigQueryDouble, app: &TestApp) -> i64 {
    double.costs(GIB, GIB / 2);
    double.finds(columns(), vec![Vec::new()]);
    double.takes(usize::MAX);
    let id = begin(app, &by_object()).await;
    called(double, Verb::GetResults).await;
    app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    assert_eq!(app.wait(id).await["state"], "cancelled");
    id
}

async fn called(double: &BigQueryDouble, verb: Verb) {
    for _ in 0..3_000 {
        if !double.calls(verb).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no {verb:?}: {:?}", double.journal());
}

#[tokio::test]
async fn what_is_said_after_a_run_is_written_for_as_long_as_is_set() {
    // While the service goes on, and when it stops.
    for (late_lines, last_lines, is_stopping, is_written) in [
        (SHORT, LONG, false, false),
        (LONG, SHORT, false, true),
        (LONG, SHORT, true, false),
        (LONG, LONG, true, true),
    ] {
        let (double, app) = doubled_with(|service| {
            service.timing.queries.bill_of_stopped = LONG;
            service.timing.runs.late_lines = late_lines;
            service.timing.runs.last_lines = last_lines;
        })
        .await;
        double.is_stubborn(true);
        let id = stopped_run(&double, &app).await;
        // Its bill is asked for.
        called(&double, Verb::GetJob).await;
        if is_stopping {
            app.stop();
        }
        tokio::time::sleep(SHORT * 10).await;
        double.is_stubborn(false);
        app.runner.finish().await;
        let told: Vec<String> = sqlx::query_scalar("select message from run_log where run_id = $1")
            .bind(id)
            .fetch_all(&app.pool().await)
            .await
            .unwrap();
        let is_told = told.iter().any(|line| line.starts_with("BigQuery billed 512 MiB"));
        assert_eq!(is_told, is_written, "{late_lines:?} {last_lines:?} {is_stopping}: {told:?}");
    }
}
