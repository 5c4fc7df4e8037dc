//! One field: how it is drawn, and how what was typed into it is read.

use chrono::{DateTime, Utc};

/// Reads a text of a kind of its own: what was understood, or what is wrong. Both are sentences.
pub type Understand = fn(&str, DateTime<Utc>) -> Result<String, String>;

/// What can be typed into a field.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A line of text.
    Text {
        /// Characters at most.
        max_length: usize,
    },
    /// Several lines of text.
    LongText {
        /// Characters at most.
        max_length: usize,
    },
    /// A whole number.
    Integer {
        /// Least.
        min: i64,
        /// Most.
        max: i64,
    },
    /// A number.
    Number {
        /// Least.
        min: f64,
        /// Most.
        max: f64,
    },
    /// One of a few: radio buttons.
    Choice(&'static [(&'static str, &'static str)]),
    /// One of those that the deployment offers: a list.
    DynamicChoice,
    /// Any of a few: checkboxes.
    Flags(&'static [(&'static str, &'static str)]),
    /// Yes or no.
    Checkbox,
    /// A text with a meaning, such as a position or a time.
    Parsed(Understand),
    /// A line of text with a grammar, such as the name of a topic.
    Checked {
        /// Characters at most.
        max_length: usize,
        /// Says what is wrong.
        check: fn(&str) -> Result<(), String>,
    },
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name under which it is sent.
    pub name: &'static str,
    /// What it is called on the page.
    pub label: &'static str,
    /// What can be typed.
    pub kind: Kind,
    /// Must it be filled in?
    pub required: bool,
    /// What stands in it at first.
    pub initial: Option<&'static str>,
    /// What it means, with an example.
    pub help: &'static str,
    /// An example in the field itself.
    pub placeholder: &'static str,
    /// Unit of a number.
    pub unit: &'static str,
    /// Heading under which it stands.
    pub section: &'static str,
    /// What others have typed there: offered, not demanded.
    pub suggestions: &'static [&'static str],
    /// The number before which this choice of signs stands; without that it says nothing.
    pub only_with: Option<&'static str>,
}

/// Longest text of a kind of its own.
pub(super) const MAX_PARSED_LENGTH: usize = 200;

impl Field {
    const fn new(name: &'static str, label: &'static str, kind: Kind) -> Self {
        Self {
            name,
            label,
            kind,
            required: false,
            initial: None,
            help: "",
            placeholder: "",
            unit: "",
            section: "",
            suggestions: &[],
            only_with: None,
        }
    }

    /// A line of text.
    pub const fn text(name: &'static str, label: &'static str, max_length: usize) -> Self {
        Self::new(name, label, Kind::Text { max_length })
    }

    /// Several lines of text.
    pub const fn long_text(name: &'static str, label: &'static str, max_length: usize) -> Self {
        Self::new(name, label, Kind::LongText { max_length })
    }

    /// A whole number.
    pub const fn integer(name: &'static str, label: &'static str, min: i64, max: i64) -> Self {
        Self::new(name, label, Kind::Integer { min, max })
    }

    /// A number.
    pub const fn number(name: &'static str, label: &'static str, min: f64, max: f64) -> Self {
        Self::new(name, label, Kind::Number { min, max })
    }

    /// One of a few, as values with labels.
    pub const fn choice(
        name: &'static str,
        label: &'static str,
        options: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self::new(name, label, Kind::Choice(options))
    }

    /// One of those that the deployment offers.
    pub const fn dynamic_choice(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Kind::DynamicChoice)
    }

    /// Any of a few.
    pub const fn flags(
        name: &'static str,
        label: &'static str,
        options: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self::new(name, label, Kind::Flags(options))
    }

    /// Yes or no.
    pub const fn checkbox(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Kind::Checkbox)
    }

    /// A text with a meaning.
    pub const fn parsed(name: &'static str, label: &'static str, understand: Understand) -> Self {
        Self::new(name, label, Kind::Parsed(understand))
    }

    /// A line of text with a grammar.
    pub const fn checked(
        name: &'static str,
        label: &'static str,
        max_length: usize,
        check: fn(&str) -> Result<(), String>,
    ) -> Self {
        Self::new(name, label, Kind::Checked { max_length, check })
    }

    /// The field must be filled in.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// What stands in it at first.
    #[must_use]
    pub const fn initial(self, initial: &'static str) -> Self {
        Self { initial: Some(initial), ..self }
    }

    /// What it means.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// An example in the field itself.
    #[must_use]
    pub const fn placeholder(self, placeholder: &'static str) -> Self {
        Self { placeholder, ..self }
    }

    /// Unit of a number.
    #[must_use]
    pub const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// Heading under which it stands.
    #[must_use]
    pub const fn section(self, section: &'static str) -> Self {
        Self { section, ..self }
    }

    /// What is offered.
    #[must_use]
    pub const fn suggestions(self, suggestions: &'static [&'static str]) -> Self {
        Self { suggestions, ..self }
    }

    /// The field is a choice of signs before the number of that name, and says nothing unless that is filled in.
    #[must_use]
    pub const fn only_with(self, name: &'static str) -> Self {
        Self { only_with: Some(name), ..self }
    }

    /// How many characters it takes at most, where it is a text.
    pub fn max_length(&self) -> Option<usize> {
        match self.kind {
            Kind::Text { max_length }
            | Kind::LongText { max_length }
            | Kind::Checked { max_length, .. } => Some(max_length),
            Kind::Parsed(_) => Some(MAX_PARSED_LENGTH),
            _ => None,
        }
    }
}
