//! A form that was checked.

use serde_json::{Map, Value};

/// What a checked form holds: only [`super::FormSpec::validate`] makes one. Times stay as typed, so that "24h" in
/// a saved query means the last day whenever it runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters(Map<String, Value>);

impl Parameters {
    pub(super) fn insert(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// The form as JSON, to be kept.
    pub fn to_json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// A number.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }

    /// Yes, or no and not given.
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Several texts.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.0
            .get(name)
            .and_then(Value::as_array)
            .map(|items| items.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    /// Whether a field was filled in.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
