//! Nothing that is sent to the API is passed over: what a request does not take is refused by its name.

use serde_json::{Value, json};
use tom_alerts::web;

use crate::support::TestApp;

/// Method, path and description of each operation, with a number in its path.
fn operations() -> impl Iterator<Item = (String, String, &'static Value)> {
    let paths = web::api_description()["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| {
            let path = path.replace("{survey}", "ztf");
            let ids = ["{id}", "{run_id}", "{source_id}"];
            let path = ids.iter().fold(path, |it, id| it.replace(id, "1"));
            (method.to_uppercase(), path, operation)
        })
    })
}

fn example_of(operation: &Value) -> Value {
    let example = operation.pointer("/requestBody/content/application~1json/example");
    example.cloned().unwrap_or_else(|| json!({}))
}

#[tokio::test]
async fn a_parameter_that_no_request_takes_is_refused_by_its_name_everywhere() {
    let app = TestApp::start_empty().await;
    for (method, path, operation) in operations() {
        let path = format!("{path}?ordre=mag");
        let request = app.http.request(method.parse().unwrap(), format!("{}{path}", app.base));
        let request = if method == "GET" { request } else { request.json(&example_of(operation)) };
        let errors = app.send(request).await.expect(422).json();
        let errors = errors["errors"].as_object().unwrap();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["ordre"], "{method} {path}");
    }
    let refused = app.get("/api/runs/1/alerts/?ordre=mag&page=1").await.expect(422).json();
    assert_eq!(
        refused["errors"]["ordre"],
        json!(["This request takes no such parameter. It takes: page, page_size, order."])
    );
    for path in ["/api/nothing/?ordre=mag", "/api/targets?ordre=mag"] {
        app.get(path).await.expect(404);
    }
}

