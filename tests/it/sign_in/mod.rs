//! Signing in, grants and sessions, from outside: browsers, a double of Google, a Pub/Sub behind its API.

mod access;
mod anonymous;
pub(crate) mod browser;
mod callbacks;
mod connecting;
mod csrf;
mod database;
mod disconnecting;
mod endings;
mod entering;
mod headers;
mod keys;
mod leaving;
mod limits;
mod local_paths;
mod provider_faults;
mod refreshing;
mod renewing;
mod requests;
pub(crate) mod routes;
mod run_events;
mod runs;
mod secrets;
mod session_cookies;
mod session_life;
pub(crate) mod setup;
mod signing_in;
mod slow_clients;
pub(crate) mod stolen;
mod tokens;

pub(crate) use self::setup::PROJECT;
use self::setup::{ADA, BOB};
pub(crate) use self::{
    browser::Browser,
    setup::{Deployment, SignInSetup},
};
