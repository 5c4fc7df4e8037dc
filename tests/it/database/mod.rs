//! Queries of BigQuery: the right rows, at a known cost, with every trouble as a sentence.

use std::{fmt::Write, sync::LazyLock};

use serde_json::{Value, json};
use tom_alerts::{
    brokers::{
        Broker, BrokerError,
        database::{BigQueryService, Database, Statement, create_sql_stmnt},
        filter_from,
    },
    domain::filter::Filter,
    forms::{Choices, Context, FormSpec, FormState, Parameters, RawForm},
    google::Access,
};

use crate::{
    bigquery_emulator::{BigQueryEmulator, PROJECT},
    support::TestApp,
};

mod answers;
mod budget;
mod cones;
mod filters;
mod hostile;
mod jobs;
mod lost;
mod order;
mod patience;
mod places;
mod preview;
mod runs;
mod tables;

const ZTF: &str = "ardent-cycling-243415.ztf.alerts_v4_02";
const LSST: &str = "pitt-alert-broker.lsst.alerts_v11_1";

/// The middle of the simulated night is in the days before this.
fn now() -> chrono::DateTime<chrono::Utc> {
    "2026-09-14T00:00:00Z".parse().unwrap()
}

/// The form.
fn form() -> &'static FormSpec {
    static BACKEND: LazyLock<Database> = LazyLock::new(|| {
        Database::new(BigQueryService::at(Some("localhost:1"), &crate::timing::short()).unwrap())
    });
    BACKEND.form()
}

/// A form as the backend checks it.
fn validate(sent: &Value) -> Result<Parameters, FormState> {
    let context = Context { now: now(), choices: Choices::new() };
    form().validate(&RawForm::from_json(sent), &context)
}

/// A query of a table, with its statement and the filter that judges its rows.
fn asked(sent: &Value) -> Result<(Statement, Filter), BrokerError> {
    let parameters =
        validate(sent).unwrap_or_else(|state| panic!("{sent}: {:?}", state.errors_json()));
    let filter = filter_from(&parameters, now()).unwrap();
    Ok((create_sql_stmnt(&parameters, now())?, filter))
}

/// A service whose BigQuery is the emulator.
async fn on_emulator(emulator: &BigQueryEmulator) -> TestApp {
    let service = BigQueryService::at(Some(emulator.host()), &crate::timing::short()).unwrap();
    TestApp::start_with_bigquery(service, access()).await
}

fn access() -> Access {
    Access { project: Some(PROJECT.to_owned()), tokens: None }
}

/// Starts a query; the run's id.
async fn begin(app: &TestApp, parameters: &Value) -> i64 {
    let body = json!({"broker": "database", "parameters": parameters});
    let started = app.post_json("/api/runs/", &body).await.expect(202);
    started.json()["id"].as_i64().unwrap()
}

/// Runs a query and waits for its end.
async fn run(app: &TestApp, parameters: &Value) -> Value {
    let id = begin(app, parameters).await;
    app.wait(id).await
}

/// A count of a run.
fn n(run: &Value, count: &str) -> u64 {
    run["counts"][count].as_u64().unwrap_or_else(|| panic!("no count {count}: {run}"))
}

/// What a run's log says, line by line.
fn log(run: &Value) -> String {
    run["log"].as_array().unwrap().iter().fold(String::new(), |mut text, line| {
        writeln!(text, "{}: {}", line["level"], line["message"]).unwrap();
        text
    })
}

/// What a run tells its user at the end.
fn feedback(run: &Value) -> &str {
    run["feedback"].as_str().unwrap()
}

/// One JSON object with the fields of two.
fn with(base: &Value, more: &Value) -> Value {
    let mut all = base.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}
