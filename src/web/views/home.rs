//! The first page: what is new, and where a newcomer begins.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{BrokerButton, PostButton, StateChip, TargetChip, TimeView};

/// The page `/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/home.html")]
pub struct HomePage {
    /// The frame.
    pub chrome: Chrome,
    /// What a newcomer can try at once; absent where there is nothing to try.
    pub welcome: Option<Welcome>,
    /// One button a broker.
    pub brokers: Vec<BrokerButton>,
    /// The latest runs, newest first.
    pub runs: Vec<RecentRun>,
    /// Saved queries, last used first.
    pub queries: Vec<HomeQuery>,
    /// The latest targets, newest first.
    pub targets: Vec<HomeTarget>,
}

/// What a newcomer can try at once.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// What is ready, in a sentence or two.
    pub text: String,
    /// Queries it at once; absent where it must be filled in first.
    pub run: Option<PostButton>,
    /// The form with everything filled in.
    pub form_href: String,
}

/// A run in the list of the latest.
#[derive(Clone, Debug)]
pub struct RecentRun {
    /// Number of the run, as a string.
    pub id: String,
    /// Name of its query, or "Unsaved query".
    pub query: String,
    /// Its page.
    pub href: String,
    /// Name of its broker.
    pub broker: String,
    /// Its state.
    pub state: StateChip,
    /// When it was asked for.
    pub created: TimeView,
    /// What came of it: "412 alerts".
    pub result: String,
}

/// A saved query in the short list.
#[derive(Clone, Debug)]
pub struct HomeQuery {
    /// Its name.
    pub name: String,
    /// Its form.
    pub href: String,
    /// Name of its broker.
    pub broker: String,
    /// Runs it; absent for those who look only.
    pub run: Option<PostButton>,
}

/// A target in the list of the latest.
#[derive(Clone, Debug)]
pub struct HomeTarget {
    /// Name and page.
    pub target: TargetChip,
    /// Right ascension and declination, sexagesimal.
    pub position: String,
    /// Who saved it and when: "Ada, 3 h ago".
    pub saved: String,
}
