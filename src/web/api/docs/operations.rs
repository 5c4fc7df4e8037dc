//! What can be asked for: a part of the page for each method of each path.

use serde_json::Value;

use super::{
    curl::{Curl, with_example},
    prose::{Span, prose},
    type_words::{Piece, type_in_words},
    types::{Member, members, text},
};

/// Requests about the same things.
pub(super) struct Subject {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    pub(super) operations: Vec<Operation>,
}

/// A request that the API takes.
pub(super) struct Operation {
    pub(super) id: &'static str,
    pub(super) method: String,
    /// CSS class of the method: reading, making, changing, deleting.
    pub(super) class: &'static str,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) details: Vec<Span>,
    pub(super) parameters: Vec<Member>,
    pub(super) body: Option<Body>,
    pub(super) curl: String,
    pub(super) answers: Vec<Answer>,
}

/// What is sent, or answered.
pub(super) struct Body {
    pub(super) kind: Vec<Piece>,
    pub(super) members: Vec<Member>,
    /// JSON as it may be.
    pub(super) example: String,
}

/// What a request may come to.
#[derive(PartialEq)]
pub(super) struct Answer {
    pub(super) status: &'static str,
    /// CSS class of the status: done, or refused.
    pub(super) class: &'static str,
    pub(super) meaning: Vec<Span>,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) kind: Vec<Piece>,
    /// JSON as it may be; empty for refusals, which are alike.
    pub(super) example: String,
}

/// Every request, by its subject; `common` answers are told elsewhere.
pub(super) fn subjects(
    description: &'static Value,
    curl: &Curl<'_>,
    common: &[Answer],
) -> Vec<Subject> {
    let tags = description["tags"].as_array().into_iter().flatten();
    tags.map(|tag| Subject {
        name: text(tag, "name"),
        meaning: text(tag, "description"),
        operations: described(description)
            .filter(|(_, _, operation)| operation["tags"][0] == tag["name"])
            .map(|(path, method, operation)| {
                let schemas = &description["components"]["schemas"];
                Operation::of(path, method, operation, schemas, curl, common)
            })
            .collect(),
    })
    .collect()
}

/// What every request may come to.
pub(super) fn common_answers(description: &'static Value) -> Vec<Answer> {
    let mut all = described(description).map(|(_, _, operation)| answers(operation));
    let mut common = all.next().unwrap_or_default();
    for answers in all {
        common.retain(|answer| answers.contains(answer));
    }
    common
}

/// Path, method and description of each request.
fn described(
    description: &'static Value,
) -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = description["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let operations = item.as_object().into_iter().flatten();
        operations.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

impl Operation {
    fn of(
        path: &'static str,
        method: &'static str,
        operation: &'static Value,
        schemas: &'static Value,
        curl: &Curl<'_>,
        common: &[Answer],
    ) -> Self {
        let body = Body::of(&operation["requestBody"], schemas);
        let sent = operation.pointer("/requestBody/content/application~1json/example");
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let answers = answers(operation).into_iter();
        Self {
            id: text(operation, "operationId"),
            method: method.to_uppercase(),
            class: class_of(method),
            path,
            summary: text(operation, "summary"),
            details: prose(text(operation, "description")),
            parameters: parameters.iter().map(parameter).collect(),
            body,
            curl: curl.line(method, &with_example(path, parameters), sent),
            answers: answers.filter(|answer| !common.contains(answer)).collect(),
        }
    }
}

impl Body {
    fn of(described: &'static Value, schemas: &'static Value) -> Option<Self> {
        let content = described.pointer("/content/application~1json")?;
        let schema = &content["schema"];
        Some(Self {
            kind: type_in_words(schema),
            members: members(schema, schemas),
            example: pretty(&content["example"]),
        })
    }
}

fn class_of(method: &str) -> &'static str {
    match method {
        "get" => "is-info",
        "post" => "is-good",
        "delete" => "is-bad",
        _ => "is-warning",
    }
}

fn parameter(described: &'static Value) -> Member {
    Member {
        name: text(described, "name"),
        kind: type_in_words(&described["schema"]),
        is_required: described["required"] == true,
        meaning: prose(text(described, "description")),
    }
}

fn answers(operation: &'static Value) -> Vec<Answer> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    responses
        .map(|(status, response)| {
            let is_done = status.starts_with('2');
            let content = response["content"].as_object().and_then(|kinds| kinds.values().next());
            let headers = response["headers"].as_object().into_iter().flatten();
            Answer {
                status,
                class: if is_done { "is-good" } else { "is-bad" },
                meaning: prose(text(response, "description")),
                headers: headers
                    .map(|(name, header)| (name.as_str(), text(header, "description")))
                    .collect(),
                kind: content.map(|content| type_in_words(&content["schema"])).unwrap_or_default(),
                example: content
                    .filter(|_| is_done)
                    .and_then(|content| content.get("example"))
                    .map(pretty)
                    .unwrap_or_default(),
            }
        })
        .collect()
}

fn pretty(example: &Value) -> String {
    serde_json::to_string_pretty(example).unwrap_or_default()
}
