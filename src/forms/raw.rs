//! What was sent: names with values, from a page's form or from JSON, before anybody has looked at it.

use std::collections::BTreeMap;

use serde_json::Value;

/// Names with values. A name may have several.
#[derive(Clone, Debug, Default)]
pub struct RawForm {
    values: BTreeMap<String, Vec<String>>,
    /// Names whose JSON value is of no use to any field.
    problems: BTreeMap<String, &'static str>,
    /// A page's form carries buttons and hidden fields besides; JSON carries what its author meant.
    is_strict: bool,
}

impl RawForm {
    /// From a page's form: names that the form does not have are passed over.
    pub fn from_pairs<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut form = Self::default();
        for (name, value) in pairs {
            form.values.entry(name.to_owned()).or_default().push(value.to_owned());
        }
        form
    }

    /// From a JSON object: texts, numbers, booleans, lists of them, null for "not given"; a name that the form
    /// does not have is an error.
    pub fn from_json(object: &Value) -> Self {
        let mut form = Self { is_strict: true, ..Self::default() };
        let Some(object) = object.as_object() else { return form };
        for (name, value) in object {
            let values = match value {
                Value::Null => Some(Vec::new()),
                Value::Array(items) => items.iter().map(scalar).collect(),
                value => scalar(value).map(|text| vec![text]),
            };
            if values.is_none() {
                form.problems.insert(name.clone(), "Enter a text, a number or a list of them.");
            }
            form.values.insert(name.clone(), values.unwrap_or_default());
        }
        form
    }

    /// The same with this as the one value of a name.
    #[must_use]
    pub fn with(mut self, name: &str, value: String) -> Self {
        self.values.insert(name.to_owned(), vec![value]);
        self
    }

    /// The values of a name.
    pub fn values(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn problem(&self, name: &str) -> Option<&'static str> {
        self.problems.get(name).copied()
    }

    pub(super) fn unknown_names(
        &self,
        is_known: impl Fn(&str) -> bool,
    ) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str).filter(move |name| self.is_strict && !is_known(name))
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        // A number that somebody typed as "25" is kept as 25.0, and is to be read as it was typed.
        Value::Number(number) => Some(number.to_string().trim_end_matches(".0").to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_that_was_kept_is_shown_as_it_was_typed() {
        let form =
            RawForm::from_json(&json!({"a": 25.0, "b": 0.0, "c": 10.05, "d": 100, "e": -3.0}));
        let shown = ["a", "b", "c", "d", "e"].map(|name| form.values(name)[0].clone());
        assert_eq!(shown, ["25", "0", "10.05", "100", "-3"]);
    }
}
