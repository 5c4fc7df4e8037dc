//! Which addresses are the API's: what is answered there is JSON, and tokens are taken.

/// The description as a page: for people who are signed in, as every page.
const DOCS: &str = "/api/docs/";

/// Whether a path is the API's.
pub(in crate::web) fn is_api(path: &str) -> bool {
    path.starts_with("/api/") && path != DOCS
}
