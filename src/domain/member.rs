//! A person who uses the service.

/// A person who uses the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Id in the database.
    pub id: i64,
    /// The name that pages show.
    pub name: String,
}
