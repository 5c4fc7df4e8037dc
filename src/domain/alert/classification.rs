//! What a classifier says of an alert.

/// One class of one classifier, with its probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Classification {
    /// Who says so: `SuperNNova`, `UPSILoN`.
    pub classifier: String,
    /// Its version; empty where the packet does not say.
    pub version: String,
    /// The class in words: `Ia`, `non-Ia`, `RRL_ab`.
    pub class: String,
    /// The class's number in the classifier's own taxonomy.
    pub class_id: Option<i64>,
    /// 0 to 1; none where only the label is given.
    pub probability: Option<f64>,
}
