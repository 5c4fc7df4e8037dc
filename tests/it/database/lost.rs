//! Jobs of which an answer was lost: they are found where they run, stopped, and counted unless it is known that there
//! are none.

use super::{
    begin, feedback,
    jobs::{GIB, by_object, columns, doubled, rows},
    log, n, run,
};
use crate::{
    bigquery_double::{Refusal, Verb},
    support::TestApp,
};

const LONDON: &str = "europe-west2";
const OUTAGE: Refusal = Refusal { code: 503, reason: "backendError", message: "try again" };
const INVALID: Refusal = Refusal { code: 400, reason: "invalidQuery", message: "no" };

/// What is counted for today, bytes.
async fn counted(app: &TestApp) -> i64 {
    super::budget::counted(app).await
}

#[tokio::test]
async fn a_job_of_a_region_is_started_and_asked_after_where_it_runs() {
    let (double, app) = doubled().await;
    double.is_in(LONDON);
    double.finds(columns(), vec![rows(1..3)]);
    let run = run(&app, &by_object()).await;
    assert_eq!((run["state"].as_str(), n(&run, "stored")), (Some("finished"), 2), "{run}");
    assert_eq!(double.calls(Verb::Insert)[0].body["jobReference"]["location"], LONDON);
    let dry = &double.calls(Verb::DryRun)[0].body;
    assert!(dry.get("jobReference").is_none(), "{dry}");
}

#[tokio::test]
async fn a_job_of_a_region_whose_answer_is_lost_is_started_once_and_found() {
    let (double, app) = doubled().await;
    double.is_in(LONDON);
    double.costs(GIB, GIB);
    double.loses_an_answer();
    double.finds(columns(), vec![rows(1..3)]);
    let run = run(&app, &by_object()).await;
    assert_eq!((run["state"].as_str(), n(&run, "stored")), (Some("finished"), 2), "{run}");
    assert_eq!((double.jobs().len(), double.calls(Verb::Insert).len()), (1, 2));
    let asked = double.calls(Verb::GetJob);
    assert!(asked.iter().all(|call| call.query.contains("location=europe-west2")), "{asked:?}");
    assert_eq!(counted(&app).await, GIB.cast_signed());
}

#[tokio::test]
async fn a_job_that_is_at_work_behind_a_refusal_is_stopped_and_counted() {
    for location in ["US", LONDON] {
        let (double, app) = doubled().await;
        double.is_in(location);
        double.costs(10 * GIB, 3 * GIB);
        double.takes(usize::MAX);
        // The first try starts the job, the second is refused for good.
        double.loses_an_answer();
        double.serves_once(Verb::Insert);
        double.refuses_once(Verb::Insert, INVALID);
        let run = run(&app, &by_object()).await;
        assert_eq!(run["state"], "failed", "{run}");
        assert_eq!((double.jobs().len(), double.calls(Verb::Cancel).len()), (1, 1));
        assert_eq!(counted(&app).await, 3 * GIB.cast_signed(), "{location}");
    }
}

#[tokio::test]
async fn a_job_that_never_came_to_be_is_free_where_it_is_known_where_it_would_be() {
    let (double, app) = doubled().await;
    double.is_in(LONDON);
    double.costs(10 * GIB, 0);
    double.refuses(Verb::Insert, OUTAGE);
    let run = run(&app, &by_object()).await;
    assert!(feedback(&run).contains("BigQuery could not be reached"), "{run}");
    assert!(double.calls(Verb::GetJob).len() > 1, "it may come late");
    assert_eq!(counted(&app).await, 0);
}

#[tokio::test]
async fn a_job_that_is_not_found_stays_counted_where_nobody_knows_where_it_would_be() {
    let (double, app) = doubled().await;
    double.is_in(LONDON);
    double.names_no_place();
    double.costs(10 * GIB, 10 * GIB);
    double.loses_an_answer();
    double.serves_once(Verb::Insert);
    double.refuses_once(Verb::Insert, INVALID);
    let run = run(&app, &by_object()).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert_eq!(double.jobs().len(), 1, "it is at work");
    assert!(log(&run).contains("count for today"), "{}", log(&run));
    assert_eq!(counted(&app).await, 11 * GIB.cast_signed());
}

#[tokio::test]
async fn a_job_under_an_answer_that_does_not_name_it_is_ours_all_the_same() {
    let (double, app) = doubled().await;
    double.is_in(LONDON);
    double.costs(2 * GIB, 2 * GIB);
    double.forgets_a_name();
    double.finds(columns(), vec![rows(1..3)]);
    let run = run(&app, &by_object()).await;
    assert_eq!((run["state"].as_str(), n(&run, "stored")), (Some("finished"), 2), "{run}");
    assert_eq!(counted(&app).await, 2 * GIB.cast_signed());
}

#[tokio::test]
async fn a_job_under_an_answer_that_does_not_name_it_stays_counted_where_it_is_not_found() {
    let (double, app) = doubled().await;
    double.is_in(LONDON);
    double.names_no_place();
    double.costs(2 * GIB, 2 * GIB);
    double.forgets_a_name();
    let run = run(&app, &by_object()).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert_eq!(double.jobs().len(), 1);
    assert_eq!(counted(&app).await, (2 * GIB + 2 * GIB / 10).cast_signed());
}

#[tokio::test]
async fn a_stopped_job_of_whose_bill_nothing_is_said_stays_counted() {
    let (double, app) = doubled().await;
    double.costs(10 * GIB, 0);
    double.takes(usize::MAX);
    double.hides_the_bill();
    double.refuses(Verb::GetResults, INVALID);
    let run = run(&app, &by_object()).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert_eq!(double.calls(Verb::Cancel).len(), 1);
    assert_eq!(counted(&app).await, 11 * GIB.cast_signed());
}

#[tokio::test]
async fn a_run_that_is_stopped_before_its_job_starts_none() {
    let (double, app) = doubled().await;
    double.costs(10 * GIB, 10 * GIB);
    let pool = app.pool().await;
    let mut holder = pool.acquire().await.unwrap();
    // Reservations wait for each other.
    sqlx::query("select pg_advisory_lock($1)")
        .bind(0x7462_7564_6765_7400_i64)
        .execute(&mut *holder)
        .await
        .unwrap();
    let id = begin(&app, &by_object()).await;
    for _ in 0..6_000 {
        if !double.calls(Verb::DryRun).is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
    sqlx::query("select pg_advisory_unlock_all()").execute(&mut *holder).await.unwrap();
    assert_eq!(app.wait(id).await["state"], "cancelled");
    app.runner.finish().await;
    assert!(double.calls(Verb::Insert).is_empty());
    assert_eq!(counted(&app).await, 0);
}
