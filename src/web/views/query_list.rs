//! Saved queries, and one button a broker for a new one.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{BrokerButton, Link, PostButton, StateChip, TimeView};
use super::field::Choice;
use super::listener::ListenerBrief;
use super::table::{Pager, SortHeader};
use crate::domain::sharing::Whose;

/// The page `/alerts/query/list/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/query_list.html")]
pub struct QueryListPage {
    /// The frame.
    pub chrome: Chrome,
    /// One button a broker.
    pub brokers: Vec<BrokerButton>,
    /// The filter as it stands.
    pub filter: QueryFilter,
    /// Whose are listed; absent where nobody else is in.
    pub whose: Option<Whose>,
    /// Headings that sort.
    pub headers: QueryHeaders,
    /// The saved queries of this page.
    pub rows: Vec<QueryRow>,
    /// Turns pages.
    pub pager: Pager,
}

/// Which saved queries are listed.
#[derive(Clone, Debug)]
pub struct QueryFilter {
    /// The brokers to choose from, without the entry for all.
    pub brokers: Vec<Choice>,
    /// Id of the chosen broker; empty for all.
    pub broker: String,
    /// Part of the name; empty for all.
    pub name: String,
    /// Whether only some owners' are listed.
    pub is_by_owner: bool,
}

impl QueryFilter {
    /// Whether some queries are left out.
    pub fn is_set(&self) -> bool {
        !self.broker.is_empty() || !self.name.is_empty() || self.is_by_owner
    }
}

/// Headings of the saved queries.
#[derive(Clone, Debug)]
pub struct QueryHeaders {
    /// Name of the query.
    pub name: SortHeader,
    /// Broker.
    pub broker: SortHeader,
    /// Owner.
    pub owner: SortHeader,
    /// When it was saved first.
    pub created: SortHeader,
    /// When it ran last.
    pub last_run: SortHeader,
}

/// A saved query.
#[derive(Clone, Debug)]
pub struct QueryRow {
    /// Id of the query, as a string.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its form.
    pub href: String,
    /// Name of its broker.
    pub broker: String,
    /// Who saved it.
    pub owner: String,
    /// With whom it is shared, where that is not the whole team.
    pub shared: Option<String>,
    /// When it was saved first.
    pub created: TimeView,
    /// Its last run.
    pub last_run: Option<LastRun>,
    /// How its listener stands; absent where nobody listens.
    pub listener: Option<ListenerBrief>,
    /// Listen, pause, go on, stop; none for those who may not.
    pub listening: Vec<PostButton>,
    /// Runs it; absent for those who look only.
    pub run: Option<PostButton>,
    /// Copies it; absent for those who look only.
    pub copy: Option<PostButton>,
    /// Sharing, history.
    pub links: Vec<Link>,
    /// Whether its form can be saved, not only looked at.
    pub can_edit: bool,
    /// Asks whether to delete it; absent without the right to.
    pub delete_href: Option<String>,
}

/// The last run of a saved query.
#[derive(Clone, Debug)]
pub struct LastRun {
    /// Its page.
    pub href: String,
    /// Number of the run.
    pub id: String,
    /// When it was asked for.
    pub time: TimeView,
    /// Its state.
    pub state: StateChip,
    /// What came of it: "412 alerts".
    pub result: String,
}
