//! The form of a broker, for a new query or a saved one.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{BrokerButton, HiddenValue, Link, PostButton};
use super::field::{FieldView, FormView};

/// The pages `/alerts/query/create/?broker=` and `/alerts/query/{id}/update/`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/query_form.html")]
pub struct QueryFormPage {
    /// The frame.
    pub chrome: Chrome,
    /// Name of the broker.
    pub broker: String,
    /// What the broker can do, in one line.
    pub note: String,
    /// Name of the saved query that is changed; absent for a new one.
    pub saved_name: Option<String>,
    /// Whether it can be saved as what it is: a new query, or one that they may change.
    pub can_save: bool,
    /// Whose saved query it is, where they may only look at it.
    pub owner: Option<String>,
    /// Makes a copy of their own, where they may only look at it.
    pub copy: Option<PostButton>,
    /// What to know before changing it: somebody listens to it.
    pub listening: Option<String>,
    /// Sharing, history.
    pub links: Vec<Link>,
    /// Where the form is sent.
    pub action: String,
    /// What it sends along: the broker.
    pub hidden: Vec<HiddenValue>,
    /// The name under which the query is saved; only saving needs it.
    pub query_name: FieldView,
    /// The fields.
    pub form: FormView,
    /// What to know about this broker before pressing Run, a paragraph each.
    pub truth: Vec<String>,
    /// Upload of packets, for the brokers that take them.
    pub upload: Option<UploadView>,
    /// The other brokers.
    pub other_brokers: Vec<BrokerButton>,
    /// Where the form is sent to be looked at only, for brokers whose queries cost something.
    pub check_action: Option<String>,
    /// What such a look has brought.
    pub preview: Option<PreviewView>,
}

impl QueryFormPage {
    /// Number of things that are wrong, the name included.
    pub fn n_errors(&self) -> usize {
        self.query_name.errors.len() + self.form.n_errors()
    }
}

/// What a query would ask and cost.
#[derive(Clone, Debug)]
pub struct PreviewView {
    /// CSS class of the box: `is-info`, or `is-bad` where the query cannot be run.
    pub class: &'static str,
    /// What it would read and cost, or why that is not known.
    pub headline: String,
    /// What one should know, a sentence each.
    pub remarks: Vec<String>,
    /// Where what is missing can be had.
    pub link: Option<Link>,
    /// The parameters.
    pub parameters: Vec<ParameterView>,
    /// The statement and the same as programs.
    pub texts: Vec<CodeView>,
}

/// A parameter of a statement.
#[derive(Clone, Debug)]
pub struct ParameterView {
    /// `@name`
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Its value.
    pub value: String,
}

/// A text to be copied.
#[derive(Clone, Debug)]
pub struct CodeView {
    /// What it is: "Statement".
    pub title: String,
    /// Id of its element.
    pub id: &'static str,
    /// The text.
    pub text: String,
    /// Whether it is in sight at first.
    pub is_open: bool,
}

/// A form of its own that uploads packets.
#[derive(Clone, Debug)]
pub struct UploadView {
    /// Where it is sent.
    pub action: String,
    /// The file input.
    pub field: FieldView,
    /// What may be uploaded and what becomes of it.
    pub note: String,
}
