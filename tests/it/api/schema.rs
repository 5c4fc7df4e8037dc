//! Checks JSON against a schema of the description: the words of schemas that it uses, and no others.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// What of an object is described.
#[derive(Default)]
struct Described<'s> {
    names: BTreeSet<&'s str>,
    /// Whether it may have other members.
    is_open: bool,
}

/// What is wrong with a value, a line each. A member that is not described is wrong, unless the schema lets others in.
pub(crate) fn problems(value: &Value, schema: &Value, schemas: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Checker { schemas }.whole(value, schema, "", &mut found);
    found
}

struct Checker<'s> {
    schemas: &'s Value,
}

impl<'s> Checker<'s> {
    fn whole(&self, value: &Value, schema: &'s Value, place: &str, found: &mut Vec<String>) {
        let described = self.part(value, schema, place, found);
        for name in value.as_object().into_iter().flat_map(Map::keys) {
            if !described.is_open && !described.names.contains(name.as_str()) {
                found.push(format!("{place}/{name} is not described"));
            }
        }
    }

    fn part(
        &self,
        value: &Value,
        schema: &'s Value,
        place: &str,
        found: &mut Vec<String>,
    ) -> Described<'s> {
        let words = schema.as_object().unwrap_or_else(|| panic!("no schema: {schema}"));
        let says_members = ["$ref", "allOf", "oneOf", "properties", "additionalProperties"];
        let is_open = !says_members.iter().any(|word| words.contains_key(*word));
        let mut described = Described { is_open, ..Described::default() };
        for (word, said) in words {
            let more = match word.as_str() {
                "$ref" => self.part(value, self.named(said), place, found),
                "allOf" => self.all_of(value, said, place, found),
                "oneOf" => self.one_of(value, said, place, found),
                "properties" => self.members(value, said, place, found),
                "additionalProperties" => self.other_members(value, words, place, found),
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.whole(item, said, &format!("{place}/{n}"), found);
                    }
                    continue;
                }
                _ => {
                    if !holds(word, said, value, self) {
                        found.push(format!("{place} is {value}: {word} {said}"));
                    }
                    continue;
                }
            };
            described.names.extend(more.names);
            described.is_open |= more.is_open;
        }
        described
    }

    fn named(&self, reference: &Value) -> &'s Value {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/components/schemas/"));
        &self.schemas[name.unwrap_or_else(|| panic!("not of ours: {reference}"))]
    }

    fn all_of(
        &self,
        value: &Value,
        parts: &'s Value,
        place: &str,
        found: &mut Vec<String>,
    ) -> Described<'s> {
        let mut described = Described::default();
        for part in parts.as_array().unwrap() {
            let more = self.part(value, part, place, found);
            described.names.extend(more.names);
            described.is_open |= more.is_open;
        }
        described
    }

    fn one_of(
        &self,
        value: &Value,
        choices: &'s Value,
        place: &str,
        found: &mut Vec<String>,
    ) -> Described<'s> {
        let tried = choices.as_array().unwrap().iter().map(|choice| {
            let mut wrong = Vec::new();
            let described = self.part(value, choice, place, &mut wrong);
            (described, wrong)
        });
        let tried: Vec<_> = tried.collect();
        let n_fitting = tried.iter().filter(|(_, wrong)| wrong.is_empty()).count();
        if n_fitting != 1 {
            found.push(format!("{place} is {value}, which {n_fitting} of {choices} fit"));
            found.extend(tried.iter().flat_map(|(_, wrong)| wrong.clone()));
        }
        let fitting = tried.into_iter().find(|(_, wrong)| wrong.is_empty());
        fitting.map(|(described, _)| described).unwrap_or_default()
    }

    fn members(
        &self,
        value: &Value,
        members: &'s Value,
        place: &str,
        found: &mut Vec<String>,
    ) -> Described<'s> {
        let members = members.as_object().unwrap();
        for (name, member) in members {
            if let Some(value) = value.get(name) {
                self.whole(value, member, &format!("{place}/{name}"), found);
            }
        }
        Described { names: members.keys().map(String::as_str).collect(), is_open: false }
    }

    fn other_members(
        &self,
        value: &Value,
        words: &'s Map<String, Value>,
        place: &str,
        found: &mut Vec<String>,
    ) -> Described<'s> {
        let said = &words["additionalProperties"];
        if said.is_object() {
            for (name, value) in value.as_object().into_iter().flatten() {
                if words.get("properties").is_none_or(|known| known.get(name).is_none()) {
                    self.whole(value, said, &format!("{place}/{name}"), found);
                }
            }
        }
        Described { is_open: *said != false, ..Described::default() }
    }
}

