//! What BigQuery refuses, as sentences that say what to do; nothing is started that was refused before.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tom_alerts::{
    brokers::database::BigQueryService,
    google::{Access, AccessError, Token, TokenSource},
};

use super::{
    feedback,
    jobs::{by_object, columns, doubled, doubled_with, rows},
    run,
};
use crate::{
    bigquery_double::{BigQueryDouble, Refusal, Verb},
    bigquery_emulator::PROJECT,
    support::TestApp,
};

const CASES: [(u16, &str, &str, &str); 8] = [
    (
        403,
        "accessDenied",
        "Access Denied: Project test-proj: User does not have bigquery.jobs.create permission",
        "BigQuery Job User",
    ),
    (
        403,
        "billingNotEnabled",
        "Billing has not been enabled for this project",
        "Its owner can enable it at https://console.cloud.google.com/billing",
    ),
    (
        403,
        "quotaExceeded",
        "Quota exceeded: Your project exceeded quota for free query bytes scanned",
        "a quota is used up",
    ),
    (
        403,
        "accessNotConfigured",
        "BigQuery API has not been used in project",
        "the BigQuery API is not enabled",
    ),
    (
        400,
        "invalidQuery",
        "Name rb not found inside alert.candidate at [4:10]",
        "does not accept the request",
    ),
    (
        404,
        "notFound",
        "Not found: Table my-proj:d.t was not found in location US",
        "Not found: Table my-proj:d.t",
    ),
    (
        400,
        "bytesBilledLimitExceeded",
        "Query exceeded limit for bytes billed: 10485760. 52428800 or higher required.",
        "exceeded limit for bytes billed",
    ),
    (400, "stopped", "Job execution was cancelled: Job timed out after 60s", "Job timed out"),
];

#[tokio::test]
async fn refusals_of_a_dry_run_are_sentences_and_nothing_is_started() {
    let (double, app) = doubled().await;
    for (code, reason, message, told) in CASES {
        double.refuses_once(Verb::DryRun, Refusal { code, reason, message });
        let run = run(&app, &by_object()).await;
        assert_eq!(run["state"], "failed", "{run}");
        assert!(
            feedback(&run).contains(told) && feedback(&run).contains(message),
            "{reason}: {run}"
        );
        assert!(feedback(&run).ends_with('.'), "{run}");
    }
    assert!(double.calls(Verb::Insert).is_empty());
}

#[tokio::test]
async fn refusals_of_a_job_are_sentences_and_what_came_before_is_kept() {
    for verb in [Verb::Insert, Verb::GetResults] {
        let (double, app) = doubled().await;
        for (code, reason, message, told) in CASES {
            double.refuses_once(verb, Refusal { code, reason, message });
            let run = run(&app, &by_object()).await;
            assert_eq!(run["state"], "failed", "{run}");
            assert!(feedback(&run).contains(told), "{reason}: {run}");
        }
    }
}

#[tokio::test]
async fn an_outage_that_lasts_fails_the_run_with_a_sentence() {
    let (double, app) =
        doubled_with(|service| service.timing.queries.patience = Duration::from_secs(1)).await;
    double.refuses(
        Verb::DryRun,
        Refusal { code: 503, reason: "backendError", message: "Error encountered" },
    );
    let run = run(&app, &by_object()).await;
    assert_eq!(run["state"], "failed");
    assert!(feedback(&run).contains("BigQuery could not be reached"), "{run}");
}

/// Gives `first`, and once that is refused `second`.
#[derive(Debug)]
struct Renewing;

#[async_trait]
impl TokenSource for Renewing {
    async fn token(&self, refused: Option<&Token>) -> Result<Token, AccessError> {
        Ok(Token::new(if refused.is_some() { "second" } else { "first" }.to_owned()))
    }

    fn acts_as(&self) -> String {
        "the user a@b.edu".to_owned()
    }
}

async fn as_google(access: Access) -> (BigQueryDouble, TestApp) {
    let double = BigQueryDouble::start().await;
    let mut service = BigQueryService::at(Some(double.host()), &crate::timing::short()).unwrap();
    service.is_emulator = false;
    (double.clone(), TestApp::start_with_bigquery(service, access).await)
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let access = Access { project: Some(PROJECT.to_owned()), tokens: Some(Arc::new(Renewing)) };
    let (double, app) = as_google(access).await;
    double.finds(columns(), vec![rows(1..2)]);
    let refusal = Refusal { code: 401, reason: "authError", message: "Invalid Credentials" };
    double.refuses_once(Verb::DryRun, refusal);
    let first = run(&app, &by_object()).await;
    assert_eq!(first["state"], "finished", "{first}");
    let tokens: Vec<_> =
        double.calls(Verb::DryRun).into_iter().map(|call| call.token.unwrap()).collect();
    assert_eq!(tokens, ["Bearer first", "Bearer second"]);
    double.refuses(Verb::DryRun, refusal);
    let second = run(&app, &by_object()).await;
    assert_eq!(second["state"], "failed");
    assert!(
        feedback(&second).contains("does not accept the credentials of the user a@b.edu"),
        "{second}"
    );
    assert!(!second.to_string().contains("Bearer"), "{second}");
}

#[tokio::test]
async fn without_credentials_or_a_project_a_run_says_so() {
    let (double, app) = as_google(Access { project: Some(PROJECT.to_owned()), tokens: None }).await;
    let run_without = run(&app, &by_object()).await;
    assert!(
        feedback(&run_without).contains("there are no credentials for Google")
            || feedback(&run_without).contains("There are no credentials for Google"),
        "{run_without}"
    );
    let (_double, app) = as_google(Access::default()).await;
    let run_without = run(&app, &by_object()).await;
    assert!(
        feedback(&run_without).contains("o Google Cloud project is set to bill"),
        "{run_without}"
    );
    assert!(double.journal().is_empty());
}
