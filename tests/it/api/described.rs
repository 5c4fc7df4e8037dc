//! Every answer of the API, and every body that it took, against the description of the service.

use reqwest::{Request, header};
use serde_json::{Map, Value};
use tom_alerts::web;

use super::schema;
use crate::{sign_in::routes, support::Answer};

/// What was asked for.
pub(crate) struct Asked {
    method: String,
    path: String,
    body: Option<Value>,
}

impl Asked {
    /// A request that is about to be sent.
    pub(crate) fn by(request: &Request) -> Self {
        let body = request.body().and_then(|body| serde_json::from_slice(body.as_bytes()?).ok());
        let method = request.method().as_str().to_lowercase();
        Self { method, path: request.url().path().to_owned(), body }
    }

    /// Demands that an answer of the API is described. What is no answer of the API passes.
    pub(crate) fn check(&self, answer: &Answer) {
        if routes::is_api(&self.path) {
            let problems = self.problems(answer, web::api_description());
            let Self { method, path, .. } = self;
            let (status, body) = (answer.status, &answer.body);
            assert!(problems.is_empty(), "{method} {path}: {status} {body}: {problems:#?}");
        }
    }

    fn problems(&self, answer: &Answer, description: &Value) -> Vec<String> {
        let schemas = &description["components"]["schemas"];
        let status = answer.status.as_str();
        let Some(operation) = self.operation(description) else {
            return self.problems_elsewhere(answer, description);
        };
        let Some(described) = operation["responses"].get(status) else {
            return vec![format!("the status {status} is not described")];
        };
        let mut problems = problems_of_answer(answer, described, schemas);
        if self.method == "head" {
            problems.clear();
        }
        let taken = answer.status.is_success().then_some(self.body.as_ref()).flatten();
        if let (Some(body), Some(wanted)) = (taken, schema_of(&operation["requestBody"])) {
            let wrong = schema::problems(body, wanted, schemas).into_iter();
            problems.extend(wrong.map(|problem| format!("what was sent: {problem}")));
        }
        problems
    }

    /// Where nothing is described, something is refused.
    fn problems_elsewhere(&self, answer: &Answer, description: &Value) -> Vec<String> {
        let status = answer.status.as_u16();
        let own = if self.item(description).is_some() { 405 } else { 404 };
        let is_refused = status == own || [401, 403, 421, 429, 503].contains(&status);
        if !is_refused {
            return vec!["nothing is described here".to_owned()];
        }
        let schemas = &description["components"]["schemas"];
        match serde_json::from_str(&answer.body) {
            Ok(body) => schema::problems(&body, &schemas["Problem"], schemas),
            Err(_) if self.method == "head" => Vec::new(),
            Err(error) => vec![format!("no JSON: {error}")],
        }
    }

    fn operation<'d>(&self, description: &'d Value) -> Option<&'d Value> {
        let method = if self.method == "head" { "get" } else { &self.method };
        self.item(description)?.get(method)
    }

    /// What is described at the path; a name in braces stands for one part of it.
    fn item<'d>(&self, description: &'d Value) -> Option<&'d Value> {
        let is_here = |pattern: &str| {
            let (mut wanted, mut parts) = (pattern.split('/'), self.path.split('/'));
            wanted
                .by_ref()
                .zip(parts.by_ref())
                .all(|(one, part)| one.starts_with('{') || one == part)
                && pattern.split('/').count() == self.path.split('/').count()
        };
        let items = description["paths"].as_object().unwrap();
        items.iter().find(|(pattern, _)| is_here(pattern)).map(|(_, item)| item)
    }
}

fn problems_of_answer(answer: &Answer, described: &Value, schemas: &Value) -> Vec<String> {
    let mut problems: Vec<_> = described["headers"]
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| !answer.headers.contains_key(name.as_str()))
        .map(|name| format!("the header {name} is missing"))
        .collect();
    let kind = answer.headers.get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes);
    if described["content"].get("application/octet-stream").is_some() {
        let is_file = kind == Some(b"application/octet-stream");
        problems.extend((!is_file).then(|| "it is not said to be a file".to_owned()));
        return problems;
    }
    match (schema_of(described), serde_json::from_str(&answer.body)) {
        (None, _) if answer.body.is_empty() => {}
        (None, _) => problems.push("no body is described".to_owned()),
        (Some(_), Err(error)) => problems.push(format!("no JSON: {error}")),
        (Some(_), Ok(_)) if kind != Some(b"application/json") => {
            problems.push("it is not said to be JSON".to_owned());
        }
        (Some(schema), Ok(body)) => problems.extend(schema::problems(&body, schema, schemas)),
    }
    problems
}

