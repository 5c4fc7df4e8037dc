//! A form as pages draw it: sections of fields, each with its help, its errors and what was understood of it.

use askama::Template;

/// A field of a form.
#[derive(Clone, Debug, Template)]
#[template(path = "components/field.html")]
pub struct FieldView {
    /// Name that the form sends.
    pub name: String,
    /// Id of the element, unique on the page.
    pub id: String,
    /// Label.
    pub label: String,
    /// What is typed or chosen.
    pub kind: FieldKind,
    /// What was typed or chosen; one value, except for [`FieldKind::Flags`].
    pub values: Vec<String>,
    /// What to type, in a sentence.
    pub help: Option<String>,
    /// Unit of the number, beside the input.
    pub unit: Option<String>,
    /// Example inside the empty input.
    pub placeholder: Option<String>,
    /// Known values that the browser offers while typing.
    pub suggestions: Vec<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// What is wrong with the value.
    pub errors: Vec<String>,
    /// What was understood of the value: "read as 10 00 24.12 +02 12 00.4".
    pub echo: Option<String>,
    /// Address that answers what is understood of a value; `&value=` is put behind it.
    pub echo_url: Option<String>,
    /// Whether it is shown on demand only.
    pub advanced: bool,
}

/// What a field takes.
#[derive(Clone, Debug)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// Several lines of text.
    LongText {
        /// Height in lines.
        rows: u32,
    },
    /// A whole number.
    Integer {
        /// Smallest allowed.
        min: Option<String>,
        /// Largest allowed.
        max: Option<String>,
    },
    /// A number.
    Number {
        /// Smallest allowed.
        min: Option<String>,
        /// Largest allowed.
        max: Option<String>,
        /// Step of the arrows; absent: any number.
        step: Option<String>,
    },
    /// One of a few, all in sight.
    Radio(Vec<Choice>),
    /// One of many.
    Select(Vec<Choice>),
    /// Any of a few.
    Flags(Vec<Choice>),
    /// Yes or no; sends `true`.
    Checkbox,
    /// Not shown.
    Hidden,
    /// A file.
    File {
        /// Which files the browser offers: `.avro,.tar.gz`; empty for all.
        accept: String,
        /// Whether several may be chosen.
        multiple: bool,
    },
}

/// Something to choose.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// Words beside it.
    pub label: String,
    /// Further explanation.
    pub help: Option<String>,
}

impl FieldView {
    /// The first value, or nothing.
    pub fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }

    /// Whether the value is among those chosen.
    pub fn has(&self, value: &str) -> bool {
        self.values.iter().any(|chosen| chosen == value)
    }

    /// The label, or the name of a field that has none.
    pub fn title(&self) -> &str {
        if self.label.is_empty() { &self.name } else { &self.label }
    }

    /// Whether the field is not shown, so that nothing can lead to it.
    pub fn is_hidden(&self) -> bool {
        matches!(self.kind, FieldKind::Hidden)
    }

    /// Ids of the elements that describe the input, for `aria-describedby`.
    pub fn described_by(&self) -> String {
        let parts = [
            (self.unit.is_some(), "unit"),
            (self.help.is_some(), "help"),
            (!self.errors.is_empty(), "errors"),
            (self.echo.is_some() || self.echo_url.is_some(), "echo"),
        ];
        let ids = parts.iter().filter(|(is_there, _)| *is_there);
        ids.map(|(_, part)| format!("{}-{part}", self.id)).collect::<Vec<_>>().join(" ")
    }

    fn is_worth_showing(&self) -> bool {
        let is_typed = matches!(
            self.kind,
            FieldKind::Text | FieldKind::Integer { .. } | FieldKind::Number { .. }
        );
        !self.errors.is_empty() || (is_typed && !self.value().is_empty())
    }
}

/// Fields under a heading.
#[derive(Clone, Debug)]
pub struct SectionView {
    /// The heading.
    pub title: String,
    /// A sentence under the heading.
    pub intro: Option<String>,
    /// The fields; those with [`FieldView::advanced`] come last, on demand.
    pub fields: Vec<FieldView>,
    /// Whether the section can be folded away.
    pub fold: Fold,
}

/// Whether a section can be folded away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fold {
    /// It is always in sight.
    #[default]
    Never,
    /// It is folded, unless one of its fields is in error.
    Closed,
    /// It can be folded and is not.
    Open,
}

impl SectionView {
    /// Fields that are always in sight.
    pub fn plain_fields(&self) -> impl Iterator<Item = &FieldView> {
        self.fields.iter().filter(|field| !field.advanced)
    }

    /// Fields shown on demand.
    pub fn advanced_fields(&self) -> impl Iterator<Item = &FieldView> {
        self.fields.iter().filter(|field| field.advanced)
    }

    /// Whether there are fields shown on demand.
    pub fn has_advanced(&self) -> bool {
        self.advanced_fields().next().is_some()
    }

    /// Whether the fields shown on demand are in sight: one of them is filled in or wrong.
    pub fn advanced_is_open(&self) -> bool {
        self.advanced_fields().any(FieldView::is_worth_showing)
    }

    /// Whether the section can be folded away.
    pub fn can_fold(&self) -> bool {
        self.fold != Fold::Never
    }

    /// Whether a section that can be folded is open.
    pub fn is_open(&self) -> bool {
        self.fold == Fold::Open || self.fields.iter().any(|field| !field.errors.is_empty())
    }
}

/// All sections of a form, and what is wrong with the whole.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "components/form.html")]
pub struct FormView {
    /// The sections.
    pub sections: Vec<SectionView>,
    /// What is wrong with the form as a whole.
    pub errors: Vec<String>,
}

impl FormView {
    /// Every field, in order.
    pub fn fields(&self) -> impl Iterator<Item = &FieldView> {
        self.sections.iter().flat_map(|section| &section.fields)
    }

    /// Number of things that are wrong.
    pub fn n_errors(&self) -> usize {
        self.errors.len() + self.fields().map(|field| field.errors.len()).sum::<usize>()
    }
}
