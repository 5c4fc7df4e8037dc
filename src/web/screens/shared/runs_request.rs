//! What the address of the list of runs asks for. A run that was opened from the list carries it, so that its way back
//! leads to the same page of the same list.

use crate::{
    domain::{
        run::{RunId, RunState},
        sharing::Whose,
    },
    storage::RunFilter,
    web::{
        frame::{extract::Pairs, parameters::Parameter},
        paths,
    },
};

/// Which runs are listed, and from which on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::web) struct RunsRequest {
    pub(in crate::web) state: Option<RunState>,
    /// Those of one saved query.
    pub(in crate::web) saved_query_id: Option<i64>,
    pub(in crate::web) whose: Whose,
    /// Those before this one.
    pub(in crate::web) before: Option<RunId>,
}

/// Names of the parts in the address of the list, and in that of a run.
const NAMES: [&str; 4] = ["state", "query", "whose", "before"];
const CARRIED: [&str; 4] = ["runs_state", "runs_query", "runs_whose", "runs_before"];

impl RunsRequest {
    /// What the address of the list takes.
    pub(in crate::web) fn parameters() -> Vec<Parameter> {
        Self::taken(NAMES)
    }

    /// What the address of a run takes that was opened from the list.
    pub(in crate::web) fn carried_parameters() -> Vec<Parameter> {
        Self::taken(CARRIED)
    }

    fn taken([state, saved_query, whose, before]: [&'static str; 4]) -> Vec<Parameter> {
        vec![
            Parameter::word(state, RunState::ALL.map(RunState::id)),
            Parameter::any_whole(saved_query),
            Parameter::word(whose, Whose::ALL.map(Whose::id)),
            Parameter::any_whole(before),
        ]
    }

    /// Reads the address of the list.
    pub(in crate::web) fn parse(query: &Pairs) -> Self {
        Self::read(query, NAMES)
    }

    /// Reads the address of a run that was opened from the list.
    pub(in crate::web) fn parse_carried(query: &Pairs) -> Self {
        Self::read(query, CARRIED)
    }

    fn read(query: &Pairs, [state, saved_query, whose, before]: [&str; 4]) -> Self {
        Self {
            state: query.text(state).and_then(RunState::from_id),
            saved_query_id: query.number(saved_query),
            whose: query.text(whose).and_then(Whose::from_id).unwrap_or_default(),
            before: query.number(before),
        }
    }

    /// What the address of a run carries of it.
    pub(in crate::web) fn carried(self) -> Vec<(&'static str, String)> {
        self.written(CARRIED)
    }

    /// The parts of the address of the list.
    pub(in crate::web) fn pairs(self) -> Vec<(&'static str, String)> {
        self.written(NAMES)
    }

    /// The address of the list.
    pub(in crate::web) fn href(self) -> String {
        format!("{}{}", paths::RUNS, paths::query_string_of(&self.pairs()))
    }

    fn written(
        self,
        [state, saved_query, whose, before]: [&'static str; 4],
    ) -> Vec<(&'static str, String)> {
        let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
        let pairs = [
            (state, self.state.map_or("", RunState::id).to_owned()),
            (saved_query, number(self.saved_query_id)),
            (whose, if self.whose == Whose::All { "" } else { self.whose.id() }.to_owned()),
            (before, number(self.before)),
        ];
        pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The same for the storage.
    pub(in crate::web) fn filter(self) -> RunFilter {
        let Self { state, saved_query_id, whose, before } = self;
        RunFilter { state, saved_query_id, before, whose, of_listeners: false }
    }

    /// Whether some runs are left out.
    pub(in crate::web) fn is_filtered(self) -> bool {
        Self { before: None, ..self } != Self::default()
    }
}
