//! Pages about coming in: sign-in, what went wrong on the way, the question before Google is asked, profile, team.

use askama::Template;

use super::{
    chrome::Chrome,
    controls::{Fact, HiddenValue, Link, PostButton, TimeView},
};

/// `/accounts/login/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/login.html")]
pub struct LoginPage {
    /// The frame.
    pub chrome: Chrome,
    /// Name of the provider: "Google".
    pub provider: String,
    /// Where to go afterwards.
    pub next: String,
    /// What is behind the door, if the visitor wanted a certain page.
    pub wanted: Option<String>,
}

/// A way to the provider that did not lead to what was wanted.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/account_refused.html")]
pub struct RefusedPage {
    /// The frame.
    pub chrome: Chrome,
    /// What happened, in a few words.
    pub title: String,
    /// The same in sentences that say what to do.
    pub sentences: Vec<String>,
    /// Tries again.
    pub again: Option<TryAgain>,
    /// Ways out.
    pub links: Vec<Link>,
}

/// A form that begins the way anew.
#[derive(Clone, Debug)]
pub struct TryAgain {
    /// Words on the button.
    pub label: String,
    /// Where the form is sent.
    pub action: String,
    /// What it sends along.
    pub hidden: Vec<HiddenValue>,
}

/// `/accounts/connect/`: what a right is for, before Google asks.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/connect.html")]
pub struct ConnectPage {
    /// The frame.
    pub chrome: Chrome,
    /// "Pub/Sub"
    pub service: String,
    /// What Google will ask: "see and manage …".
    pub right: String,
    /// Account that is to be chosen.
    pub email: String,
    /// Whether something waits that was typed.
    pub keeps_form: bool,
    /// What the form sends along.
    pub hidden: Vec<HiddenValue>,
    /// The way back.
    pub cancel: Link,
}

/// `/accounts/profile/`
#[derive(Clone, Debug, Template)]
#[template(path = "pages/profile.html")]
pub struct ProfilePage {
    /// The frame.
    pub chrome: Chrome,
    /// The member's name.
    pub name: String,
    /// Address, role.
    pub facts: Vec<Fact>,
    /// The connection to Google.
    pub connection: ConnectionPanel,
    /// The member's own project, as typed.
    pub project: String,
    /// What is wrong with it.
    pub project_error: Option<String>,
    /// The project that is taken without it.
    pub default_project: Option<String>,
    /// With whom they may share, and with whom they do unless they say otherwise.
    pub sharing: Vec<SharingDefault>,
    /// The member's sessions.
    pub sessions: Vec<SessionRow>,
    /// Ends all others.
    pub end_others: Option<PostButton>,
}

/// Somebody with whom a member may share what they make.
#[derive(Clone, Debug)]
pub struct SharingDefault {
    /// Id of the group.
    pub id: i64,
    /// "The whole team", or the group's name.
    pub name: String,
    /// Whether they do, unless they say otherwise.
    pub is_chosen: bool,
}

/// The connection to Google.
#[derive(Clone, Debug)]
pub struct ConnectionPanel {
    /// CSS class of its chip.
    pub class: &'static str,
    /// How it stands, in two or three words.
    pub state: String,
    /// The same in sentences.
    pub sentences: Vec<String>,
    /// Account, expiry, last refresh, last error.
    pub facts: Vec<Fact>,
    /// Each right, whether it is granted, and what needs it.
    pub rights: Vec<RightRow>,
    /// What a test has found, a line each.
    pub tests: Vec<TestResult>,
    /// *Test now*, *Disconnect*.
    pub buttons: Vec<PostButton>,
    /// The page that asks before disconnecting.
    pub disconnect: Option<Link>,
}

/// A right at Google.
#[derive(Clone, Debug)]
pub struct RightRow {
    /// "Pub/Sub"
    pub service: String,
    /// What it is good for.
    pub in_words: String,
    /// Backends that need it.
    pub needed_by: String,
    /// Whether it is granted.
    pub is_granted: bool,
    /// Where to grant it (again).
    pub connect: Link,
}

/// What a harmless call has brought.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// Whether it went well.
    pub is_good: bool,
    /// What happened.
    pub sentence: String,
}

/// One of the member's sessions.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// "Firefox on Linux"
    pub browser: String,
    /// When they signed in.
    pub created: TimeView,
    /// When it was last used.
    pub last_seen: TimeView,
    /// Whether it is the one that looks at the page.
    pub is_this: bool,
    /// Ends it.
    pub end: Option<PostButton>,
}
