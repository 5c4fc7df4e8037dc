//! Options of a form that depend on the deployment.

use std::collections::BTreeMap;

/// One option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// Options by the name of their field.
#[derive(Clone, Debug, Default)]
pub struct Choices(BTreeMap<&'static str, Vec<Choice>>);

impl Choices {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the options of a field, as values with labels.
    #[must_use]
    pub fn with(
        mut self,
        field: &'static str,
        options: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        self.0.insert(
            field,
            options.into_iter().map(|(value, label)| Choice { value, label }).collect(),
        );
        self
    }

    /// The options of a field.
    pub fn options(&self, field: &str) -> &[Choice] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }
}
