//! What surrounds every page: header, navigation, user chip, theme switch, messages, footer.

use askama::Template;

use super::controls::Link;

/// The frame of a page.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// URL of the style sheet, with its fingerprint.
    pub app_css: String,
    /// URL of the script, with its fingerprint.
    pub app_js: String,
    /// URL of the icon, with its fingerprint.
    pub favicon: String,
    /// Version of the service, for the footer.
    pub version: String,
    /// Path and query of this page: where the theme switch returns to.
    pub path: String,
    /// The entry of the navigation to which this page belongs.
    pub section: Section,
    /// Who looks at the page; `None` before sign-in.
    pub user: Option<UserChip>,
    /// Whether they may make and change things; the others look only.
    pub may_work: bool,
    /// The colours that the reader chose.
    pub theme: Theme,
    /// Messages about what has just been done.
    pub flashes: Vec<Flash>,
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Queries and alerts.
    Alerts,
    /// Runs and their results.
    Runs,
    /// Saved targets.
    Targets,
    /// Pub/Sub subscriptions.
    Subscriptions,
    /// Pages outside the three: home, errors.
    Elsewhere,
}

/// Who looks at the page.
#[derive(Clone, Debug)]
pub struct UserChip {
    /// "Local mode", or the member's name.
    pub name: String,
    /// What the name means, in one sentence.
    pub explanation: String,
    /// Pages about them: profile, team.
    pub links: Vec<Link>,
    /// Whether there is a session to end.
    pub can_sign_out: bool,
    /// State of the connection to Google, where the deployment has one.
    pub connection: Option<ConnectionChip>,
}

/// State of the member's connection to Google.
#[derive(Clone, Debug)]
pub struct ConnectionChip {
    /// How it stands.
    pub health: ConnectionHealth,
    /// The state in words: "Google: connected".
    pub text: String,
    /// What follows where there is room: " as a@b.edu · my-proj".
    pub detail: String,
    /// The page that explains and changes it.
    pub href: String,
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionHealth {
    /// It works.
    Connected,
    /// It needs the member.
    NeedsAttention,
    /// There is none.
    Absent,
}

impl ConnectionHealth {
    /// CSS class of the chip.
    pub fn class(self) -> &'static str {
        match self {
            Self::Connected => "is-good",
            Self::NeedsAttention => "is-warning",
            Self::Absent => "is-plain",
        }
    }
}

/// Colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the browser prefers.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// Red on black, for eyes that are used to the dark.
    Red,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub const ALL: [Self; 4] = [Self::System, Self::Light, Self::Dark, Self::Red];

    /// Value of the cookie `theme` and of the attribute `data-theme`.
    pub fn id(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Red => "red",
        }
    }

    /// The theme of a cookie's value; anything unknown is [`Theme::System`].
    pub fn from_id(id: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.id() == id).unwrap_or_default()
    }

    /// Name on the switch.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "Like the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
            Self::Red => "Red (night vision)",
        }
    }
}

/// A message about what has just been done.
#[derive(Clone, Debug, Template)]
#[template(path = "components/flash.html")]
pub struct Flash {
    /// How much it matters.
    pub level: FlashLevel,
    /// The message, a sentence.
    pub text: String,
    /// Where to go from here: the new targets, the run.
    pub links: Vec<Link>,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashLevel {
    /// It worked.
    Success,
    /// Something to know.
    Info,
    /// It worked in part.
    Warning,
    /// It did not work.
    Error,
}

impl FlashLevel {
    /// CSS class of the box.
    pub fn class(self) -> &'static str {
        match self {
            Self::Success => "is-good",
            Self::Info => "is-info",
            Self::Warning => "is-warning",
            Self::Error => "is-bad",
        }
    }

    /// The word that stands before the message, so that colour is not the only sign.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "Done",
            Self::Info => "Note",
            Self::Warning => "Warning",
            Self::Error => "Error",
        }
    }

    /// ARIA role: errors and warnings interrupt, the others wait.
    pub fn role(self) -> &'static str {
        match self {
            Self::Success | Self::Info => "status",
            Self::Warning | Self::Error => "alert",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_theme_survives_its_cookie_and_nonsense_means_system() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_id(theme.id()), theme);
        }
        assert_eq!(Theme::from_id("\"><script>"), Theme::System);
    }
}
