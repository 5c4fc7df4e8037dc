//! The description itself: the routes that there are, and examples that are true.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tom_alerts::web;

use super::{described::schema_of, schema};
use crate::{sign_in::routes, support::TestApp};

/// Method, path and description of each operation.
fn operations() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = web::api_description()["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    let declared: BTreeSet<(String, String)> = routes::all()
        .into_iter()
        .filter(routes::Route::is_api)
        .flat_map(|route| {
            let pattern = route.pattern;
            route.methods.into_iter().map(move |method| (pattern.clone(), method.to_owned()))
        })
        .collect();
    let described: BTreeSet<(String, String)> =
        operations().map(|(method, path, _)| (path.to_owned(), method.to_uppercase())).collect();
    let undescribed: Vec<_> = declared.difference(&described).collect();
    assert!(undescribed.is_empty(), "routes without a description: {undescribed:?}");
    let stale: Vec<_> = described.difference(&declared).collect();
    assert!(stale.is_empty(), "descriptions without a route: {stale:?}");
    assert!(declared.len() >= 28, "{}", declared.len());
}

#[test]
fn operations_have_names_of_their_own_and_words_for_everything() {
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} comes twice");
        let said = |part: &Value, word: &str| !part[word].as_str().unwrap_or_default().is_empty();
        assert!(said(operation, "summary"), "{method} {path}");
        for part in operation["parameters"].as_array().into_iter().flatten() {
            assert!(said(part, "description"), "{method} {path}: {part}");
        }
        for (status, answer) in operation["responses"].as_object().unwrap() {
            assert!(said(answer, "description"), "{method} {path}: {status}");
        }
    }
}

#[test]
fn every_body_has_an_example_and_every_example_is_as_described() {
    let schemas = &web::api_description()["components"]["schemas"];
    let mut n_bodies = 0;
    for (method, path, operation) in operations() {
        let answers = operation["responses"].as_object().unwrap().iter();
        let bodies = answers.map(|(status, answer)| (status.as_str(), answer));
        let bodies = bodies.chain([("body", &operation["requestBody"])]);
        for (what, body) in bodies.filter(|(_, body)| schema_of(body).is_some()) {
            let content = &body["content"]["application/json"];
            let example = content.get("example");
            let example =
                example.unwrap_or_else(|| panic!("{method} {path}: no example of {what}"));
            let problems = schema::problems(example, &content["schema"], schemas);
            assert!(problems.is_empty(), "{method} {path}, {what}: {problems:#?}");
            n_bodies += 1;
        }
        for part in operation["parameters"].as_array().into_iter().flatten() {
            let example = part.get("example").into_iter();
            let problems = example.flat_map(|it| schema::problems(it, &part["schema"], schemas));
            assert_eq!(problems.collect::<Vec<_>>(), [""; 0], "{method} {path}: {part}");
        }
    }
    assert!(n_bodies > 100, "{n_bodies}");
    for (name, described) in schemas.as_object().unwrap() {
        let problems = problems_of_examples(described, schemas);
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

/// The same for the examples in a schema, and in the schemas of its members.
fn problems_of_examples(described: &Value, schemas: &Value) -> Vec<String> {
    let own = described.get("example").into_iter();
    let own = own.flat_map(|example| schema::problems(example, described, schemas));
    let members = described["properties"].as_object().into_iter().flat_map(Map::values);
    own.chain(members.flat_map(|member| problems_of_examples(member, schemas))).collect()
}

#[tokio::test]
async fn the_service_tells_its_description() {
    let app = TestApp::start_empty().await;
    let told = app.get("/api/openapi.json").await.expect(200).json();
    assert_eq!(told, *web::api_description());
    assert_eq!(told["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["security"].as_array().unwrap().len(), 3);
}
