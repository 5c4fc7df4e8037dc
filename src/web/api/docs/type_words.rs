//! Types of the description in words, with ways to those that have a name.

use serde_json::Value;

/// A piece of the words for a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The word.
    pub(super) text: String,
    /// Whether it is the name of a type, which the page explains.
    pub(super) is_name: bool,
}

/// A type in words: "array of" `Alert`, "string or null".
pub(super) fn type_in_words(schema: &Value) -> Vec<Piece> {
    let mut pieces = Vec::new();
    add(schema, &mut pieces);
    pieces
}

fn say(text: impl Into<String>, pieces: &mut Vec<Piece>) {
    pieces.push(Piece { text: text.into(), is_name: false });
}

fn add(schema: &Value, pieces: &mut Vec<Piece>) {
    if let Some(name) = name_of(schema) {
        pieces.push(Piece { text: name.to_owned(), is_name: true });
    } else if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        for (n, choice) in choices.iter().enumerate() {
            if n > 0 {
                say(" or ", pieces);
            }
            add(choice, pieces);
        }
    } else if let Some(items) = schema.get("items") {
        say("array of ", pieces);
        add(items, pieces);
        if is_nullable(schema) {
            say(" or null", pieces);
        }
    } else if let Some(values) = schema.get("additionalProperties").filter(|it| it.is_object()) {
        say("object of ", pieces);
        add(values, pieces);
    } else {
        say(plain(schema), pieces);
    }
}

/// The name of the type that a schema refers to.
pub(super) fn name_of(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

fn is_nullable(schema: &Value) -> bool {
    schema["type"].as_array().is_some_and(|types| types.iter().any(|kind| kind == "null"))
}

/// A type without parts.
fn plain(schema: &Value) -> String {
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    if kinds.is_empty() {
        return "anything".to_owned();
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(Value::to_string).collect::<Vec<_>>().join(" or ");
    }
    let kinds = kinds.join(" or ");
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => kinds.replace("string", "time"),
        Some("date") => kinds.replace("string", "day"),
        Some("binary") => kinds.replace("string", "bytes"),
        _ => kinds,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(schema: &Value) -> String {
        let pieces = type_in_words(schema).into_iter();
        pieces
            .map(|piece| if piece.is_name { format!("<{}>", piece.text) } else { piece.text })
            .collect()
    }

    #[test]
    fn types_are_told_in_words() {
        let alert = json!({"$ref": "#/components/schemas/Alert"});
        for (schema, told) in [
            (json!({"type": "integer", "format": "int64", "minimum": 0}), "integer"),
            (json!({"type": ["string", "null"]}), "string or null"),
            (json!({"type": ["string", "null"], "format": "date-time"}), "time or null"),
            (json!({"type": "string", "format": "date"}), "day"),
            (json!({"type": "string", "format": "binary"}), "bytes"),
            (json!({"type": "string", "enum": ["on", "paused"]}), "\"on\" or \"paused\""),
            (json!({"type": "array", "items": alert}), "array of <Alert>"),
            (
                json!({"type": ["array", "null"], "items": {"type": "number"}}),
                "array of number or null",
            ),
            (json!({"oneOf": [alert, {"type": "null"}]}), "<Alert> or null"),
            (
                json!({"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}),
                "object of array of string",
            ),
            (json!({"type": "object"}), "object"),
            (json!({}), "anything"),
        ] {
            assert_eq!(words(&schema), told, "{schema}");
        }
    }
}
