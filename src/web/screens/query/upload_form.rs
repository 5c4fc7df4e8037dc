//! The form that uploads packets, on the page of a broker that takes them.

use crate::web::{
    paths,
    widgets::field::{FieldKind, FieldView},
};

/// A form of its own that uploads packets.
#[derive(Clone, Debug)]
pub(super) struct UploadView {
    pub(super) action: String,
    pub(super) field: FieldView,
    /// What may be uploaded and what becomes of it.
    pub(super) note: String,
}

/// The form of an upload.
pub(super) fn upload_form(broker_id: &str) -> UploadView {
    UploadView {
        action: paths::upload(broker_id),
        note: "Alert packets (.avro, .avro.gz) or a night of them (.tar.gz). They become an archive that can be chosen below.".to_owned(),
        field: FieldView {
            name: "files".to_owned(),
            id: "id_files".to_owned(),
            label: "Files".to_owned(),
            kind: FieldKind::File { accept: ".avro,.gz,.tgz,.tar".to_owned(), multiple: true },
            sign: None,
            values: Vec::new(),
            help: None,
            unit: None,
            placeholder: None,
            suggestions: Vec::new(),
            required: false,
            errors: Vec::new(),
            echo: None,
            echo_url: None,
        },
    }
}
