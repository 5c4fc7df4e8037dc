//! Signing in, grants and sessions, from outside: browsers, a double of Google, a Pub/Sub behind its API.

mod access;
mod anonymous;
mod browser;
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
mod routes;
mod run_events;
mod runs;
mod secrets;
mod session_cookies;
mod session_life;
mod setup;
mod signing_in;
mod slow_clients;
mod stolen;
mod tokens;

use self::{
    browser::Browser,
    setup::{ADA, BOB, Deployment, PROJECT, SignInSetup},
};
