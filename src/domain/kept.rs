//! The proof that something is committed.

/// Proof that the database has committed what a batch brought. Only `storage` makes one
/// (`tests/architecture` holds that), so nothing can be acknowledged that is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept(());

impl Kept {
    /// To be called after a commit that was confirmed.
    pub(crate) fn after_commit() -> Self {
        Self(())
    }
}
