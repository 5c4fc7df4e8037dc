//! What can go wrong with a call, as sentences that name the service. Google's has more to advise ([`crate::google::GoogleError`]).

use serde_json::Value;

use super::ErrorReply;

/// A call that was given up.
#[derive(Debug)]
pub(crate) struct GivenUp {
    pub(crate) service: &'static str,
    /// How long it was tried, seconds.
    pub(crate) seconds: u64,
    /// Why it failed at last.
    pub(crate) last: String,
    /// It was asked too often, or for too much.
    pub(crate) is_quota: bool,
}

/// Why a call failed for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No answer, or only passing errors, for as long as we tried.
    #[error(
        "{service} could not be reached for {seconds} s (last: {last}). Run the query again when it answers"
    )]
    Unreachable {
        /// "Fink"
        service: &'static str,
        /// How long we tried, seconds.
        seconds: u64,
        /// The last reason.
        last: String,
    },
    /// It is asked too often, and stayed so for as long as we tried.
    #[error(
        "{service} keeps refusing because it is asked too often ({message}). Wait, then run the query again"
    )]
    TooOften {
        /// "Fink"
        service: &'static str,
        /// The service's own words.
        message: String,
    },
    /// It does not accept the token, or wants one (401).
    #[error(
        "{service} does not accept the token of this service ({message}). Ask whoever runs this service to check it"
    )]
    TokenRefused {
        /// "Fink"
        service: &'static str,
        /// The service's own words.
        message: String,
    },
    /// It does not let us (403).
    #[error("{service} refuses {what}. It says: {message}")]
    Denied {
        /// "Fink"
        service: &'static str,
        /// What was asked for.
        what: String,
        /// The service's own words.
        message: String,
    },
    /// What was asked for is not there (404).
    #[error("{service} does not have {what}. It says: {message}")]
    NotFound {
        /// "Fink"
        service: &'static str,
        /// What was asked for.
        what: String,
        /// The service's own words.
        message: String,
    },
    /// It does not accept the request (400 and others).
    #[error("{service} does not accept the request for {what}: {message}")]
    Refused {
        /// "Fink"
        service: &'static str,
        /// What was asked for.
        what: String,
        /// The service's own words.
        message: String,
    },
    /// Its answer is of another shape than it should be.
    #[error("{service}'s answer about {what} is not what its documentation says")]
    NotUnderstood {
        /// "Fink"
        service: &'static str,
        /// What was asked for.
        what: String,
    },
    /// The answer is larger than we take.
    #[error("the answer about {what} is larger than {limit_mib} MiB")]
    TooLarge {
        /// What was asked for.
        what: String,
        /// The limit, MiB.
        limit_mib: usize,
    },
}

impl From<GivenUp> for CallError {
    fn from(GivenUp { service, seconds, last, is_quota }: GivenUp) -> Self {
        if is_quota {
            return Self::TooOften { service, message: last };
        }
        Self::Unreachable { service, seconds, last }
    }
}

/// The error of an answer that stays the same however often one asks.
pub(super) fn refusal(
    service: &'static str,
    what: &str,
    reply: &ErrorReply,
    message: String,
) -> CallError {
    let what = what.to_owned();
    match reply.status.as_u16() {
        401 => CallError::TokenRefused { service, message },
        403 => CallError::Denied { service, what, message },
        404 => CallError::NotFound { service, what, message },
        _ => CallError::Refused { service, what, message },
    }
}

/// Whether the same call may succeed a little later, judged by the status alone.
pub(crate) fn is_passing_status(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Where services put their own words, in JSON. `detail` and `title` are of RFC 9457.
const MESSAGES: [&str; 6] =
    ["/error/message", "/message", "/detail", "/error", "/title", "/errors/0/message"];

/// What a service says is wrong, if it says it in a way that we know.
pub(super) fn message_of(reply: &ErrorReply) -> String {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let said = MESSAGES.iter().find_map(|place| body.pointer(place)?.as_str());
    said.filter(|text| !text.trim().is_empty())
        .map_or_else(|| format!("status {}", reply.status.as_u16()), quoted)
}

/// Longest text of others that we repeat, characters.
const MAX_QUOTED: usize = 300;

/// Words of others on one line and not too long; a control character would break a log.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_QUOTED).collect();
    if text.chars().count() > MAX_QUOTED {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_stay_on_one_line_and_short() {
        let shown = quoted(&format!("a\nb\u{1b}{}", "x".repeat(1000)));
        assert!(shown.starts_with("a b x") && !shown.contains(char::is_control), "{shown}");
        assert_eq!(shown.chars().count(), MAX_QUOTED + 1);
    }

    #[test]
    fn sentences_name_the_service_whatever_its_errors_look_like() {
        let sentence = |status: u16, body: &str| {
            let reply = ErrorReply::new(status.try_into().unwrap(), body.to_owned().into());
            let message = message_of(&reply);
            refusal("Fink", "the alerts of today", &reply, message).to_string()
        };
        for (status, body, said) in [
            (400, r#"{"error": {"message": "no such field"}}"#, "does not accept the request"),
            (401, r#"{"message": "no such field"}"#, "does not accept the token"),
            (403, r#"{"title": "Bad", "detail": "no such field"}"#, "refuses the alerts of today"),
            (404, r#"{"error": "no such field"}"#, "does not have the alerts of today"),
            (422, r#"{"errors": [{"message": "no such field"}]}"#, "does not accept the request"),
        ] {
            let told = sentence(status, body);
            let is_told = told.starts_with("Fink") && told.contains(said);
            assert!(is_told && told.contains("no such field"), "{told}");
        }
        for odd in ["", "<html>", "[]", "{\"message\": 7}", "{\"message\": \" \"}"] {
            assert!(sentence(418, odd).ends_with("status 418"), "{odd}");
        }
    }

    #[test]
    fn who_was_asked_too_often_is_not_called_out_of_reach() {
        let given_up =
            |is_quota| GivenUp { service: "Fink", seconds: 7, last: "x".into(), is_quota };
        let told = CallError::from(given_up(true)).to_string();
        assert!(
            told.starts_with("Fink keeps refusing because it is asked too often (x)"),
            "{told}"
        );
        let told = CallError::from(given_up(false)).to_string();
        assert!(told.starts_with("Fink could not be reached for 7 s (last: x)"), "{told}");
    }
}
