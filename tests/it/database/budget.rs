//! Budgets: what may be billed is set aside before a job and settled after it; over budget there is no job.

use serde_json::json;
use tom_alerts::brokers::Cost;

use super::{
    begin, feedback,
    jobs::{GIB, by_object, doubled, doubled_with},
    log, run,
};
use crate::{
    bigquery_double::{Refusal, Verb},
    support::TestApp,
};

/// What is counted for today, bytes.
pub(super) async fn counted(app: &TestApp) -> i64 {
    sqlx::query_scalar("select coalesce(sum(coalesce(billed_bytes, reserved_bytes)), 0)::bigint from bigquery_spending")
        .fetch_one(&app.pool().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_query_above_the_limit_is_refused_before_a_job() {
    let (double, app) = doubled().await;
    double.costs(101 * GIB, 0);
    let run = run(&app, &by_object()).await;
    assert_eq!(run["state"], "failed");
    assert!(
        feedback(&run).contains("101 GiB (about $0.62), more than the limit of 100 GiB"),
        "{run}"
    );
    assert!(double.calls(Verb::Insert).is_empty());
    assert_eq!(counted(&app).await, 0);
}

#[tokio::test]
async fn the_estimate_and_the_bill_are_told_and_kept() {
    let (double, app) = doubled().await;
    double.costs(44_238_061_568, 42 * GIB);
    double.says("UPPER_BOUND");
    let run = run(&app, &by_object()).await;
    let log = log(&run);
    assert!(
        log.contains(
            "The query will read at most 41.2 GiB (about $0.25), billed to the project test-proj"
        ),
        "{log}"
    );
    assert!(
        log.contains("BigQuery billed 42.0 GiB (about $0.26) to the project test-proj"),
        "{log}"
    );
    let kept: (i64, i64, Option<i64>) =
        sqlx::query_as("select estimated_bytes, reserved_bytes, billed_bytes from bigquery_spending where run_id = $1")
            .bind(run["id"].as_i64().unwrap())
            .fetch_one(&app.pool().await)
            .await
            .unwrap();
    assert_eq!(kept, (44_238_061_568, 48_661_867_724, Some(42 * GIB.cast_signed())));
}

#[tokio::test]
async fn a_day_that_is_used_up_starts_no_job() {
    for (user, team, told) in [
        (25, 500, "your daily budget of 25.0 GiB"),
        (200, 25, "the team's daily budget of 25.0 GiB"),
    ] {
        let (double, app) = doubled_with(|service| {
            service.daily.user = Cost(user * GIB);
            service.daily.team = Cost(team * GIB);
        })
        .await;
        double.costs(10 * GIB, 10 * GIB);
        for _ in 0..2 {
            assert_eq!(run(&app, &by_object()).await["state"], "finished");
        }
        // 20 GiB are billed, and another job may be billed for 11.
        let refused = run(&app, &by_object()).await;
        assert_eq!(refused["state"], "failed", "{refused}");
        assert!(
            feedback(&refused).contains(told) && feedback(&refused).contains("5.0 GiB"),
            "{refused}"
        );
        assert_eq!(double.calls(Verb::Insert).len(), 2);
        assert_eq!(counted(&app).await, 20 * GIB.cast_signed());
        double.costs(4 * GIB, 4 * GIB);
        assert_eq!(run(&app, &by_object()).await["state"], "finished");
    }
}

#[tokio::test]
async fn what_fails_unbilled_does_not_count_and_what_is_not_known_does() {
    let (double, app) = doubled().await;
    double.costs(10 * GIB, 0);
    double.refuses_once(Verb::Insert, Refusal { code: 400, reason: "invalidQuery", message: "no" });
    run(&app, &by_object()).await;
    assert_eq!(counted(&app).await, 0);
    double.refuses(Verb::GetJob, Refusal { code: 403, reason: "accessDenied", message: "no" });
    let unknown = run(&app, &by_object()).await;
    assert!(log(&unknown).contains("count for today"), "{unknown}");
    assert_eq!(counted(&app).await, 11 * GIB.cast_signed());
}

#[tokio::test]
async fn a_member_runs_two_queries_at_once_and_no_third() {
    let (double, app) = doubled().await;
    double.takes(usize::MAX);
    let first = begin(&app, &by_object()).await;
    let second = begin(&app, &by_object()).await;
    for _ in 0..3_000 {
        if double.jobs().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let third = run(&app, &by_object()).await;
    assert!(feedback(&third).contains("BigQuery runs 2 of your queries already"), "{third}");
    for id in [first, second] {
        app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
        app.wait(id).await;
    }
    assert_eq!(double.jobs().len(), 2);
}

/// Jobs that are started at once do not both take the last bytes of a day.
#[tokio::test]
async fn many_at_once_never_spend_more_than_there_is() {
    let (double, app) = doubled_with(|service| {
        service.daily.user = Cost(40 * GIB);
        service.daily.user_jobs = 100;
        service.daily.team_jobs = 100;
    })
    .await;
    double.costs(10 * GIB, 10 * GIB);
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(begin(&app, &by_object()).await);
    }
    let mut n_finished = 0;
    for id in ids {
        let run = app.wait(id).await;
        if run["state"] == "finished" {
            n_finished += 1;
        } else {
            assert!(feedback(&run).contains("your daily budget"), "{run}");
        }
    }
    assert_eq!(double.jobs().len(), n_finished);
    assert!((2..=3).contains(&n_finished), "{n_finished}");
    let capped = double.calls(Verb::Insert);
    assert!(capped.iter().all(|call| call.body["configuration"]["query"]["maximumBytesBilled"]
        == json!((11 * GIB).to_string())));
    assert_eq!(counted(&app).await, i64::try_from(n_finished).unwrap() * 10 * GIB.cast_signed());
}

#[tokio::test]
async fn what_is_reserved_stays_so_while_the_job_may_still_be_at_work() {
    let (double, app) = doubled().await;
    double.costs(10 * GIB, 10 * GIB);
    double.takes(usize::MAX);
    double.refuses(
        Verb::GetResults,
        Refusal { code: 403, reason: "accessDenied", message: "Access Denied" },
    );
    let run = run(&app, &by_object()).await;
    assert_eq!(run["state"], "failed", "{run}");
    assert_eq!(double.calls(Verb::Cancel).len(), 1, "nobody wants more of it");
    assert_eq!(counted(&app).await, 10 * GIB.cast_signed(), "what it was billed for, not nothing");
}
