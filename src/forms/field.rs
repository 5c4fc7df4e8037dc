//! One field: how it is drawn, and how what was typed into it is read.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::domain::typed::one_line;

use super::{
    Context,
    reading::{echo_number, pick, read_integer, read_number, read_text},
};

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

/// What was read from a field.
pub(super) struct Read {
    pub(super) value: Option<Value>,
    pub(super) echo: Option<String>,
}

/// Longest text of a kind of its own.
const MAX_PARSED_LENGTH: usize = 200;

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

    /// What was typed, as it is kept: without space around it, and on one line where the field has one.
    pub(super) fn tidied(&self, text: &str) -> String {
        match self.kind {
            Kind::LongText { .. } => {
                text.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
            }
            _ => one_line(text),
        }
    }

    /// How a text is understood, where it is and that is worth a word.
    pub fn echo(&self, text: &str, context: &Context) -> Option<String> {
        let text = self.tidied(text);
        if text.is_empty() {
            return None;
        }
        self.read(&[text], context).ok().and_then(|read| read.echo)
    }

    /// Whether it can say how it reads what is typed.
    pub fn has_echo(&self) -> bool {
        matches!(self.kind, Kind::Parsed(_) | Kind::Number { .. } | Kind::Integer { .. })
    }

    /// Reads tidied, non-empty values; the message says what is wrong.
    pub(super) fn read(&self, values: &[String], context: &Context) -> Result<Read, String> {
        if let Kind::Flags(options) = self.kind {
            return self.read_flags(values, options);
        }
        let text = match values {
            [] if self.required => return Err("This field is required.".to_owned()),
            [] => return Ok(Read { value: None, echo: None }),
            [text] => text,
            _ => return Err("Give this field only once.".to_owned()),
        };
        let mut echo = None;
        let value = match self.kind {
            Kind::Text { max_length } => Value::from(read_text(text, max_length, false)?),
            Kind::LongText { max_length } => Value::from(read_text(text, max_length, true)?),
            Kind::Integer { min, max } => {
                let number = Value::from(read_integer(text, self.unit, min, max)?);
                echo = echo_number(text, self.unit, &number);
                number
            }
            Kind::Number { min, max } => {
                let number = Value::from(read_number(text, self.unit, min, max)?);
                echo = echo_number(text, self.unit, &number);
                number
            }
            Kind::Choice(options) => {
                Value::from(pick(text, options.iter().map(|(value, _)| *value))?)
            }
            Kind::DynamicChoice => Value::from(pick(
                text,
                context.choices.options(self.name).iter().map(|choice| choice.value.as_str()),
            )?),
            Kind::Checkbox => match text.as_str() {
                "on" | "true" | "1" | "yes" => Value::from(true),
                "false" | "0" | "no" | "off" => return Ok(Read { value: None, echo: None }),
                _ => return Err("Enter true or false.".to_owned()),
            },
            Kind::Parsed(understand) => {
                let text = read_text(text, MAX_PARSED_LENGTH, false)?;
                echo = Some(understand(text, context.now)?);
                Value::from(text)
            }
            Kind::Checked { max_length, check } => {
                let text = read_text(text, max_length, false)?;
                check(text)?;
                Value::from(text)
            }
            Kind::Flags(_) => return Ok(Read { value: None, echo: None }),
        };
        Ok(Read { value: Some(value), echo })
    }

    fn read_flags(&self, values: &[String], options: &[(&str, &str)]) -> Result<Read, String> {
        for value in values {
            pick(value, options.iter().map(|(value, _)| *value))?;
        }
        // In the order of the options, each once.
        let chosen: Vec<&str> = options
            .iter()
            .map(|(value, _)| *value)
            .filter(|option| values.iter().any(|value| value == option))
            .collect();
        match (chosen.is_empty(), self.required) {
            (true, true) => Err("This field is required.".to_owned()),
            (true, false) => Ok(Read { value: None, echo: None }),
            (false, _) => Ok(Read { value: Some(Value::from(chosen)), echo: None }),
        }
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
