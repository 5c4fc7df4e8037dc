//! Asks before something is taken away.

use askama::Template;

use super::chrome::Chrome;
use crate::web::widgets::controls::{Fact, HiddenValue, Link};

/// The pages `…/delete/`.
#[derive(Clone, Debug, Template)]
#[template(path = "frame/confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) chrome: Chrome,
    /// The question: "Delete the query young in g?".
    pub(crate) question: String,
    /// What will be gone and what will stay, a sentence each.
    pub(crate) consequences: Vec<String>,
    pub(crate) facts: Vec<Fact>,
    pub(crate) action: String,
    pub(crate) hidden: Vec<HiddenValue>,
    /// Words on the button: "Delete query".
    pub(crate) confirm_label: String,
    pub(crate) cancel: Link,
}
