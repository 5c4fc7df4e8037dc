//! How what was typed into a field is read.

use serde_json::Value;

use super::{
    Context,
    field::{Field, Kind, MAX_PARSED_LENGTH},
    reading::{echo_number, pick, read_integer, read_number, read_text},
};
use crate::domain::text_input::{one_line, plain};

/// What was read from a field.
pub(super) struct Read {
    pub(super) value: Option<Value>,
    pub(super) echo: Option<String>,
}

impl Field {
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
                match check(text) {
                    Ok(()) => Value::from(text),
                    Err(error) => {
                        // As it was pasted it is none; it may be what it looks like.
                        let meant = plain(text);
                        check(&meant).map_err(|_| error)?;
                        echo = Some(format!("read as {meant}"));
                        Value::from(meant)
                    }
                }
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
}
