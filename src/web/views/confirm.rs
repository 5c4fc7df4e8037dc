//! Asks before something is taken away.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{Fact, HiddenValue, Link};

/// The pages `…/delete/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/confirm.html")]
pub struct ConfirmPage {
    /// The frame.
    pub chrome: Chrome,
    /// The question: "Delete the query young in g?".
    pub question: String,
    /// What will be gone and what will stay, a sentence each.
    pub consequences: Vec<String>,
    /// What the thing is.
    pub facts: Vec<Fact>,
    /// Where the form is sent.
    pub action: String,
    /// What it sends along.
    pub hidden: Vec<HiddenValue>,
    /// Words on the button: "Delete query".
    pub confirm_label: String,
    /// The way back.
    pub cancel: Link,
}
