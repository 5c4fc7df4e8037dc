//! How many jobs may be at work at once, of one member and of all: a job holds its place until it has ended, whatever
//! becomes of its run. And how often a query may be looked at.

use std::time::Duration;

use super::{
    begin, feedback,
    jobs::{GIB, by_object, doubled, doubled_with},
    run,
};
use crate::{
    bigquery_double::{BigQueryDouble, Refusal, Verb},
    support::TestApp,
};

/// Waits until so many jobs were started.
async fn jobs_are_at_work(double: &BigQueryDouble, n: usize) {
    for _ in 0..3_000 {
        if double.jobs().len() == n {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{} jobs are at work, not {n}", double.jobs().len());
}

async fn stop(app: &TestApp, runs: &[i64]) {
    for id in runs {
        app.post(&format!("/runs/{id}/cancel/"), &[]).await.expect(303);
        assert_eq!(app.wait(*id).await["state"], "cancelled");
    }
}

/// Jobs that hold a place.
async fn n_places(app: &TestApp) -> i64 {
    sqlx::query_scalar("select count(*) from bigquery_spending where billed_bytes is null and holds_place_until > now()")
        .fetch_one(&app.pool().await)
        .await
        .unwrap()
}

async fn places_are_free(app: &TestApp) {
    for _ in 0..1_200 {
        if n_places(app).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} places are held", n_places(app).await);
}

#[tokio::test]
async fn jobs_of_stopped_runs_that_go_on_hold_the_places_of_their_member() {
    let (double, app) = doubled().await;
    double.costs(GIB, GIB);
    double.takes(usize::MAX);
    double.is_stubborn(true);
    let runs = [begin(&app, &by_object()).await, begin(&app, &by_object()).await];
    jobs_are_at_work(&double, 2).await;
    stop(&app, &runs).await;
    let third = run(&app, &by_object()).await;
    assert!(feedback(&third).contains("BigQuery runs 2 of your queries already"), "{third}");
    assert_eq!(double.jobs().len(), 2);
    double.is_stubborn(false);
    places_are_free(&app).await;
    double.takes(0);
    assert_eq!(run(&app, &by_object()).await["state"], "finished");
}

#[tokio::test]
async fn jobs_of_all_members_together_have_so_many_places() {
    let (double, app) = doubled_with(|service| {
        service.daily.user_jobs = 100;
        service.daily.team_jobs = 2;
    })
    .await;
    double.takes(usize::MAX);
    double.is_stubborn(true);
    let runs = [begin(&app, &by_object()).await, begin(&app, &by_object()).await];
    jobs_are_at_work(&double, 2).await;
    stop(&app, &runs).await;
    let third = run(&app, &by_object()).await;
    assert!(feedback(&third).contains("BigQuery runs 2 of the team's queries already"), "{third}");
    assert_eq!(double.jobs().len(), 2);
}

#[tokio::test]
async fn unless_the_deployment_says_otherwise_it_is_2_of_a_member_and_8_of_all() {
    let service =
        tom_alerts::brokers::database::BigQueryService::at(None, &crate::timing::short()).unwrap();
    assert_eq!((service.daily.user_jobs, service.daily.team_jobs), (2, 8));
}

#[tokio::test]
async fn a_job_that_has_ended_frees_its_place_though_its_bill_is_not_known() {
    let (double, app) = doubled_with(|service| service.daily.user_jobs = 1).await;
    double.costs(GIB, GIB);
    double.hides_the_bill();
    for _ in 0..2 {
        assert_eq!(run(&app, &by_object()).await["state"], "finished");
    }
    let denied = Refusal { code: 403, reason: "accessDenied", message: "no" };
    double.refuses(Verb::GetJob, denied);
    for _ in 0..2 {
        assert_eq!(run(&app, &by_object()).await["state"], "finished");
    }
    assert_eq!(super::budget::counted(&app).await, 4 * (GIB + GIB / 10).cast_signed());
}

/// A process that was killed says nothing of its job any more: it ends by its time-out.
#[tokio::test]
async fn a_job_of_which_nobody_tells_holds_its_place_for_as_long_as_it_may_last() {
    let (_double, app) = doubled_with(|service| {
        service.daily.user_jobs = 1;
        service.timing.queries.patience = Duration::from_secs(3);
        service.timing.queries.grace = Duration::from_secs(20);
    })
    .await;
    assert_eq!(run(&app, &by_object()).await["state"], "finished");
    let held = "select extract(epoch from holds_place_until - at)::bigint from bigquery_spending";
    let pool = app.pool().await;
    let held_s: i64 = sqlx::query_scalar(held).fetch_one(&pool).await.unwrap();
    assert_eq!(held_s, 60 + 3 + 20, "time-out, patience, grace");
    let unsettled = "update bigquery_spending set billed_bytes = null, holds_place_until = now() + interval '1 minute'";
    sqlx::query(unsettled).execute(&pool).await.unwrap();
    let refused = run(&app, &by_object()).await;
    assert!(feedback(&refused).contains("BigQuery runs 1 of your queries already"), "{refused}");
    sqlx::query("update bigquery_spending set holds_place_until = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(run(&app, &by_object()).await["state"], "finished");
}

#[tokio::test]
async fn a_query_is_looked_at_30_times_a_minute_and_then_the_form_waits_as_it_was_left() {
    let (double, app) = doubled().await;
    let form = [
        ("broker", "database"),
        ("table", super::ZTF),
        ("max_results", "17"),
        ("objectId", "ZTF21abcdefg"),
        ("query_name", "mine"),
    ];
    let check = || app.post("/alerts/query/preview/", &form);
    for _ in 0..30 {
        check().await.expect(200);
    }
    let answer = check().await.expect(429).shows("You have checked 30 queries within a minute");
    let answer =
        answer.shows("value=\"ZTF21abcdefg\"").shows("value=\"17\"").shows("value=\"mine\"");
    let wait_s: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait_s), "{wait_s}");
    assert_eq!(double.calls(Verb::DryRun).len(), 30);
    // What is wrong is told without asking Google, and runs are another matter.
    let wrong = [("broker", "database"), ("table", super::ZTF), ("max_results", "0")];
    app.post("/alerts/query/preview/", &wrong).await.expect(422);
    assert_eq!(run(&app, &by_object()).await["state"], "finished");
    let over = "update bigquery_check set begun = begun - interval '1 minute'";
    sqlx::query(over).execute(&app.pool().await).await.unwrap();
    check().await.expect(200);
}
