//! What surrounds every page: header, navigation, user chip, theme switch, messages, footer.

use askama::Template;

use crate::web::widgets::controls::Link;

/// The frame of a page.
#[derive(Clone, Debug)]
pub(crate) struct Chrome {
    /// URL of the style sheet, with its fingerprint.
    pub(crate) app_css: String,
    /// URL of the script, with its fingerprint.
    pub(crate) app_js: String,
    /// URL of the icon, with its fingerprint.
    pub(crate) favicon: String,
    /// Version of the service, for the footer.
    pub(crate) version: String,
    /// Path and query of this page: where the theme switch returns to.
    pub(crate) path: String,
    /// The entry of the navigation to which this page belongs.
    pub(crate) section: Section,
    /// Who looks at the page; `None` before sign-in.
    pub(crate) user: Option<UserChip>,
    /// Whether they may make and change things; the others look only.
    pub(crate) may_work: bool,
    pub(crate) theme: Theme,
    /// Messages about what has just been done.
    pub(crate) flashes: Vec<Flash>,
}

/// An entry of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Alerts,
    Runs,
    Targets,
    Subscriptions,
    /// Pages outside the three: home, errors.
    Elsewhere,
}

/// Who looks at the page.
#[derive(Clone, Debug)]
pub(crate) struct UserChip {
    /// "Local mode", or the member's name.
    pub(crate) name: String,
    /// What the name means, in one sentence.
    pub(crate) explanation: String,
    /// Pages about them: profile, team.
    pub(crate) links: Vec<Link>,
    /// Whether there is a session to end.
    pub(crate) can_sign_out: bool,
    /// State of the connection to Google, where the deployment has one.
    pub(crate) connection: Option<ConnectionChip>,
}

/// State of the member's connection to Google.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionChip {
    pub(crate) health: ConnectionHealth,
    /// The state in words: "Google: connected".
    pub(crate) text: String,
    /// What follows where there is room: " as a@b.edu · my-proj".
    pub(crate) detail: String,
    /// The page that explains and changes it.
    pub(crate) href: String,
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionHealth {
    Connected,
    NeedsAttention,
    Absent,
}

impl ConnectionHealth {
    /// CSS class of the chip.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Connected => "is-good",
            Self::NeedsAttention => "is-warning",
            Self::Absent => "is-plain",
        }
    }
}

/// Colours of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the browser prefers.
    #[default]
    System,
    Light,
    Dark,
    /// Red on black, for eyes that are used to the dark.
    Red,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub(crate) const ALL: [Self; 4] = [Self::System, Self::Light, Self::Dark, Self::Red];

    /// Value of the cookie `theme` and of the attribute `data-theme`.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Red => "red",
        }
    }

    /// The theme of a cookie's value; anything unknown is [`Theme::System`].
    pub(crate) fn from_id(id: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.id() == id).unwrap_or_default()
    }

    /// Name on the switch.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Light => "Light",
            Self::Dark => "Dark",
            Self::Red => "Red (night vision)",
        }
    }
}

/// A message about what has just been done.
#[derive(Clone, Debug, Template)]
#[template(path = "frame/flash.html")]
pub(crate) struct Flash {
    pub(crate) level: FlashLevel,
    pub(crate) text: String,
    /// Where to go from here: the new targets, the run.
    pub(crate) links: Vec<Link>,
}

impl askama::filters::HtmlSafe for Flash {}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlashLevel {
    Success,
    Info,
    Warning,
}

impl FlashLevel {
    /// CSS class of the box.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Success => "is-good",
            Self::Info => "is-info",
            Self::Warning => "is-warning",
        }
    }

    /// The word that stands before the message, so that colour is not the only sign.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Success => "Done",
            Self::Info => "Note",
            Self::Warning => "Warning",
        }
    }

    /// ARIA role: errors and warnings interrupt, the others wait.
    pub(crate) fn role(self) -> &'static str {
        match self {
            Self::Success | Self::Info => "status",
            Self::Warning => "alert",
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
