//! Small things that many pages hold: links, buttons that change something, times, state chips, facts.

use askama::Template;

/// A link.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) text: String,
    pub(crate) href: String,
}

/// A value that a form sends without showing it.
#[derive(Clone, Debug)]
pub(crate) struct HiddenValue {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// A button that changes something: a form of its own, sent by POST.
#[derive(Clone, Debug, Template)]
#[template(path = "widgets/post_button.html")]
pub(crate) struct PostButton {
    pub(crate) label: String,
    pub(crate) action: String,
    pub(crate) hidden: Vec<HiddenValue>,
    pub(crate) look: ButtonLook,
    /// What the button acts on, for readers who hear it out of context ("query young in g"); empty where plain.
    pub(crate) object: String,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ButtonLook {
    Primary,
    Plain,
    Danger,
}

impl ButtonLook {
    /// CSS classes of the button.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Primary => "btn btn-primary",
            Self::Plain => "btn",
            Self::Danger => "btn btn-danger",
        }
    }
}

/// A moment.
#[derive(Clone, Debug, Template)]
#[template(path = "widgets/time.html")]
pub(crate) struct TimeView {
    /// RFC 3339 in UTC, for machines: `2026-11-23T05:10:00Z`; empty where no calendar has the date.
    pub(crate) iso: String,
    /// `2026-11-23 05:10:00`, UTC.
    pub(crate) utc: String,
    /// Modified Julian date with its name, where the page shows one: `MJD 61367.21667`.
    pub(crate) mjd: Option<String>,
    /// How long ago: "3 h ago".
    pub(crate) age: Option<String>,
}

/// How something stands, as a chip with a sign, a word and a colour: colour is never the only sign.
#[derive(Clone, Copy, Debug, Template)]
#[template(path = "widgets/state_chip.html")]
pub(crate) struct StateChip {
    pub(crate) sign: &'static str,
    pub(crate) label: &'static str,
    pub(crate) class: &'static str,
}

/// Says that an alert's object is a saved target.
#[derive(Clone, Debug, Template)]
#[template(path = "widgets/target_chip.html")]
pub(crate) struct TargetChip {
    pub(crate) name: String,
    pub(crate) href: String,
}

/// A named value.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fact {
    /// What it is: "Time (UTC)".
    pub(crate) label: String,
    pub(crate) value: String,
    /// What stands small under the value: its meaning, the same in another unit.
    pub(crate) note: Option<String>,
    /// What the copy button beside it copies, where it has one.
    pub(crate) copy: Option<String>,
}

/// Facts under a heading.
#[derive(Clone, Debug)]
pub(crate) struct FactGroup {
    pub(crate) title: String,
    pub(crate) facts: Vec<Fact>,
}

/// A broker as a button that opens its form.
#[derive(Clone, Debug)]
pub(crate) struct BrokerButton {
    pub(crate) name: String,
    /// What it can do, in one line.
    pub(crate) note: String,
    pub(crate) href: String,
}