/// Whether a value is as one word of a schema says. What the word does not speak of passes.
fn holds(word: &str, said: &Value, value: &Value, checker: &Checker<'_>) -> bool {
    match word {
        "type" => match said {
            Value::Array(types) => types.iter().any(|one| is_a(one, value)),
            one => is_a(one, value),
        },
        "required" => value.as_object().is_none_or(|members| {
            said.as_array().unwrap().iter().all(|name| members.contains_key(name.as_str().unwrap()))
        }),
        "enum" => said.as_array().unwrap().contains(value),
        "minimum" => value.as_f64().is_none_or(|number| number >= said.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= said.as_f64().unwrap()),
        "format" => value.is_null() || has_format(said.as_str().unwrap(), value),
        "propertyNames" => value.as_object().is_none_or(|members| {
            members
                .keys()
                .all(|name| problems(&Value::from(name.as_str()), said, checker.schemas).is_empty())
        }),
        "description" | "example" | "default" | "readOnly" => true,
        _ => panic!("the word {word} of schemas is not known here"),
    }
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}

fn has_format(format: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match format {
        "int32" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "int64" => value.is_i64(),
        "double" => value.is_number(),
        "date-time" => chrono::DateTime::parse_from_rfc3339(text).is_ok(),
        "date" => text.parse::<chrono::NaiveDate>().is_ok(),
        other => panic!("the format {other} is not known here"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schemas() -> Value {
        json!({
            "Star": {
                "type": "object", "required": ["name"], "description": "A star.", "example": {"name": "Vega"},
                "properties": {
                    "name": {"type": "string"},
                    "band": {"type": ["string", "null"], "enum": ["g", "r", null]},
                    "n": {"type": "integer", "format": "int32", "minimum": 1, "maximum": 9},
                    "at": {"type": ["string", "null"], "format": "date-time"},
                    "day": {"type": "string", "format": "date"},
                    "spectra": {"type": "array", "items": {"type": "number", "format": "double"}},
                    "free": {"type": "object"},
                    "place": {"oneOf": [{"type": "number"}, {"type": "string"}]},
                    "counts": {"type": "object", "additionalProperties": {"type": "integer"}, "propertyNames": {"enum": ["a", "b"]}},
                }
            },
            "Named": {"allOf": [
                {"$ref": "#/components/schemas/Star"},
                {"type": "object", "required": ["alias"], "properties": {"alias": {"type": "boolean"}}}
            ]},
            "Closed": {"type": "object", "properties": {}, "additionalProperties": false}
        })
    }

    fn wrong(name: &str, value: &Value) -> usize {
        let schemas = schemas();
        problems(value, &schemas[name], &schemas).len()
    }

    #[test]
    fn what_fits_passes() {
        let star = json!({
            "name": "Vega", "band": null, "n": 9, "at": "2026-11-30T09:12:44.1+00:00", "day": "2026-11-30",
            "spectra": [1, 0.5], "free": {"x": {"y": 1}}, "place": "18h", "counts": {"a": 1}
        });
        assert_eq!(wrong("Star", &star), 0);
        assert_eq!(wrong("Star", &json!({"name": "Vega", "at": null, "place": 1.5})), 0);
        assert_eq!(wrong("Named", &json!({"name": "Vega", "alias": true})), 0);
        assert_eq!(wrong("Closed", &json!({})), 0);
    }

    #[test]
    fn what_does_not_fit_is_found() {
        for star in [
            json!([]),
            json!({}),
            json!({"name": null}),
            json!({"name": "Vega", "stranger": 1}),
            json!({"name": "Vega", "band": "q"}),
            json!({"name": "Vega", "n": 0}),
            json!({"name": "Vega", "n": 10}),
            json!({"name": "Vega", "n": 1.5}),
            json!({"name": "Vega", "at": "yesterday"}),
            json!({"name": "Vega", "day": "2026-11-30T00:00:00Z"}),
            json!({"name": "Vega", "spectra": [1, "2"]}),
            json!({"name": "Vega", "free": 1}),
            json!({"name": "Vega", "place": true}),
            json!({"name": "Vega", "counts": {"a": "1"}}),
            json!({"name": "Vega", "counts": {"c": 1}}),
        ] {
            assert!(wrong("Star", &star) > 0, "{star}");
        }
        assert!(wrong("Named", &json!({"name": "Vega"})) > 0);
        assert!(wrong("Named", &json!({"alias": true})) > 0);
        assert!(wrong("Named", &json!({"name": "Vega", "alias": true, "stranger": 1})) > 0);
        assert!(wrong("Closed", &json!({"stranger": 1})) > 0);
    }

    #[test]
    #[should_panic(expected = "the word patternProperties of schemas is not known here")]
    fn a_word_that_is_not_known_passes_nothing() {
        problems(&json!({}), &json!({"patternProperties": {}}), &json!({}));
    }
}
