//! A form between two sendings: what was typed, what was understood, what is wrong.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The name under which errors of the whole form stand.
pub const FORM_ERRORS: &str = "__all__";

/// What was typed into each field, what was understood of it and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct FormState {
    values: BTreeMap<String, Vec<String>>,
    errors: BTreeMap<String, Vec<String>>,
    echoes: BTreeMap<String, String>,
}

impl FormState {
    /// Puts values into a field that takes several.
    pub fn put_all(&mut self, name: &str, values: Vec<String>) {
        self.values.insert(name.to_owned(), values);
    }

    /// Says what was understood of a field.
    pub fn put_echo(&mut self, name: &str, echo: String) {
        self.echoes.insert(name.to_owned(), echo);
    }

    /// Puts a value into a field.
    pub fn put(&mut self, name: &str, value: String) {
        self.put_all(name, vec![value]);
    }

    /// Says what is wrong with a field, or with the whole form ([`FORM_ERRORS`]).
    pub fn add_error(&mut self, name: &str, message: String) {
        self.errors.entry(name.to_owned()).or_default().push(message);
    }

    /// What was typed.
    pub fn values(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// What is wrong with a field.
    pub fn errors(&self, name: &str) -> &[String] {
        self.errors.get(name).map_or(&[], Vec::as_slice)
    }

    /// What was understood.
    pub fn echo(&self, name: &str) -> Option<&str> {
        self.echoes.get(name).map(String::as_str)
    }

    /// Whether anything is wrong.
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// `{field: [message]}`
    pub fn errors_json(&self) -> Map<String, Value> {
        self.errors
            .iter()
            .map(|(name, messages)| (name.clone(), Value::from(messages.clone())))
            .collect()
    }
}
