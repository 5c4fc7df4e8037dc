//! What the address of the list of targets asks for. A target that was opened from the list carries it, so that its way
//! back leads to the same page of the same search.

use crate::{
    domain::sharing::Whose,
    web::{
        frame::{extract::Pairs, parameters::Parameter},
        paths,
    },
};

/// Which targets are listed, as it was typed, and from which on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct TargetsRequest {
    name: String,
    cone_search: String,
    target_cone_search: String,
    whose: Whose,
    /// Those before this one.
    pub(in crate::web) before: Option<i64>,
}

impl TargetsRequest {
    /// What the address of the list takes.
    pub(in crate::web) fn parameters() -> Vec<Parameter> {
        vec![
            Parameter::text("name"),
            Parameter::text("cone_search"),
            Parameter::text("cone"),
            Parameter::text("target_cone_search"),
            Parameter::word("whose", Whose::ALL.map(Whose::id)),
            Parameter::any_whole("before"),
        ]
    }

    /// Reads the address of the list, or of a target that was opened from it.
    pub(in crate::web) fn parse(query: &Pairs) -> Self {
        let text = |name| query.text(name).unwrap_or_default().to_owned();
        let cone = query.text("cone_search").or_else(|| query.text("cone"));
        Self {
            name: text("name"),
            cone_search: cone.unwrap_or_default().to_owned(),
            target_cone_search: text("target_cone_search"),
            whose: query.text("whose").and_then(Whose::from_id).unwrap_or_default(),
            before: query.number("before"),
        }
    }

    /// The parts of its address.
    pub(in crate::web) fn pairs(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("name", self.name.clone()),
            ("cone_search", self.cone_search.clone()),
            ("target_cone_search", self.target_cone_search.clone()),
            ("whose", if self.whose == Whose::All { "" } else { self.whose.id() }.to_owned()),
            ("before", self.before.map(|id| id.to_string()).unwrap_or_default()),
        ];
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The address of the list.
    pub(in crate::web) fn href(&self) -> String {
        format!("{}{}", paths::TARGETS, paths::query_string_of(&self.pairs()))
    }

    /// The address of another page of it.
    pub(in crate::web) fn href_of_page(&self, before: Option<i64>) -> String {
        Self { before, ..self.clone() }.href()
    }
}
