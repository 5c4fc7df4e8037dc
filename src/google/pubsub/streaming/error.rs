//! What an error of a stream means: it may pass, the subscription is gone, the token was refused, or it is final.

use google_cloud_gax::error::rpc::{Code, Status, StatusDetails};
use google_cloud_pubsub::Error;

use super::credentials::Calls;
use crate::{
    google::error::{ErrorAnswer, GoogleError},
    http_api::quoted,
};

/// Why a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamError {
    /// It may go better later; in a few words.
    Passing(String),
    /// The subscription is not there (any more).
    Gone,
    /// The token is not accepted: another one may be.
    TokenRefused(GoogleError),
    /// The same again would end the same.
    Final(GoogleError),
}

impl StreamError {
    /// Reads an error of the crate. `what` was asked for by `who`.
    pub(super) fn of(error: &Error, calls: &Calls, what: &str, who: &str) -> Self {
        if let Some(cause) = calls.take_error() {
            return if cause.is_passing() {
                Self::Passing(cause.to_string())
            } else {
                Self::Final(cause)
            };
        }
        match error.status() {
            None => Self::Passing(quoted(&error.to_string())),
            Some(status) => Self::of_status(status, what, who),
        }
    }

    fn of_status(status: &Status, what: &str, who: &str) -> Self {
        let reason = status.details.iter().find_map(|detail| match detail {
            StatusDetails::ErrorInfo(info) => Some(info.reason.clone()),
            _ => None,
        });
        let message = quoted(&status.message);
        let told = |code| {
            let answer = ErrorAnswer { code, message: message.clone(), reason: reason.clone() };
            answer.into_error("Pub/Sub", what, who)
        };
        match status.code {
            Code::NotFound => Self::Gone,
            Code::Unauthenticated => Self::TokenRefused(told(401)),
            Code::PermissionDenied => Self::Final(told(403)),
            Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
                Self::Final(told(400))
            }
            Code::Unimplemented => Self::Final(told(501)),
            code => Self::Passing(format!("{}: {message}", code.name())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(code: Code) -> StreamError {
        let status = Status::default().set_code(code).set_message("Google's words");
        StreamError::of(&Error::service(status), &Calls::default(), "the subscription s", "a@b")
    }

    #[test]
    fn each_code_means_one_thing() {
        assert_eq!(understood(Code::NotFound), StreamError::Gone);
        for code in [Code::Unavailable, Code::ResourceExhausted, Code::Internal, Code::Unknown] {
            assert!(matches!(understood(code), StreamError::Passing(why) if why.contains("words")));
        }
        for code in [Code::PermissionDenied, Code::InvalidArgument, Code::Unimplemented] {
            let StreamError::Final(error) = understood(code) else { panic!("{code}") };
            assert!(error.to_string().contains("the subscription s"), "{error}");
        }
        let StreamError::TokenRefused(error) = understood(Code::Unauthenticated) else { panic!() };
        assert!(error.is_cured_by_connecting() && error.to_string().contains("a@b"), "{error}");
    }
}
