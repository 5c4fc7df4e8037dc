//! The listener of a saved query: how it stands, what it brings, day by day.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{Link, PostButton, StateChip, TimeView};
use super::run_progress::RunProgress;

/// The page `/alerts/query/{id}/listener/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/listener.html")]
pub struct ListenerPage {
    /// The frame.
    pub chrome: Chrome,
    /// The saved query.
    pub query: Link,
    /// Name of its broker.
    pub broker: String,
    /// How it stands.
    pub state: ListenerChip,
    /// The same in a sentence.
    pub sentence: String,
    /// Since when.
    pub since: Option<TimeView>,
    /// Which process listens: "serve on web-1, process 17".
    pub replica: Option<String>,
    /// When messages were last kept.
    pub last_received: Option<TimeView>,
    /// As whom its runs act.
    pub acts_as: Option<String>,
    /// What stands in its way.
    pub trouble: Option<ListenerTrouble>,
    /// Why the query cannot be listened to.
    pub cannot: Option<String>,
    /// Listen, pause, go on, stop; none for those who may not.
    pub buttons: Vec<PostButton>,
    /// Sharing, history.
    pub links: Vec<Link>,
    /// The run that goes on.
    pub live: Option<LiveRunView>,
    /// What came, the latest day first.
    pub days: Vec<DayRow>,
    /// All of these days together.
    pub total: Option<DayRow>,
    /// The latest runs.
    pub runs: Vec<ListenerRunRow>,
    /// After how many seconds the page is loaded anew by itself, because a run is about to begin.
    pub again_s: Option<u32>,
}

/// What stands in the way of a listener.
#[derive(Clone, Debug)]
pub struct ListenerTrouble {
    /// "The last run failed", "Paused by the service".
    pub title: String,
    /// What it is and what to do, a sentence each.
    pub sentences: Vec<String>,
    /// When it is tried again.
    pub next_try: Option<String>,
    /// Where that can be mended.
    pub cure: Option<Link>,
    /// CSS class of the box: `is-bad` or `is-warning`.
    pub class: &'static str,
}

/// The run that goes on, with its progress.
#[derive(Clone, Debug)]
pub struct LiveRunView {
    /// Its page.
    pub run: Link,
    /// State, counts, log.
    pub progress: RunProgress,
    /// Address of the progress alone.
    pub progress_url: String,
    /// Address of the progress as it happens.
    pub events_url: String,
}

/// The counts of a day, or of all.
#[derive(Clone, Debug)]
pub struct DayRow {
    /// "2026-11-25", "30 days".
    pub day: String,
    /// Whether the day is not over.
    pub is_today: bool,
    /// Whether no run went on that day.
    pub is_empty: bool,
    /// Messages received.
    pub received: String,
    /// The same as a share of the busiest day, 0 to 100.
    pub percent: u8,
    /// Alerts stored.
    pub stored: String,
    /// Alerts that the filter rejected.
    pub rejected: String,
    /// Messages that came again.
    pub duplicates: String,
    /// Messages that could not be read.
    pub unreadable: String,
    /// Whether there are any of these.
    pub is_alarming: bool,
    /// Messages acknowledged.
    pub acknowledged: String,
}

/// A run of the listener.
#[derive(Clone, Debug)]
pub struct ListenerRunRow {
    /// Its page: "Run 318".
    pub run: Link,
    /// Its state.
    pub state: StateChip,
    /// When it began.
    pub started: TimeView,
    /// How long it took.
    pub duration: String,
    /// Messages received.
    pub received: String,
    /// Alerts stored.
    pub stored: String,
    /// Why it ended.
    pub feedback: String,
}

/// How a listener stands, as a chip with a sign, a word and a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Template)]
#[template(path = "components/state_chip.html")]
pub enum ListenerChip {
    /// A run goes on.
    Listening,
    /// No process has taken it yet.
    Starting,
    /// The last run failed; the next one tries again.
    InTrouble,
    /// Nothing comes until it goes on.
    Paused,
    /// The same, and the service has done it.
    PausedByService,
    /// Nobody listens.
    Off,
}

impl ListenerChip {
    /// The word on the chip.
    pub fn label(self) -> &'static str {
        match self {
            Self::Listening => "Listening",
            Self::Starting => "Starting",
            Self::InTrouble => "In trouble",
            Self::Paused | Self::PausedByService => "Paused",
            Self::Off => "Not listening",
        }
    }

    /// CSS class of the chip.
    pub fn class(self) -> &'static str {
        match self {
            Self::Listening => "is-good is-live",
            Self::Starting => "is-info is-live",
            Self::InTrouble => "is-bad",
            Self::Paused | Self::Off => "is-plain",
            Self::PausedByService => "is-warning",
        }
    }

    /// The sign on the chip, so that colour is not the only one.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Listening => "●",
            Self::Starting => "○",
            Self::InTrouble => "✕",
            Self::Paused => "‖",
            Self::PausedByService => "!",
            Self::Off => "–",
        }
    }
}

/// How the listener of a query stands, in a list.
#[derive(Clone, Debug)]
pub struct ListenerBrief {
    /// The chip.
    pub state: ListenerChip,
    /// Its page.
    pub href: String,
}
