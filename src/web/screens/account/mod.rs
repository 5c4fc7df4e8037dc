//! Signing in, the connection to Google, one's own profile and tokens.

mod browser_name;
pub(in crate::web) mod callback;
pub(in crate::web) mod connect;
mod connection;
pub(in crate::web) mod profile;
pub(in crate::web) mod provider_redirect;
pub(in crate::web) mod sign_in;
pub(in crate::web) mod theme;
pub(in crate::web) mod tokens;
