//! Refuses parameters of an address and members of a body that a request does not take. The description says which it takes;
//! whatever else is sent would be passed over, and a slip of the pen would look like an answer.

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{openapi::description, wrong_fields::wrong_fields};
use crate::web::frame::{
    error::ApiError,
    extract::{Pairs, body_of},
};

/// Wrong names up to which each is told what there is instead.
const MOST_EXPLAINED: usize = 20;

/// Answers 422 to what a request does not take, by its name; all else goes on.
pub(super) async fn refuse(request: Request, next: Next) -> Response {
    let Some(taken) = Taken::by(&request) else { return next.run(request).await };
    let mut errors = Map::new();
    let sent = Pairs::parse(request.uri().query().unwrap_or_default().as_bytes());
    for (name, _) in sent.iter().filter(|(name, _)| !taken.parameters.contains(name)) {
        errors.insert(name.to_owned(), message("parameter", &taken.parameters));
    }
    let request = if matches!(*request.method(), Method::GET | Method::HEAD) {
        request
    } else {
        let (parts, body) = request.into_parts();
        match body_of(Request::from_parts(parts.clone(), body), &()).await {
            Ok(bytes) => {
                // What is no object is refused where it is read.
                let members: Map<String, Value> =
                    serde_json::from_slice(&bytes).unwrap_or_default();
                let is_unknown = |name: &&String| !taken.members.contains(&name.as_str());
                for name in members.keys().filter(is_unknown) {
                    errors.insert(name.clone(), message("field", &taken.members));
                }
                Request::from_parts(parts, Body::from(bytes))
            }
            Err(error) => return ApiError::from(error).into_response(),
        }
    };
    if errors.len() > MOST_EXPLAINED {
        // Each by its name all the same, but what it takes is not repeated for thousands of them.
        errors.values_mut().for_each(|error| *error = json!(["This request takes no such name."]));
    }
    if errors.is_empty() { next.run(request).await } else { wrong_fields(errors) }
}

fn message(what: &str, taken: &[&str]) -> Value {
    if taken.is_empty() {
        return json!([format!("This request takes no {what}s.")]);
    }
    json!([format!("This request takes no such {what}. It takes: {}.", taken.join(", "))])
}

/// The names that a request takes.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    parameters: Vec<&'static str>,
    members: Vec<&'static str>,
}

impl Taken {
    /// Those of a request; `None` where nothing is described, and nothing there.
    fn by(request: &Request) -> Option<Self> {
        let path = request.extensions().get::<MatchedPath>()?;
        let method = match *request.method() {
            Method::HEAD => "get".to_owned(),
            ref method => method.as_str().to_lowercase(),
        };
        Self::described(path.as_str(), &method)
    }

    fn described(path: &str, method: &str) -> Option<Self> {
        let described = description();
        let operation = described["paths"].get(path)?.get(method)?;
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        Some(Self {
            parameters: parameters
                .filter(|one| one["in"] == "query")
                .filter_map(|one| one["name"].as_str())
                .collect(),
            members: members(body, &described["components"]["schemas"]),
        })
    }
}

/// The names of an object's members, and of those that it is put together from.
fn members(schema: &'static Value, schemas: &'static Value) -> Vec<&'static str> {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return members(&schemas[name], schemas);
    }
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema["properties"].as_object().into_iter().flatten();
    own.map(|(name, _)| name.as_str())
        .chain(parts.flat_map(|part| members(part, schemas)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_request_are_those_of_its_address_and_of_every_part_of_its_body() {
        let taken = Taken::described("/api/targets/{id}/", "put").unwrap();
        assert_eq!(taken.parameters, [""; 0], "the number is none of them");
        for name in ["version", "name", "ra", "type"] {
            assert!(taken.members.contains(&name), "{name}: {taken:?}");
        }
        let taken = Taken::described("/api/targets/", "get").unwrap();
        assert!(taken.parameters.contains(&"cone_search") && taken.members.is_empty());
        assert_eq!(Taken::described("/api/moons/", "get"), None);
    }
}
