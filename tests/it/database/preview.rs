//! The look at a query before it is run: what it asks, what it costs, and the same as programs that run.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tom_alerts::brokers::Cost;

use super::{
    ZTF,
    jobs::{GIB, by_object, columns, doubled, doubled_with},
    run, tables,
};
use crate::{
    bigquery_double::{Refusal, Verb},
    bigquery_emulator::BigQueryEmulator,
    support::{Answer, TestApp},
};

const PATH: &str = "/alerts/query/preview/";

fn form<'f>(more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut form = vec![("broker", "database"), ("table", ZTF), ("max_results", "100")];
    form.extend(more);
    form
}

async fn check(app: &TestApp, more: &[(&str, &str)]) -> Answer {
    app.post(PATH, &form(more)).await
}

/// The text of an element of the page.
fn text_of(body: &str, id: &str) -> String {
    let page = scraper::Html::parse_document(body);
    let selector = scraper::Selector::parse(&format!("#{id}")).unwrap();
    page.select(&selector).next().unwrap_or_else(|| panic!("no {id} in {body}")).text().collect()
}

#[tokio::test]
async fn what_is_left_of_the_day_is_told_and_whether_that_is_enough() {
    for (user, team, whose) in [(9, 500, "your"), (200, 9, "the team&#39;s")] {
        let (double, app) = doubled_with(|service| {
            service.daily.user = Cost(user * GIB);
            service.daily.team = Cost(team * GIB);
        })
        .await;
        double.finds(columns(), vec![Vec::new()]);
        double.costs(5 * GIB, 5 * GIB);
        let object = [("objectId", "ZTF21abcdefg")];
        let page = check(&app, &object).await.expect(200);
        let left = format!(
            "Left today: {} of your budget, {} of the team",
            Cost(user * GIB),
            Cost(team * GIB)
        );
        page.shows(&left).hides("It cannot be run today");
        run(&app, &by_object()).await;
        let page = check(&app, &object).await.expect(200);
        let left = format!("{} of {whose} daily budget is left", Cost(4 * GIB));
        page.shows("It cannot be run today").shows(&left).shows("box is-bad");
    }
}

#[tokio::test]
async fn the_form_of_the_database_alone_has_a_button_that_checks() {
    let (_double, app) = doubled().await;
    let button = "formaction=\"/alerts/query/preview/";
    app.get("/alerts/query/create/?broker=database").await.expect(200).shows(button).shows("Check");
    for other in ["archive", "stream-rest"] {
        app.get(&format!("/alerts/query/create/?broker={other}")).await.expect(200).hides(button);
        app.post(PATH, &[("broker", other), ("subscription_name", "ztf-loop"), ("timeout", "1")])
            .await
            .expect(404);
    }
}

#[tokio::test]
async fn a_check_tells_statement_parameters_and_cost_and_starts_nothing() {
    let (double, app) = doubled().await;
    double.costs(44_238_061_568, 0);
    let answer = check(
        &app,
        &[("objectId", "ZTF21<b>\"'`x"), ("bands", "g"), ("bands", "r"), ("query_name", "mine")],
    )
    .await
    .expect(200);
    let answer = answer
        .shows("Reads 41.2 GiB (about $0.25), billed to the project test-proj")
        .shows("refuse it above 45.3 GiB")
        .shows("the limit for one query is 100 GiB")
        .shows("@objectId")
        .hides("ZTF21<b>");
    let statement = text_of(&answer.body, "statement");
    assert!(
        statement.contains("alert.objectId = @objectId") && !statement.contains("ZTF21"),
        "{statement}"
    );
    // Nothing typed is lost.
    let page = scraper::Html::parse_document(&answer.body);
    let value = |selector: &str| {
        let selector = scraper::Selector::parse(selector).unwrap();
        page.select(&selector).filter_map(|input| input.value().attr("value")).collect::<Vec<_>>()
    };
    assert_eq!(value("input[name=objectId]"), ["ZTF21<b>\"'`x"]);
    assert_eq!(value("input[name=bands][checked]"), ["g", "r"]);
    assert_eq!(value("input[name=query_name]"), ["mine"]);
    assert!(double.calls(Verb::Insert).is_empty());
    assert_eq!(double.calls(Verb::DryRun).len(), 1);
}

