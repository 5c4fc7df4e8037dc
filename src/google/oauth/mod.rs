//! OAuth 2.0 and OpenID Connect in the browser: where to send somebody, what comes back, and tokens that are renewed.
//!
//! <https://openid.net/specs/openid-connect-core-1_0.html>, <https://developers.google.com/identity/protocols/oauth2/web-server>

mod connection;
mod discovery;
mod error;
mod id_token;
mod openid;
mod provider;
mod refusals;
mod token;

pub use self::{
    error::{OAuthError, RefreshError},
    provider::{Authorisation, Client, Provider, Purpose},
    token::{Exchanged, Tokens},
};
