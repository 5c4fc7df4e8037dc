//! Asks before something is taken away.

use askama::Template;

use super::chrome::Chrome;
use crate::web::widgets::controls::{Fact, HiddenValue, Link};

/// The pages `…/delete/`.
#[derive(Clone, Debug, Template)]
#[template(path = "frame/confirm.html")]
pub(crate) struct ConfirmPage {
    /// The frame.
    pub(crate) chrome: Chrome,
    /// The question: "Delete the query young in g?".
    pub(crate) question: String,
    /// What will be gone and what will stay, a sentence each.
    pub(crate) consequences: Vec<String>,
    /// What the thing is.
    pub(crate) facts: Vec<Fact>,
    /// Where the form is sent.
    pub(crate) action: String,
    /// What it sends along.
    pub(crate) hidden: Vec<HiddenValue>,
    /// Words on the button: "Delete query".
    pub(crate) confirm_label: String,
    /// The way back.
    pub(crate) cancel: Link,
}