#[tokio::test]
async fn every_parameter_that_is_described_is_taken() {
    let app = TestApp::start_empty().await;
    for (method, path, operation) in operations().filter(|(method, ..)| method == "GET") {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let names = parameters.filter(|one| one["in"] == "query").map(|one| &one["name"]);
        let query: Vec<String> = names.map(|name| format!("{}=", name.as_str().unwrap())).collect();
        let answer = app.get(&format!("{path}?{}", query.join("&"))).await;
        assert!([200, 404].contains(&answer.status.as_u16()), "{method} {path}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_member_that_no_request_takes_is_refused_by_its_name_everywhere_and_nothing_is_done() {
    let app = TestApp::start().await;
    let target = json!({"name": "nova", "ra": 1, "dec": 2});
    app.post_json("/api/targets/", &target).await.expect(201);
    let query = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night"}});
    app.post_json("/api/queries/", &query).await.expect(201);
    let run = app.run(json!({"max_results": 1})).await;
    let lists = ["/api/queries/", "/api/runs/", "/api/targets/"];
    let mut before = Vec::new();
    for list in lists {
        before.push(app.get(list).await.expect(200).json());
    }
    let mut n_changes = 0;
    for (method, path, operation) in operations().filter(|(method, ..)| method != "GET") {
        let path = path.replace("/runs/1/", &format!("/runs/{}/", run["id"]));
        let mut body = example_of(operation);
        body["stranger"] = json!(1);
        let errors = app.send_json(&method, &path, &body).await.expect(422).json();
        let errors = errors["errors"].as_object().unwrap();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["stranger"], "{method} {path}");
        n_changes += 1;
    }
    assert!(n_changes >= 15, "{n_changes}");
    for (list, before) in lists.into_iter().zip(before) {
        assert_eq!(app.get(list).await.expect(200).json(), before, "{list}");
    }
    let both = json!({"name": "", "flavour": 1});
    let refused = app.post_json("/api/queries/?x=1", &both).await.expect(422).json();
    let flavour = "This request takes no such field. It takes: name, broker, parameters.";
    assert_eq!(
        refused["errors"],
        json!({"flavour": [flavour], "x": ["This request takes no parameters."]})
    );
}

#[tokio::test]
async fn a_member_that_comes_twice_is_told_by_its_name() {
    let app = TestApp::start_empty().await;
    let body = r#"{"name": "nova", "ra": 1, "dec": 2, "name": "other"}"#;
    let request = app.http.post(format!("{}/api/targets/", app.base));
    let request = request.header("content-type", "application/json").body(body);
    let refused = app.send(request).await.expect(422).json();
    assert_eq!(refused["errors"], json!({"name": ["Give it once: only one value is read."]}));
    assert_eq!(app.get("/api/targets/").await.json()["count"], 0);
}

#[tokio::test]
async fn a_saved_query_can_be_sent_back_with_its_broker_and_with_no_other() {
    let app = TestApp::start().await;
    let query = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night"}});
    let id = app.post_json("/api/queries/", &query).await.expect(201).json()["id"].clone();
    let path = format!("/api/queries/{id}/");
    let mut change = query;
    change["version"] = json!(1);
    change["broker"] = json!("database");
    let refused = app.send_json("PUT", &path, &change).await.expect(422).json();
    assert!(refused["errors"]["broker"].is_array(), "{refused}");
    change["broker"] = json!("archive");
    app.send_json("PUT", &path, &change).await.expect(200);
}

#[tokio::test]
async fn what_a_get_tells_may_be_sent_back_and_what_is_only_told_is_not_changed_by_that() {
    let app = TestApp::start().await;
    let query = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night", "max_results": 3}});
    let query = app.post_json("/api/queries/", &query).await.expect(201).json()["id"].clone();
    let started =
        app.post_json(&format!("/api/queries/{query}/runs/"), &json!({})).await.expect(202);
    let run = app.wait(started.json()["id"].as_i64().unwrap()).await;
    let alert = app.results(&run, "name").await[0]["id"].clone();
    let path = format!("/api/runs/{}/targets/", run["id"]);
    let saved = app.post_json(&path, &json!({"alerts": [alert]})).await.expect(200).json();
    let target = saved["created"][0]["target"].clone();
    for (path, whose, by_itself) in [
        (
            format!("/api/targets/{target}/"),
            "created_by",
            &["n_alerts", "alerts", "alerts_next", "modified"][..],
        ),
        (format!("/api/queries/{query}/"), "owner", &["last_run", "modified"]),
    ] {
        let told = app.get(&path).await.expect(200).json();
        let answer = app.send_json("PUT", &path, &told).await.expect(200).json();
        for (name, value) in answer.as_object().unwrap() {
            let is_counted = ["version", "modified"].contains(&name.as_str());
            assert!(is_counted || *value == told[name], "{path}: {name} is {value}");
        }
        let now = app.get(&path).await.expect(200).json();
        for (name, other) in [
            ("id", json!(987)),
            ("url", json!("/elsewhere/")),
            ("created", json!("2020-01-01T00:00:00+00:00")),
            ("sharing", json!({"readers": [], "writers": [], "sharers": ["team"]})),
            (whose, json!("Somebody else")),
        ] {
            let mut changed = now.clone();
            assert_ne!(changed[name], other);
            changed[name] = other;
            let refused = app.send_json("PUT", &path, &changed).await.expect(422).json();
            let names: Vec<_> = refused["errors"].as_object().unwrap().keys().collect();
            assert_eq!(names, [name], "{path}: {refused}");
        }
        let mut older = now.clone();
        for name in by_itself {
            assert!(now.get(name).is_some(), "{path}: {name}");
            older[*name] = match &now[name] {
                Value::Number(_) => json!(0),
                Value::Array(_) => json!([]),
                Value::Object(_) => Value::Null,
                _ => json!("2020-01-01T00:00:00+00:00"),
            };
        }
        app.send_json("PUT", &path, &older).await.expect(200);
        // It is still of two changes at once that the second is refused.
        app.send_json("PUT", &path, &older).await.expect(409);
    }
}
