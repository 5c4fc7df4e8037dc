//! What is known of a field of a packet, whichever survey's.

/// What is known of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldFact {
    /// The group it belongs to.
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) meaning: &'static str,
}
