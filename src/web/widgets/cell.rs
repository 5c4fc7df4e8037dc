//! What a cell of a table holds, and how it is drawn.

use askama::{DynTemplate, Template};

use super::{
    brightness::Magnitude,
    controls::{Link, StateChip, TargetChip, TimeView},
};

/// What a cell holds.
#[derive(Debug, Template)]
#[template(path = "widgets/cell.html")]
pub(crate) struct Cell {
    pub(super) content: Content,
    /// What stands behind it on the same line.
    after: Option<Part>,
    subs: Vec<String>,
    /// A chip behind it: with whom the row is shared.
    chip: Option<String>,
}

impl Cell {
    /// The same with something small under it.
    pub(crate) fn sub(mut self, text: impl Into<String>) -> Self {
        self.subs.extend(Some(text.into()).filter(|text| !text.is_empty()));
        self
    }

    /// The same with a chip behind it, if there is one.
    pub(crate) fn chip(mut self, text: Option<&str>) -> Self {
        self.chip = text.map(str::to_owned);
        self
    }

    /// The same with something behind it, if there is something.
    pub(crate) fn after(mut self, part: Option<Part>) -> Self {
        self.after = part;
        self
    }
}

/// A value as a cell draws it.
#[derive(Debug)]
pub(crate) enum Content {
    Absent,
    Text(String),
    Link(Link),
    Time(TimeView),
    /// A magnitude with its error and band.
    Magnitude(Magnitude),
    State(StateChip),
    Target(TargetChip),
    /// A part with a template of its own.
    Part(Part),
}

/// A part of a page with a template of its own, drawn where it stands.
pub(crate) struct Part(Box<dyn DynTemplate + Send + Sync>);

impl Part {
    /// Whatever this template draws.
    pub(crate) fn of(template: impl Template + Send + Sync + 'static) -> Self {
        Self(Box::new(template))
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Part")
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.dyn_render_into(f).map_err(|_| std::fmt::Error)
    }
}

impl<T: Into<Content>> From<T> for Cell {
    fn from(content: T) -> Self {
        Self { content: content.into(), after: None, subs: Vec::new(), chip: None }
    }
}

macro_rules! contents {
    ($($kind:ident: $value:ty),+ $(,)?) => { $(
        impl From<$value> for Content {
            fn from(value: $value) -> Self {
                Self::$kind(value)
            }
        }
    )+ };
}

contents! {
    Text: String,
    Link: Link,
    Time: TimeView,
    Magnitude: Magnitude,
    State: StateChip,
    Target: TargetChip,
    Part: Part,
}

impl<T: Into<Self>> From<Option<T>> for Content {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl askama::filters::HtmlSafe for Cell {}
impl askama::filters::HtmlSafe for Part {}
