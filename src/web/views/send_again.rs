//! A form that came without a session: it waits on its own page while its author signs in.

use askama::Template;

use super::{chrome::Chrome, controls::HiddenValue};

/// The answer to a form from somebody who is not signed in (any more).
#[derive(Clone, Debug, Template)]
#[template(path = "pages/send_again.html")]
pub struct SendAgainPage {
    /// The frame.
    pub chrome: Chrome,
    /// Where the form was sent.
    pub action: String,
    /// What it said.
    pub hidden: Vec<HiddenValue>,
    /// Where to sign in, in a window of its own.
    pub login: String,
}
