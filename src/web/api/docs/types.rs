//! What bodies are made of: types with their members.

use serde_json::Value;

use super::{
    prose::{Span, prose},
    type_words::{Piece, name_of, type_in_words},
};

/// A type that has a name.
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) meaning: Vec<Span>,
    /// What it is, where it is no object with members.
    pub(super) kind: Vec<Piece>,
    pub(super) members: Vec<Member>,
}

/// A member of an object, or a parameter of a request.
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) kind: Vec<Piece>,
    /// Whether it is always there, or must be.
    pub(super) is_required: bool,
    pub(super) meaning: Vec<Span>,
}

/// Every type that has a name.
pub(super) fn named_types(description: &'static Value) -> Vec<Type> {
    let schemas = &description["components"]["schemas"];
    let named = schemas.as_object().into_iter().flatten();
    named
        .map(|(name, schema)| {
            let members = members(schema, schemas);
            let kind = if members.is_empty() { type_in_words(schema) } else { Vec::new() };
            Type { name, meaning: prose(text(schema, "description")), kind, members }
        })
        .collect()
}

/// The members of an object, and of those that it is put together from.
pub(super) fn members(schema: &'static Value, schemas: &'static Value) -> Vec<Member> {
    if let Some(name) = name_of(schema) {
        return members(&schemas[name], schemas);
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().flat_map(|part| members(part, schemas)).collect();
    }
    let required = schema["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let described = schema["properties"].as_object().into_iter().flatten();
    described
        .map(|(name, member)| Member {
            name,
            kind: type_in_words(member),
            is_required: is_required(name),
            meaning: prose(meaning(member, schemas)),
        })
        .collect()
}

/// What is said of a member itself, or else of its type.
fn meaning(member: &'static Value, schemas: &'static Value) -> &'static str {
    let choices = member["oneOf"].as_array().into_iter().flatten();
    let said = std::iter::once(member).chain(choices).map(|one| text(one, "description"));
    said.chain(name_of(member).map(|name| text(&schemas[name], "description")))
        .find(|said| !said.is_empty())
        .unwrap_or_default()
}

/// A text of the description; empty where there is none.
pub(super) fn text(described: &'static Value, name: &str) -> &'static str {
    described[name].as_str().unwrap_or_default()
}
