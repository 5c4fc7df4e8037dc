//! The page of an error: what happened, and ways out.

use askama::Template;

use super::chrome::Chrome;
use super::controls::Link;

/// The page of an error.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    /// The frame.
    pub chrome: Chrome,
    /// The HTTP status: `404`.
    pub status: u16,
    /// What happened, in a few words: "Not found".
    pub title: String,
    /// The same in one sentence that says what to do.
    pub sentence: String,
    /// Short id to quote; for faults of the service.
    pub incident: Option<String>,
    /// Ways out.
    pub links: Vec<Link>,
}
