//! Values that a parameter of the API does not take are refused by its name; what the description allows is taken.

use serde_json::{Value, json};
use tom_alerts::web;

use crate::support::TestApp;

/// Path, name and schema of each parameter of a query string, with numbers in the path.
fn parameters() -> impl Iterator<Item = (String, &'static str, &'static Value)> {
    let paths = web::api_description()["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let path = path.replace("{id}", "1").replace("{run_id}", "1");
        let parameters = item["get"]["parameters"].as_array().into_iter().flatten();
        let sent = parameters.filter(|one| one["in"] == "query");
        sent.map(move |one| (path.clone(), one["name"].as_str().unwrap(), schema_of(one)))
    })
}

/// What is said of a value that is there.
fn schema_of(parameter: &'static Value) -> &'static Value {
    let schema = &parameter["schema"];
    let mut choices = schema["oneOf"].as_array().into_iter().flatten();
    choices.find(|choice| choice["type"] != "null").unwrap_or(schema)
}

fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|it| it.contains(&json!(kind)))
}

/// Texts for a parameter: those that it takes, and those that it does not.
fn values(schema: &Value) -> (Vec<String>, Vec<String>) {
    let nul = "%00".to_owned();
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<String> = words.iter().map(|word| word.as_str().unwrap().into()).collect();
        let wrong = vec![format!("{}x", words[0]), words[0].to_uppercase(), nul];
        return (words, wrong);
    }
    if is(schema, "integer") {
        let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
        let taken = [least.unwrap_or(-7), most.unwrap_or(7)];
        let beyond = [least.map(|least| least - 1), most.map(|most| most + 1)];
        let wrong = ["abc", "2.0", "1e3", "99999999999999999999"].map(str::to_owned).into_iter();
        let wrong = wrong.chain(beyond.into_iter().flatten().map(|it| it.to_string()));
        return (taken.iter().map(i64::to_string).collect(), wrong.chain([nul]).collect());
    }
    assert!(is(schema, "string"), "what does such a parameter take: {schema}");
    (Vec::new(), vec![nul])
}

async fn wrong_names(app: &TestApp, path: &str) -> Vec<String> {
    let answer = app.get(path).await.expect(422).json();
    let errors = answer["errors"].as_object().unwrap();
    assert!(errors.values().all(|messages| messages[0].is_string()), "{path}: {answer}");
    errors.keys().cloned().collect()
}

#[tokio::test]
async fn every_parameter_takes_what_it_is_described_to_take_and_nothing_else() {
    let app = TestApp::start_empty().await;
    let mut n_wrong = 0;
    for (path, name, schema) in parameters() {
        let (taken, wrong) = values(schema);
        for value in taken.iter().map(String::as_str).chain(["", "+"]) {
            let sent = format!("{path}?{name}={value}");
            let answer = app.get(&sent).await;
            assert!([200, 404].contains(&answer.status.as_u16()), "{sent}: {}", answer.body);
        }
        for value in &wrong {
            assert_eq!(wrong_names(&app, &format!("{path}?{name}={value}")).await, [name]);
        }
        n_wrong += wrong.len();
        let twice = taken.first().map_or("x", String::as_str);
        let twice = format!("{path}?{name}={twice}&{name}={twice}");
        assert_eq!(wrong_names(&app, &twice).await, [name]);
    }
    assert!(n_wrong >= 50, "{n_wrong}");
}

#[tokio::test]
async fn a_wrong_value_is_told_with_what_there_is_instead() {
    let app = TestApp::start().await;
    let run = app.run(json!({"max_results": 1})).await;
    let alerts = format!("/api/runs/{}/alerts/", run["id"]);
    let up_to_1000 = "Give a whole number from 1 to 1000.";
    let states = "Give one of: queued, running, finished, failed, cancelled, interrupted.";
    for (path, name, message) in [
        ("/api/runs/?state=finishd", "state", states),
        ("/api/runs/?query=x", "query", "Give a whole number."),
        ("/api/runs/?page_size=0", "page_size", up_to_1000),
        ("/api/runs/?page_size=5000", "page_size", up_to_1000),
        ("/api/runs/?before=abc", "before", "Give a whole number."),
        ("/api/runs/?state=failed&state=queued", "state", "Give it once: only one value is read."),
        ("/api/targets/?whose=mine2", "whose", "Give one of: all, mine, groups."),
        ("/api/targets/?name=---", "name", "Enter a letter or a digit of the name."),
        ("/api/targets/?cone=1", "cone", "Cone search parameters must be"),
        (
            "/api/targets/?cone_search=1,2,3&target_cone_search=a,1",
            "target_cone_search",
            "Search around one place: this is a second one.",
        ),
        ("/api/queries/?page=2.0", "page", "Give a whole number from 1 on."),
        ("/api/queries/?broker=nope", "broker", "There is no broker \"nope\"."),
        (&format!("{alerts}?order=nope"), "order", "Give one of: time, -time, "),
        (&format!("{alerts}?page=0"), "page", "Give a whole number from 1 on."),
    ] {
        let answer = app.get(path).await.expect(422).json();
        let errors = answer["errors"].as_object().unwrap();
        assert_eq!(errors.keys().collect::<Vec<_>>(), [name], "{path}");
        let told = errors[name][0].as_str().unwrap();
        assert!(told.starts_with(message), "{path}: {told}");
    }
}
