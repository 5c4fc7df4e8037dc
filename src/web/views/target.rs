//! One target: where it is, where it came from, which alerts belong to it.

use askama::Template;

use super::brightness::Magnitude;
use super::chrome::Chrome;
use super::controls::{FactGroup, Link, TimeView};

/// The page `/targets/{id}/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/target.html")]
pub struct TargetPage {
    /// The frame.
    pub chrome: Chrome,
    /// Its name.
    pub name: String,
    /// Its other names.
    pub aliases: Vec<String>,
    /// Its type: "sidereal".
    pub kind: String,
    /// Where it is, who saved it, when.
    pub facts: Vec<FactGroup>,
    /// What people wrote about it, a paragraph each.
    pub notes: Vec<String>,
    /// Its alerts, newest first.
    pub alerts: Vec<TargetAlert>,
    /// With whom it is shared, where that is not the whole team.
    pub shared: Option<String>,
    /// Sharing, history.
    pub about: Vec<Link>,
    /// The object at other sites.
    pub links: Vec<Link>,
    /// Its form; absent without the right to change it.
    pub edit_href: Option<String>,
    /// Asks whether to delete it; absent without the right to.
    pub delete_href: Option<String>,
}

/// An alert of a target.
#[derive(Clone, Debug)]
pub struct TargetAlert {
    /// The alert: its id and page.
    pub alert: Link,
    /// The run that found it.
    pub run: Option<Link>,
    /// Time of the observation.
    pub time: TimeView,
    /// Magnitude.
    pub magnitude: Option<Magnitude>,
    /// Whether the target was made from this one.
    pub is_origin: bool,
}
