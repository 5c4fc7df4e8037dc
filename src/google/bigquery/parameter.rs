//! Named, typed parameters of a query: the only way in which a user's values reach it.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// A parameter, `@name` in the statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type and value.
    pub value: ParameterValue,
}

/// A value with its type in BigQuery's SQL.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterValue {
    /// `STRING`
    Text(String),
    /// `INT64`
    Integer(i64),
    /// `FLOAT64`
    Number(f64),
    /// `TIMESTAMP`, to the microsecond
    Time(DateTime<Utc>),
    /// `ARRAY<STRING>`
    Texts(Vec<String>),
    /// `ARRAY<INT64>`
    Integers(Vec<i64>),
}

impl Parameter {
    /// As the API takes it. <https://cloud.google.com/bigquery/docs/reference/rest/v2/QueryParameter>
    pub fn to_json(&self) -> Value {
        let (of, is_array) = self.value.type_name();
        let kind = if is_array {
            json!({"type": "ARRAY", "arrayType": {"type": of}})
        } else {
            json!({"type": of})
        };
        let value = match &self.value {
            ParameterValue::Texts(_) | ParameterValue::Integers(_) => {
                let items = self.value.texts();
                let items = items.iter().map(|item| json!({"value": item})).collect::<Vec<_>>();
                json!({"arrayValues": items})
            }
            _ => json!({"value": self.value.texts().first()}),
        };
        json!({"name": self.name, "parameterType": kind, "parameterValue": value})
    }
}

impl ParameterValue {
    /// The type's name, of the items where it is an array.
    pub fn type_name(&self) -> (&'static str, bool) {
        match self {
            Self::Text(_) => ("STRING", false),
            Self::Integer(_) => ("INT64", false),
            Self::Number(_) => ("FLOAT64", false),
            Self::Time(_) => ("TIMESTAMP", false),
            Self::Texts(_) => ("STRING", true),
            Self::Integers(_) => ("INT64", true),
        }
    }

    /// The value as text; several for an array.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Integer(number) => vec![number.to_string()],
            Self::Number(number) => vec![format!("{number:?}")],
            Self::Time(at) => vec![at.to_rfc3339_opts(SecondsFormat::Micros, true)],
            Self::Texts(texts) => texts.clone(),
            Self::Integers(numbers) => numbers.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_named_and_typed() {
        let sent = |value| Parameter { name: "x", value }.to_json();
        assert_eq!(
            sent(ParameterValue::Integer(i64::MAX)),
            json!({"name": "x", "parameterType": {"type": "INT64"}, "parameterValue": {"value": "9223372036854775807"}})
        );
        assert_eq!(sent(ParameterValue::Number(1e-7))["parameterValue"]["value"], "1e-7");
        let at = "2026-09-12T01:02:03.5Z".parse().unwrap();
        let time = sent(ParameterValue::Time(at));
        assert_eq!(time["parameterType"]["type"], "TIMESTAMP");
        assert_eq!(time["parameterValue"]["value"], "2026-09-12T01:02:03.500000Z");
        let none = sent(ParameterValue::Integers(Vec::new()));
        assert_eq!(none["parameterType"], json!({"type": "ARRAY", "arrayType": {"type": "INT64"}}));
        assert_eq!(none["parameterValue"], json!({"arrayValues": []}));
        let hostile = "x' OR 1=1; --";
        assert_eq!(
            sent(ParameterValue::Text(hostile.to_owned()))["parameterValue"]["value"],
            hostile
        );
    }
}
