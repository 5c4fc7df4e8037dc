//! The form of a target.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{HiddenValue, Link};
use super::field::FormView;

/// The pages `/targets/create/` and `/targets/{id}/update/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/target_form.html")]
pub struct TargetFormPage {
    /// The frame.
    pub chrome: Chrome,
    /// Name of the target that is changed; absent for a new one.
    pub saved_name: Option<String>,
    /// Where the form is sent.
    pub action: String,
    /// What it sends along: the version that was shown.
    pub hidden: Vec<HiddenValue>,
    /// The fields.
    pub form: FormView,
    /// The way back.
    pub cancel: Link,
}