#[tokio::test]
async fn a_check_says_what_would_be_refused() {
    let (double, app) = doubled().await;
    double.costs(300 * GIB, 0);
    check(&app, &[("candid", "7")])
        .await
        .expect(200)
        .shows("more than the limit of 100 GiB")
        .shows("It cannot be run");
    double.refuses_once(
        Verb::DryRun,
        Refusal { code: 403, reason: "accessDenied", message: "Access Denied: x" },
    );
    let unknown = check(&app, &[("candid", "7")]).await.expect(200);
    let unknown = unknown.shows("BigQuery Job User").shows("@candid");
    // What nobody knows the cost of has a cap all the same: what one query may read.
    let limit = (100 * GIB).to_string();
    let (python, curl) = (text_of(&unknown.body, "python"), text_of(&unknown.body, "curl"));
    assert!(python.contains(&format!("maximum_bytes_billed={limit},")), "{python}");
    assert!(curl.contains(&format!("\"maximumBytesBilled\":\"{limit}\"")), "{curl}");
    for (word, told) in [("UNKNOWN", "at least 7.0 GiB"), ("UPPER_BOUND", "at most 7.0 GiB")] {
        double.costs(7 * GIB, 0);
        double.says(word);
        check(&app, &[("candid", "7")]).await.expect(200).shows(told);
    }
    check(&app, &[]).await.expect(422).shows("Add an objectId or a candid");
    check(&app, &[("objectId", "a"), ("candid", "7")])
        .await
        .expect(422)
        .shows("Only one of either objectId or candid can be used to filter.");
    app.post("/alerts/query/preview/?query=99", &form(&[("candid", "7")])).await.expect(404);
}

#[tokio::test]
async fn a_saved_query_is_checked_as_it_stands_in_the_form() {
    let (double, app) = doubled().await;
    double.costs(GIB, 0);
    let saved = json!({"name": "mine", "broker": "database", "parameters": {"table": ZTF, "max_results": 5, "candid": 7}});
    let id = app.post_json("/api/queries/", &saved).await.expect(201).json()["id"].clone();
    let path = format!("/alerts/query/{id}/update/");
    app.get(&path).await.expect(200).shows(&format!("/alerts/query/preview/?query={id}#cost"));
    app.post(&format!("{PATH}?query={id}"), &form(&[("candid", "8")]))
        .await
        .expect(200)
        .shows("1.0 GiB")
        .shows(&format!("action=\"{path}\""));
}

/// The programs are run: Python reads its own as it was meant, and the shell's gets the same rows from the emulator.
#[tokio::test]
async fn on_the_emulator_the_programs_of_a_check_run() {
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("ztf", &tables::ztf_columns()).await;
    let mut rows = tables::ztf_rows(21, 3);
    let odd = "it's \"odd\" \\ `$HOME` é";
    rows[1]["objectId"] = json!(odd);
    emulator.insert("ztf", &rows).await;
    let app = super::on_emulator(&emulator).await;
    let table = emulator.table("ztf");
    let answer = check(
        &app,
        &[("own_table", &table), ("objectId", odd), ("bands", "g"), ("bands", "r"), ("bands", "i")],
    )
    .await
    .expect(200);

    let curl = text_of(&answer.body, "curl")
        .replace("https://bigquery.googleapis.com", &format!("http://{}", emulator.host()))
        .replace("$(gcloud auth print-access-token)", "none");
    let answered = Command::new("bash").arg("-c").arg(&curl).output().unwrap();
    let found: Value = serde_json::from_slice(&answered.stdout)
        .unwrap_or_else(|_| panic!("{curl}: {}", String::from_utf8_lossy(&answered.stderr)));
    assert!(curl.starts_with("# Prints the first page of the answer."), "{curl}");
    assert_eq!(found["totalRows"], "1", "{found}");
    assert_eq!(found["rows"][0]["f"][0]["v"], odd);

    let program = text_of(&answer.body, "python");
    // Google's client is not needed to see what it would be given.
    let stand_in = "
import sys, types
seen = []
module = types.ModuleType('google.cloud.bigquery')
class Client:
    def __init__(self, project): seen.append(project)
    def query_and_wait(self, sql, job_config): seen.append(sql); return []
module.Client = Client
module.QueryJobConfig = lambda **given: seen.append(given['query_parameters']) or given
module.ScalarQueryParameter = lambda name, kind, value: [name, kind, value]
module.ArrayQueryParameter = lambda name, kind, values: [name, kind, values]
cloud = types.ModuleType('google.cloud'); cloud.bigquery = module
google = types.ModuleType('google'); google.cloud = cloud
sys.modules.update({'google': google, 'google.cloud': cloud, 'google.cloud.bigquery': module})
exec(compile(sys.stdin.read(), 'program', 'exec'))
import json; print(json.dumps(seen))
";
    let mut python = Command::new("python3")
        .args(["-c", stand_in])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let seen = python.wait_with_output().unwrap();
    let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
    assert_eq!(seen[0], "test-proj");
    assert_eq!(
        seen[1],
        json!([
            ["objectId", "STRING", odd],
            ["fids", "INT64", [1, 2, 3]],
            ["most_rows", "INT64", 101]
        ])
    );
    assert_eq!(seen[2].as_str().unwrap().trim(), text_of(&answer.body, "statement").trim());
}
