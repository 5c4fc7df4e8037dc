//! The form of a broker, for a new query or a saved one.

use askama::Template;

use super::chrome::Chrome;
use super::controls::{BrokerButton, HiddenValue};
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
}

impl QueryFormPage {
    /// Number of things that are wrong, the name included.
    pub fn n_errors(&self) -> usize {
        self.query_name.errors.len() + self.form.n_errors()
    }
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
