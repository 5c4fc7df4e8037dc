//! A run with its results: look, tick, save as targets.

use askama::Template;

use super::brightness::Magnitude;
use super::chrome::Chrome;
use super::controls::{Fact, Link, PostButton, TargetChip, TimeView};
use super::run_progress::RunProgress;
use super::table::{Pager, SortHeader};

/// The page `/runs/{id}/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/run.html")]
pub struct RunPage {
    /// The frame.
    pub chrome: Chrome,
    /// Number of the run.
    pub id: String,
    /// Name of its query; absent for a query that was not saved.
    pub query_name: Option<String>,
    /// Name of its broker.
    pub broker: String,
    /// Who started it.
    pub started_by: String,
    /// Whose credentials it used at Google: "at Google as ada@obs.example".
    pub acts_as: Option<String>,
    /// When it was asked for.
    pub created: TimeView,
    /// State, counts, feedback, log.
    pub progress: RunProgress,
    /// Address of the progress alone; asked while the run is live. It carries how many results are shown.
    pub progress_url: String,
    /// Address of the progress as it happens.
    pub events_url: String,
    /// The query in words.
    pub parameters: Vec<Fact>,
    /// Stops the run; only while it is live.
    pub cancel: Option<PostButton>,
    /// With whom it is shared, where that is not the whole team.
    pub shared: Option<String>,
    /// Sharing, history.
    pub links: Vec<Link>,
    /// Runs the same again.
    pub run_again: Option<PostButton>,
    /// The saved query's form.
    pub edit_href: Option<String>,
    /// A new form filled in as this run was; absent for those who look only.
    pub refine_href: Option<String>,
    /// The alerts.
    pub results: Results,
}

/// The alerts of a run, or why there are none.
#[derive(Clone, Debug)]
pub enum Results {
    /// The table of them.
    Table(Box<ResultTable>),
    /// None yet, or none at all.
    Empty(EmptyResults),
}

/// Why a run has no alerts.
#[derive(Clone, Debug)]
pub struct EmptyResults {
    /// What is so: "0 received in 30 s".
    pub title: String,
    /// Why that may be and what helps, a sentence each.
    pub advice: Vec<String>,
    /// Where to go: "Loosen the query".
    pub links: Vec<Link>,
}

/// A page of a run's alerts.
#[derive(Clone, Debug)]
pub struct ResultTable {
    /// Headings that sort.
    pub headers: ResultHeaders,
    /// The alerts.
    pub rows: Vec<AlertRow>,
    /// Turns pages.
    pub pager: Pager,
    /// What is ticked.
    pub selection: Selection,
}

/// Headings of the results.
#[derive(Clone, Debug)]
pub struct ResultHeaders {
    /// Time of the observation.
    pub time: SortHeader,
    /// Name of the object.
    pub name: SortHeader,
    /// Right ascension.
    pub ra: SortHeader,
    /// Declination.
    pub dec: SortHeader,
    /// Magnitude.
    pub mag: SortHeader,
    /// The broker's score; its note says which.
    pub score: SortHeader,
    /// Real/bogus score.
    pub rb: SortHeader,
}

/// What is ticked, over all pages of the run.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Where the table's form is sent: `/runs/{id}/selection/`.
    pub action: String,
    /// Address of this page, sent along so that the answer leads back to it.
    pub next: String,
    /// How many alerts of the run are ticked.
    pub selected: u64,
    /// How many alerts the run has.
    pub total: u64,
}

/// An alert of a run.
#[derive(Clone, Debug)]
pub struct AlertRow {
    /// What the tick sends.
    pub id: String,
    /// Whether it is ticked.
    pub is_selected: bool,
    /// Name of the object.
    pub name: String,
    /// The alert's page.
    pub href: String,
    /// The survey's id of this detection.
    pub source_id: String,
    /// Time of the observation, with its MJD.
    pub time: TimeView,
    /// Right ascension, sexagesimal: `10 00 24.12`.
    pub ra: String,
    /// Right ascension in degrees: `150.100500`.
    pub ra_degrees: String,
    /// Declination, sexagesimal: `+02 12 00.4`.
    pub dec: String,
    /// Declination in degrees: `+2.200111`.
    pub dec_degrees: String,
    /// Magnitude.
    pub magnitude: Option<Magnitude>,
    /// The broker's score.
    pub score: Option<String>,
    /// Real/bogus score.
    pub rb: Option<String>,
    /// The target that the object is already.
    pub target: Option<TargetChip>,
}

impl ResultTable {
    /// Number of ticks on this page.
    pub fn selected_here(&self) -> usize {
        self.rows.iter().filter(|row| row.is_selected).count()
    }
}
