//! A form as pages draw it: sections of fields, each with its help, its errors and what was understood of it.

use askama::Template;

/// A field of a form.
#[derive(Clone, Debug, Template)]
#[template(path = "widgets/field.html")]
pub(crate) struct FieldView {
    pub(crate) name: String,
    /// Id of the element, unique on the page.
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) kind: FieldKind,
    /// A choice that stands before the number and says how it compares: "<" or "≥".
    pub(crate) sign: Option<SignView>,
    /// What was typed or chosen; one value, except for [`FieldKind::Flags`].
    pub(crate) values: Vec<String>,
    pub(crate) help: Option<String>,
    /// Unit of the number, beside the input.
    pub(crate) unit: Option<String>,
    /// Example inside the empty input.
    pub(crate) placeholder: Option<String>,
    /// Known values that the browser offers while typing.
    pub(crate) suggestions: Vec<String>,
    pub(crate) required: bool,
    pub(crate) errors: Vec<String>,
    /// What was understood of the value: "read as 10 00 24.12 +02 12 00.4".
    pub(crate) echo: Option<String>,
    /// Address that answers what is understood of a value; `&value=` is put behind it.
    pub(crate) echo_url: Option<String>,
}

/// A choice of signs before a number, sent as a field of its own.
#[derive(Clone, Debug)]
pub(crate) struct SignView {
    /// Name that the form sends.
    pub(crate) name: String,
    /// Id of the element.
    pub(crate) id: String,
    /// What it says, for who does not see the number beside it.
    pub(crate) label: String,
    /// The signs.
    pub(crate) choices: Vec<Choice>,
    /// The chosen one.
    pub(crate) value: String,
}

/// What a field takes.
#[derive(Clone, Debug)]
pub(crate) enum FieldKind {
    Text,
    LongText {
        rows: u32,
    },
    Integer {
        min: Option<String>,
        max: Option<String>,
    },
    Number {
        min: Option<String>,
        max: Option<String>,
    },
    /// One of a few, all in sight.
    Radio(Vec<Choice>),
    Select(Vec<Choice>),
    Flags(Vec<Choice>),
    /// Yes or no; sends `true`.
    Checkbox,
    File {
        /// Which files the browser offers: `.avro,.tar.gz`; empty for all.
        accept: String,
        multiple: bool,
    },
}

/// Something to choose.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
}

impl FieldView {
    /// The first value, or nothing.
    pub(crate) fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// Whether the value is among those chosen.
    pub(crate) fn has(&self, value: &str) -> bool {
        self.values.iter().any(|chosen| chosen == value)
    }

    /// The label, or the name of a field that has none.
    pub(crate) fn title(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }

    /// Ids of the elements that describe the input, for `aria-describedby`.
    pub(crate) fn described_by(&self) -> String {
        let parts = [
            (self.unit.is_some(), "unit"),
            (self.help.is_some(), "help"),
            (!self.errors.is_empty(), "errors"),
            (self.echo.is_some() || self.echo_url.is_some(), "echo"),
        ];
        let ids = parts.iter().filter(|(is_there, _)| *is_there);
        ids.map(|(_, part)| format!("{}-{part}", self.id)).collect::<Vec<_>>().join(" ")
    }
}

/// What stands above the list of what is wrong with a form, by how many fields that is about.
pub(crate) fn error_heading(n_fields: usize) -> String {
    match n_fields {
        // The form as a whole was refused, whatever stands in its fields.
        0 => "The form was not accepted".to_owned(),
        1 => "Please correct 1 field".to_owned(),
        n => format!("Please correct {n} fields"),
    }
}

/// Fields under a heading.
#[derive(Clone, Debug)]
pub(crate) struct SectionView {
    pub(crate) title: String,
    pub(crate) fields: Vec<FieldView>,
}

/// All sections of a form, and what is wrong with the whole.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "widgets/form.html")]
pub(crate) struct FormView {
    pub(crate) sections: Vec<SectionView>,
    /// What is wrong with the form as a whole.
    pub(crate) errors: Vec<String>,
}

impl FormView {
    /// Every field, in order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &FieldView> {
        self.sections.iter().flat_map(|section| &section.fields)
    }

    /// Number of things that are wrong.
    pub(crate) fn n_errors(&self) -> usize {
        self.errors.len() + self.n_wrong_fields()
    }

    /// Number of fields with something wrong.
    pub(crate) fn n_wrong_fields(&self) -> usize {
        self.fields().filter(|field| !field.errors.is_empty()).count()
    }

    /// What stands above the list of what is wrong.
    pub(crate) fn error_heading(&self) -> String {
        error_heading(self.n_wrong_fields())
    }
}