/// The schema of a body that is described.
pub(crate) fn schema_of(described: &Value) -> Option<&Value> {
    described.pointer("/content/application~1json/schema")
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};
    use serde_json::json;

    use super::*;

    fn description() -> Value {
        let star = json!({"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Star"}}}});
        let mut made = star.clone();
        made["headers"] = json!({"location": {"description": "Where it is"}});
        json!({
            "components": {"schemas": {
                "Star": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
                "Problem": {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
            }},
            "paths": {
                "/api/stars/": {"post": {"requestBody": star, "responses": {"201": made}}},
                "/api/stars/{id}/": {
                    "get": {"responses": {"200": star}},
                    "delete": {"responses": {"204": {"description": "Gone"}}}
                }
            }
        })
    }

    fn problems(
        asked: (&str, &str, &str),
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> usize {
        let (method, path, sent) = asked;
        let asked = Asked {
            method: method.to_owned(),
            path: path.to_owned(),
            body: serde_json::from_str(sent).ok(),
        };
        let mut answered = HeaderMap::new();
        for (name, value) in headers {
            let name: header::HeaderName = name.parse().unwrap();
            answered.insert(name, value.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, headers: answered, body: body.to_owned() };
        asked.problems(&answer, &description()).len()
    }

    const JSON: (&str, &str) = ("content-type", "application/json");
    const VEGA: &str = r#"{"name": "Vega"}"#;

    #[test]
    fn what_is_described_passes() {
        let made = [JSON, ("location", "/api/stars/1/")];
        assert_eq!(problems(("post", "/api/stars/", VEGA), 201, &made, VEGA), 0);
        assert_eq!(problems(("get", "/api/stars/1/", ""), 200, &[JSON], VEGA), 0);
        assert_eq!(problems(("head", "/api/stars/1/", ""), 200, &[JSON], ""), 0);
        assert_eq!(problems(("delete", "/api/stars/1/", ""), 204, &[], ""), 0);
        let refused = r#"{"detail": "no"}"#;
        assert_eq!(problems(("get", "/api/moons/", ""), 404, &[JSON], refused), 0);
        assert_eq!(problems(("put", "/api/stars/1/", ""), 405, &[JSON], refused), 0);
        assert_eq!(problems(("put", "/api/stars/1/", ""), 401, &[JSON], refused), 0);
    }

    #[test]
    fn what_is_not_described_is_found() {
        let made = [JSON, ("location", "/api/stars/1/")];
        let post = ("post", "/api/stars/", VEGA);
        for (what, found) in [
            ("a status", problems(post, 200, &made, VEGA)),
            ("a header that is missing", problems(post, 201, &[JSON], VEGA)),
            ("a member that is missing", problems(post, 201, &made, "{}")),
            ("a member more", problems(post, 201, &made, r#"{"name": "Vega", "mag": 0}"#)),
            ("no JSON", problems(post, 201, &made, "Vega")),
            ("JSON that is not said to be", problems(post, 201, &made[1..], VEGA)),
            ("what was sent", problems(("post", "/api/stars/", r#"{"mag": 0}"#), 201, &made, VEGA)),
            (
                "a member more that was sent",
                problems(
                    ("post", "/api/stars/", r#"{"name": "Vega", "mag": 0}"#),
                    201,
                    &made,
                    VEGA,
                ),
            ),
            ("a body", problems(("delete", "/api/stars/1/", ""), 204, &[JSON], VEGA)),
            ("an answer of another path", problems(("get", "/api/moons/", ""), 200, &[JSON], VEGA)),
            (
                "an answer of another method",
                problems(("put", "/api/stars/1/", ""), 200, &[JSON], VEGA),
            ),
            ("a refusal of another path", problems(("get", "/api/moons/", ""), 405, &[JSON], VEGA)),
            (
                "a refusal of another shape",
                problems(("get", "/api/moons/", ""), 404, &[JSON], VEGA),
            ),
        ] {
            assert!(found > 0, "{what}");
        }
    }
}
