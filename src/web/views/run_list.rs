//! The history of runs.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{StateChip, TimeView};
use super::table::Pager;
use crate::domain::sharing::Whose;

/// The page `/runs/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/run_list.html")]
pub struct RunListPage {
    /// The frame.
    pub chrome: Chrome,
    /// Choices of state, "All" first.
    pub states: Vec<StateFilter>,
    /// The runs of this page, newest first.
    pub rows: Vec<RunRow>,
    /// Whose are listed; absent where nobody else is in.
    pub whose: Option<Whose>,
    /// The state that is listed, for the form that chooses whose.
    pub state: String,
    /// Whether some runs are left out.
    pub is_filtered: bool,
    /// Turns pages.
    pub pager: Pager,
}

/// A choice of state.
#[derive(Clone, Debug)]
pub struct StateFilter {
    /// Its word.
    pub label: String,
    /// The list of the runs in that state.
    pub href: String,
    /// Number of such runs, where known.
    pub count: Option<String>,
    /// Whether it is the choice of this page.
    pub is_current: bool,
}

/// A run.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its number, as a string.
    pub id: String,
    /// Its page.
    pub href: String,
    /// Name of its query, or "Unsaved query".
    pub query: String,
    /// Name of its broker.
    pub broker: String,
    /// Who started it.
    pub started_by: String,
    /// With whom it is shared, where that is not the whole team.
    pub shared: Option<String>,
    /// Whether it is a listener's.
    pub is_of_listener: bool,
    /// Its state.
    pub state: StateChip,
    /// When it was asked for.
    pub created: TimeView,
    /// How long it took or has taken: "8.1 s"; absent before it began.
    pub duration: Option<String>,
    /// Messages received.
    pub received: String,
    /// Alerts that passed the filter.
    pub passed: String,
}
