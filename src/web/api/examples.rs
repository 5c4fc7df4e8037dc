//! An example of every body, put together from those of the types that it is made of.

use serde_json::{Map, Value};

/// Adds an example to every body of a description that has none.
pub(super) fn add_to(description: &mut Value) {
    let schemas = description.pointer("/components/schemas").and_then(Value::as_object);
    let schemas = schemas.cloned().unwrap_or_default();
    let paths = description.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    for operation in items.flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        for (name, part) in operation {
            match (name.as_str(), part) {
                ("requestBody", body) => add_to_body(body, &schemas),
                ("responses", Value::Object(answers)) => {
                    answers.values_mut().for_each(|answer| add_to_body(answer, &schemas));
                }
                _ => {}
            }
        }
    }
}

fn add_to_body(body: &mut Value, schemas: &Map<String, Value>) {
    let content = body.pointer_mut("/content/application~1json").and_then(Value::as_object_mut);
    let Some(content) = content.filter(|content| !content.contains_key("example")) else { return };
    if let Some(example) = content.get("schema").and_then(|schema| example_of(schema, schemas)) {
        content.insert("example".to_owned(), example);
    }
}

/// The example of a schema: its own, or one of its parts'; `None` where some part has none.
pub(super) fn example_of(schema: &Value, schemas: &Map<String, Value>) -> Option<Value> {
    if let Some(own) = schema.get("example") {
        return Some(own.clone());
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return example_of(schemas.get(name.rsplit('/').next()?)?, schemas);
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for part in parts {
            let Value::Object(members) = example_of(part, schemas)? else { return None };
            whole.extend(members);
        }
        return Some(Value::Object(whole));
    }
    if let Some(items) = schema.get("items") {
        return Some(Value::Array(vec![example_of(items, schemas)?]));
    }
    let members = schema.get("properties")?.as_object()?.iter();
    members.map(|(name, member)| Some((name.clone(), example_of(member, schemas)?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_without_an_example_is_put_together_from_its_parts() {
        let mut description = json!({
            "components": {"schemas": {
                "Star": {"type": "object", "properties": {"name": {"type": "string"}}, "example": {"name": "Vega"}},
                "Seen": {"allOf": [
                    {"$ref": "#/components/schemas/Star"},
                    {"type": "object", "properties": {"mag": {"type": "number", "example": 0.03}}}
                ]}
            }},
            "paths": {"/stars/": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Star"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {
                        "type": "array", "items": {"$ref": "#/components/schemas/Seen"}
                    }}}},
                    "201": {"content": {"application/json": {"schema": {}, "example": 1}}},
                    "204": {"description": "Nothing"}
                }
            }}}
        });
        add_to(&mut description);
        let post = &description["paths"]["/stars/"]["post"];
        let example = |body: &Value| body["content"]["application/json"]["example"].clone();
        assert_eq!(example(&post["requestBody"]), json!({"name": "Vega"}));
        assert_eq!(example(&post["responses"]["200"]), json!([{"name": "Vega", "mag": 0.03}]));
        assert_eq!(example(&post["responses"]["201"]), json!(1));
        assert_eq!(post["responses"]["204"], json!({"description": "Nothing"}));
    }
}
