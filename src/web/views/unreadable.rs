//! Packets of a run that could not be read.

use askama::Template;

use super::chrome::Chrome;
use super::controls::Link;
use super::table::Pager;

/// The page `/runs/{id}/unreadable/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/unreadable.html")]
pub struct UnreadablePage {
    /// The frame.
    pub chrome: Chrome,
    /// Number of the run.
    pub run_id: String,
    /// The run's page.
    pub run: Link,
    /// The packets.
    pub rows: Vec<UnreadableRow>,
    /// Turns pages.
    pub pager: Pager,
}

/// A packet that could not be read.
#[derive(Clone, Debug)]
pub struct UnreadableRow {
    /// Where it came from: file and member, or message id.
    pub origin: String,
    /// Why it could not be read.
    pub error: String,
    /// What the transport said of it, as names and values; empty where there is no transport.
    pub attributes: Vec<(String, String)>,
    /// Its size: "67.1 kB".
    pub size: String,
    /// The packet as it came.
    pub download_href: String,
    /// Its fields as JSON, where it may have such.
    pub json_href: Option<String>,
}
