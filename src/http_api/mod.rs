//! Calls to a service over HTTP, whosever it is: tried again while they fail in passing, limited in time and size, with
//! sentences that name the service. Google's client ([`crate::google::ApiClient`]) is made of this, with tokens that are renewed.

mod call;
mod client;
mod error;
mod exchange;
mod token;

pub use self::{
    call::Call,
    client::{ApiSettings, HttpApi, Listener},
    error::CallError,
    exchange::connections,
    token::Token,
};
pub(crate) use self::{
    error::{GivenUp, is_passing_status, quoted},
    exchange::{ErrorReply, Failure, Passing},
};
