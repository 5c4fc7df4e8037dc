//! The JSON API: its shapes, its refusals, its description.

pub(crate) mod described;
mod description;
mod docs_page;
mod lists;
mod schema;
mod set_aside;
mod unknown_names;
mod wrong_values;

use serde_json::{Value, json};

use crate::support::TestApp;

#[tokio::test]
async fn brokers_describe_their_forms() {
    let app = TestApp::start().await;
    let brokers = app.get("/api/brokers/").await.expect(200).json()["results"].clone();
    assert_eq!(
        (&brokers[0]["id"], &brokers[0]["name"]),
        (&json!("archive"), &json!("Alert archive"))
    );
    let fields: Vec<&str> = brokers[0]["form"]["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| field["name"].as_str().unwrap())
        .collect();
    for name in [
        "folder",
        "max_results",
        "classtar_threshold",
        "classtar_gt_lt",
        "mag_min",
        "mag_max",
        "bands",
        "rb_min",
        "drb_min",
        "positive_only",
        "ndethist_min",
        "cone",
        "observed_after",
        "observed_before",
        "no_solar_system",
    ] {
        assert!(fields.contains(&name), "{name}");
    }
    assert_eq!(brokers[0]["form"]["fields"][0]["options"][0]["value"], "night");
}

#[tokio::test]
async fn queries_are_saved_run_and_refused_with_messages_by_field() {
    let app = TestApp::start().await;
    let good = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night", "max_results": 4}});
    let query = app.post_json("/api/queries/", &good).await.expect(201).json();
    assert_eq!(query["parameters"], good["parameters"]);
    let started =
        app.post_json(&format!("/api/queries/{}/runs/", query["id"]), &json!({})).await.expect(202);
    assert_eq!(started.location(), format!("/api/runs/{}/", started.json()["id"]));
    assert_eq!(started.json()["state"], "queued");
    let run = app.wait(started.json()["id"].as_i64().unwrap()).await;
    assert_eq!(
        (&run["state"], &run["query"], &run["query_name"]),
        (&json!("finished"), &query["id"], &json!("q"))
    );
    for name in
        ["received", "passed", "rejected", "duplicates", "unreadable", "stored", "acknowledged"]
    {
        assert!(run["counts"][name].is_u64(), "{name}");
    }
    let alert = &app.results(&run, "name").await[0];
    for name in [
        "id",
        "survey",
        "source_id",
        "object_id",
        "timestamp",
        "ra",
        "dec",
        "mag",
        "band",
        "score",
        "url",
        "target",
    ] {
        assert!(alert.get(name).is_some(), "{name}");
    }
    for (body, field) in [
        (json!({"name": "", "broker": "archive", "parameters": {"folder": "night"}}), "name"),
        (json!({"name": "q", "broker": "MARS"}), "broker"),
        (json!({"name": "q"}), "broker"),
        (
            json!({"name": "q", "broker": "archive", "parameters": {"folder": "night", "flavour": 1}}),
            "flavour",
        ),
        (json!({"name": "q", "broker": "archive", "parameters": [1]}), "parameters"),
        (
            json!({"name": "q", "broker": "archive", "parameters": {"folder": "night", "max_results": "many"}}),
            "max_results",
        ),
        (
            json!({"name": "q", "broker": "archive", "parameters": {"folder": "night", "bands": ["q"]}}),
            "bands",
        ),
        (
            json!({"name": "q", "broker": "archive", "parameters": {"folder": "night", "cone": "12, 12"}}),
            "cone",
        ),
    ] {
        let errors = app.post_json("/api/queries/", &body).await.expect(422).json();
        assert!(errors["errors"][field][0].is_string(), "{body}: {errors}");
    }
    let as_tom_keeps_it = json!({"query_name": "q", "broker": "archive", "max_results": 2});
    let first = app
        .post_json("/api/runs/", &json!({"broker": "archive", "parameters": as_tom_keeps_it}))
        .await
        .expect(202);
    assert_eq!(app.wait(first.json()["id"].as_i64().unwrap()).await["counts"]["stored"], 2);
    app.send_json("DELETE", &format!("/api/queries/{}/", query["id"]), &json!({}))
        .await
        .expect(204);
    app.get(&format!("/api/queries/{}/", query["id"])).await.expect(404);
}

#[tokio::test]
async fn what_is_no_json_object_is_refused() {
    let app = TestApp::start().await;
    for body in ["", "{", "[]", "null", "\"x\"", "{\"a\":1}{", "\u{0}", "{\"broker\": \"\\ud800\"}"]
    {
        for path in ["/api/queries/", "/api/runs/", "/api/targets/"] {
            let request = app
                .http
                .post(format!("{}{path}", app.base))
                .header("content-type", "application/json")
                .body(body);
            let answer = app.send(request).await;
            assert!(matches!(answer.status.as_u16(), 400 | 422), "{path} {body}: {}", answer.body);
            assert!(answer.json().is_object());
        }
    }
    for path in [
        "/api/nothing",
        "/api/runs/999/",
        "/api/queries/x/",
        "/api/targets/99999999999999999999/",
        "/api/runs/1/alerts/",
    ] {
        assert!(app.get(path).await.expect(404).json()["detail"].is_string(), "{path}");
    }
}

#[tokio::test]
async fn the_description_names_every_route_that_answers() {
    let app = TestApp::start().await;
    let description = app.get("/api/openapi.json").await.expect(200).json();
    let run = app.run(json!({"max_results": 1})).await;
    let query = json!({"name": "q", "broker": "archive", "parameters": {"folder": "night"}});
    app.post_json("/api/queries/", &query).await.expect(201);
    app.post_json("/api/targets/", &json!({"name": "t", "ra": 1, "dec": 1})).await.expect(201);
    for (path, methods) in description["paths"].as_object().unwrap() {
        let path = path.replace("{survey}", "ztf").replace("{source_id}", "1").replace(
            "{id}",
            &if path.contains("runs/{") { run["id"].to_string() } else { "1".to_owned() },
        );
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let is_described = methods.get(method.to_lowercase()).is_some();
            let status = app.send_json(method, &path, &Value::Null).await.status.as_u16();
            assert_eq!(status != 405, is_described, "{method} {path}: {status}");
            if method == "DELETE" && is_described && status == 204 {
                app.post_json("/api/queries/", &query).await;
                break;
            }
        }
    }
}
