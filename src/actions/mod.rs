//! What a user does across the layers: sign in, connect to Google, run a query, save targets.

pub mod connection_test;
pub mod credentials;
pub mod estimate_query;
pub mod grants;
pub mod missing_settings;
pub mod read_again;
pub mod run_limits;
pub mod run_stored;
pub mod runs;
pub mod save_targets;
pub mod secret;
pub mod sign_in;
pub mod stored_form;
pub mod subscriptions;
