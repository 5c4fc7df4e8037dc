//! Holds requests to the description: parameters of an address and members of a body that it does not name, and values of
//! parameters that it does not allow, are refused by their names. Passed over, a slip of the pen would look like an answer.

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
    json_members::JsonMembers,
    page_query::IsJudged,
    parameters::{Parameter, complaints},
};

/// Wrong names up to which each is told what there is instead.
const MOST_EXPLAINED: usize = 20;

/// Answers 422 to what a request does not take, by its name; all else goes on.
pub(super) async fn refuse_others(request: Request, next: Next) -> Response {
    let Some(taken) = Taken::by(&request) else { return next.run(request).await };
    let sent = Pairs::parse(request.uri().query().unwrap_or_default().as_bytes());
    let wrong = complaints(&sent, &taken.parameters, "request").into_iter();
    let mut errors: Map<_, _> = wrong.map(|(name, message)| (name, json!([message]))).collect();
    let request = if matches!(*request.method(), Method::GET | Method::HEAD) {
        request
    } else {
        let (parts, body) = request.into_parts();
        match body_of(Request::from_parts(parts.clone(), body), &()).await {
            Ok(bytes) => {
                // What is no object is refused where it is read.
                if let Ok(sent) = JsonMembers::read(&bytes) {
                    for name in sent.members.keys().filter(|name| !taken.takes(name)) {
                        errors.insert(name.clone(), taken.unknown_member());
                    }
                    for name in sent.twice {
                        errors.insert(name, json!(["Give it once: only one value is read."]));
                    }
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
    if !errors.is_empty() {
        return wrong_fields(errors);
    }
    let mut request = request;
    request.extensions_mut().insert(IsJudged);
    next.run(request).await
}

/// What a request takes.
#[derive(Debug, PartialEq, Eq)]
struct Taken {
    parameters: Vec<Parameter>,
    members: Vec<Member>,
}

/// A member of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Member {
    name: &'static str,
    /// Whether it may be sent back and changes nothing.
    is_told: bool,
}

impl Taken {
    /// By a request; `None` where nothing is described, and nothing there.
    fn by(request: &Request) -> Option<Self> {
        let path = request.extensions().get::<MatchedPath>()?;
        let method = match *request.method() {
            Method::HEAD => "get".to_owned(),
            ref method => method.as_str().to_lowercase(),
        };
        Self::described(path.as_str(), &method)
    }

    fn takes(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    fn unknown_member(&self) -> Value {
        let changing = self.members.iter().filter(|member| !member.is_told);
        let names: Vec<&str> = changing.map(|member| member.name).collect();
        if names.is_empty() {
            return json!(["This request takes no fields."]);
        }
        json!([format!("This request takes no such field. It takes: {}.", names.join(", "))])
    }

    fn described(path: &str, method: &str) -> Option<Self> {
        let described = description();
        let operation = described["paths"].get(path)?.get(method)?;
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        Some(Self {
            parameters: parameters
                .filter(|one| one["in"] == "query")
                .filter_map(|one| parameter(one["name"].as_str()?, &one["schema"]))
                .collect(),
            members: members(body, &described["components"]["schemas"]),
        })
    }
}

/// A parameter with the values that its schema allows; `None` of a schema of which nothing is known here.
fn parameter(name: &'static str, schema: &'static Value) -> Option<Parameter> {
    if let Some(choices) = schema["oneOf"].as_array() {
        return choices.iter().find_map(|choice| parameter(name, choice));
    }
    if let Some(words) = schema["enum"].as_array() {
        return Some(Parameter::word(name, words.iter().filter_map(Value::as_str)));
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.as_slice(),
        kind => std::slice::from_ref(kind),
    };
    kinds.iter().find_map(|kind| match kind.as_str()? {
        "string" => Some(Parameter::text(name)),
        "integer" => {
            let bound = |word: &str, none| schema[word].as_i64().unwrap_or(none);
            Some(Parameter::whole(name, bound("minimum", i64::MIN), bound("maximum", i64::MAX)))
        }
        _ => None,
    })
}

/// An object's members, and those of what it is put together from.
fn members(schema: &'static Value, schemas: &'static Value) -> Vec<Member> {
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return members(&schemas[name], schemas);
    }
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let own = schema["properties"].as_object().into_iter().flatten();
    own.map(|(name, member)| Member { name, is_told: member["readOnly"] == true })
        .chain(parts.flat_map(|part| members(part, schemas)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_takes_is_what_its_address_and_every_part_of_its_body_are_described_with() {
        let taken = Taken::described("/api/targets/{id}/", "put").unwrap();
        assert!(taken.parameters.is_empty(), "the number is none of them: {taken:?}");
        for name in ["version", "name", "ra", "type"] {
            assert!(taken.takes(name), "{name}: {taken:?}");
        }
        // What is only told may come back, and is no choice for who has mistyped a name.
        assert!(taken.takes("url") && !taken.takes("moon"));
        let others = taken.unknown_member().to_string();
        assert!(others.contains("version") && !others.contains("url"), "{others}");
        let taken = Taken::described("/api/targets/", "get").unwrap();
        assert!(taken.members.is_empty());
        for parameter in [
            Parameter::text("cone_search"),
            Parameter::any_whole("before"),
            Parameter::whole("page_size", 1, 1_000),
            Parameter::word("whose", ["all", "mine", "groups"]),
        ] {
            assert!(taken.parameters.contains(&parameter), "{parameter:?}: {taken:?}");
        }
        assert_eq!(Taken::described("/api/moons/", "get"), None);
    }

    #[test]
    fn schemas_say_what_a_parameter_takes() {
        let word = Parameter::word("it", ["a", "b"]);
        for (schema, takes) in [
            (json!({"type": ["string", "null"]}), Some(Parameter::text("it"))),
            (json!({"type": "integer"}), Some(Parameter::any_whole("it"))),
            (
                json!({"type": ["integer", "null"], "minimum": 1}),
                Some(Parameter::whole("it", 1, i64::MAX)),
            ),
            (json!({"type": "string", "enum": ["a", "b"]}), Some(word.clone())),
            (
                json!({"oneOf": [{"type": "null"}, {"type": "string", "enum": ["a", "b"]}]}),
                Some(word),
            ),
            (json!({"type": "boolean"}), None),
        ] {
            let schema: &'static Value = Box::leak(Box::new(schema));
            assert_eq!(parameter("it", schema), takes, "{schema}");
        }
    }
}
