//! Which addresses are the API's: what is answered there is JSON, and tokens are taken.

use crate::web::paths;

/// Whether a path is the API's.
pub(in crate::web) fn is_api(path: &str) -> bool {
    path.starts_with(paths::API) && path != paths::API_DOCS
}
