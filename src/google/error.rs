//! What can go wrong with a call to Google, as sentences a user can act on.

use serde_json::Value;

use super::access::AccessError;
use crate::{
    domain::wording::as_sentence,
    http_api::{is_passing_status, quoted},
};

/// Why a call failed for good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GoogleError {
    /// No answer, or only passing errors, for as long as we tried.
    #[error(
        "{service} could not be reached for {seconds} s (last: {last}). Run the query again when it answers; https://status.cloud.google.com tells of outages"
    )]
    Unreachable {
        /// "Pub/Sub"
        service: &'static str,
        /// How long we tried, seconds.
        seconds: u64,
        /// The last reason.
        last: String,
    },
    /// A quota is used up and stayed so for as long as we tried.
    #[error(
        "{service} keeps refusing because a quota is used up ({message}). Wait, or raise the quota of the project at https://console.cloud.google.com/iam-admin/quotas"
    )]
    QuotaUsedUp {
        /// "Pub/Sub"
        service: &'static str,
        /// Google's own words.
        message: String,
    },
    /// Nobody has connected to Google yet.
    #[error(
        "there are no credentials for Google. Connect to Google, or ask whoever runs this service to set GOOGLE_APPLICATION_CREDENTIALS"
    )]
    NotConnected,
    /// No token could be had.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Google refuses the token, also after it was renewed (401).
    #[error(
        "Google does not accept the credentials of {who} ({message}). Connect to Google again, or check the service account's key, then run the query again"
    )]
    TokenRefused {
        /// Whom we act as.
        who: String,
        /// Google's own words.
        message: String,
    },
    /// A permission is missing (403).
    #[error("{who} may not use {what}: {advice} Google says: {message}")]
    Denied {
        /// Whom we act as.
        who: String,
        /// What was asked for.
        what: String,
        /// What to do.
        advice: &'static str,
        /// Google's own words.
        message: String,
    },
    /// What was asked for is not there (404).
    #[error("{what} does not exist. Google says: {message}")]
    NotFound {
        /// What was asked for.
        what: String,
        /// Google's own words.
        message: String,
    },
    /// What was to be made is there already (409).
    #[error("{what} exists already")]
    AlreadyExists {
        /// What was to be made.
        what: String,
    },
    /// Google does not accept the request (400 and others).
    #[error("Google does not accept the request for {what}: {message}")]
    Refused {
        /// What was asked for.
        what: String,
        /// Google's own words.
        message: String,
    },
    /// Its answer is of another shape than it should be: a proxy's page, perhaps.
    #[error("{service}'s answer about {what} is not what its documentation says")]
    NotUnderstood {
        /// "Pub/Sub"
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

impl GoogleError {
    /// An answer that cannot be read, to a call for `what`.
    pub(crate) fn not_understood(service: &'static str, what: &str) -> Self {
        Self::NotUnderstood { service, what: what.to_owned() }
    }

    /// The error as a sentence of its own: with a capital letter and one full stop.
    pub fn sentence(&self) -> String {
        as_sentence(&self.to_string())
    }

    /// Whether the same may go better a little later, without anybody's doing.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::QuotaUsedUp { .. }
                | Self::Access(AccessError::Passing(_))
        )
    }

    /// Whether the user can mend it by connecting to Google (again).
    pub fn is_cured_by_connecting(&self) -> bool {
        match self {
            Self::NotConnected | Self::TokenRefused { .. } => true,
            Self::Access(error) => {
                matches!(error, AccessError::NeedsSignIn(_) | AccessError::NotGranted(_))
            }
            Self::Denied { advice, .. } => {
                [PUBSUB_SCOPE_MISSING, BIGQUERY_SCOPE_MISSING].contains(advice)
            }
            _ => false,
        }
    }
}

/// What an answer with an error says, in Google's shape.
/// <https://cloud.google.com/apis/design/errors#http_mapping>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ErrorAnswer {
    /// HTTP status.
    pub(super) code: u16,
    /// Google's own words, shortened.
    pub(super) message: String,
    /// `reason` of its details, such as `SERVICE_DISABLED`; of BigQuery's errors, such as `quotaExceeded`.
    pub(super) reason: Option<String>,
}

impl ErrorAnswer {
    /// Reads the body of an answer; a body of another shape is no error.
    pub(super) fn read(code: u16, body: &[u8]) -> Self {
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let error = parsed.as_ref().and_then(|body| body.get("error"));
        let message = error
            .and_then(|error| error.get("message"))
            .and_then(Value::as_str)
            .filter(|message| !message.is_empty())
            .map_or_else(|| format!("status {code}"), quoted);
        // BigQuery's reasons are in an older place, and say more.
        let reason = ["errors", "details"]
            .into_iter()
            .filter_map(|place| error?.get(place)?.as_array())
            .find_map(|items| items.iter().find_map(|item| item.get("reason")?.as_str()))
            .map(str::to_owned);
        Self { code, message, reason }
    }

    /// Whether the same call may succeed a little later. 408, 429 and 5xx, as Google advises; BigQuery says 403 where
    /// calls come too fast. <https://cloud.google.com/bigquery/docs/error-messages>
    pub(super) fn is_passing(&self) -> bool {
        is_passing_status(self.code) || self.reason.as_deref() == Some("rateLimitExceeded")
    }

    /// The error for a user.
    pub(super) fn into_error(self, service: &'static str, what: &str, who: &str) -> GoogleError {
        let (what, message) = (what.to_owned(), self.message);
        if self.reason.as_deref() == Some("quotaExceeded") {
            return GoogleError::QuotaUsedUp { service, message };
        }
        match self.code {
            401 => GoogleError::TokenRefused { who: who.to_owned(), message },
            403 => GoogleError::Denied {
                who: who.to_owned(),
                what,
                advice: advice(service, self.reason.as_deref()),
                message,
            },
            404 => {
                GoogleError::NotFound { what: missing(service, &message).unwrap_or(what), message }
            }
            409 => GoogleError::AlreadyExists { what },
            _ => GoogleError::Refused { what, message },
        }
    }
}

/// What BigQuery says is missing, where it is not what was called: `Not found: Table my-proj:a.b was not found …`.
fn missing(service: &str, message: &str) -> Option<String> {
    let (kind, rest) = message.strip_prefix("Not found: ")?.split_once(' ')?;
    let kind = match kind {
        "Table" => "table",
        "Dataset" => "dataset",
        "Project" => "project",
        _ => return None,
    };
    let name = rest.split([' ', ';']).next()?.trim_end_matches(['.', ',']);
    (service == "BigQuery" && !name.is_empty()).then(|| format!("the {kind} {name}"))
}

/// What to do when the token lacks the right.
const PUBSUB_SCOPE_MISSING: &str =
    "the connection to Google does not include Pub/Sub. Connect to Google again and agree to it.";
const BIGQUERY_SCOPE_MISSING: &str =
    "the connection to Google does not include BigQuery. Connect to Google again and agree to it.";

/// What to do about a refusal. <https://cloud.google.com/apis/design/errors#error_info>
fn advice(service: &str, reason: Option<&str>) -> &'static str {
    let is_bigquery = service == "BigQuery";
    match reason {
        Some("SERVICE_DISABLED" | "accessNotConfigured") if is_bigquery => {
            "the BigQuery API is not enabled in the project. Enable it at https://console.cloud.google.com/apis/library/bigquery.googleapis.com and try again in a few minutes."
        }
        Some("SERVICE_DISABLED") => {
            "the Pub/Sub API is not enabled in the project. Enable it at https://console.cloud.google.com/apis/library/pubsub.googleapis.com and try again in a few minutes."
        }
        Some("BILLING_DISABLED" | "billingNotEnabled") => {
            "billing is not enabled for the project. Its owner can enable it at https://console.cloud.google.com/billing."
        }
        Some("ACCESS_TOKEN_SCOPE_INSUFFICIENT" | "insufficientPermissions") if is_bigquery => {
            BIGQUERY_SCOPE_MISSING
        }
        Some("ACCESS_TOKEN_SCOPE_INSUFFICIENT") => PUBSUB_SCOPE_MISSING,
        Some("USER_PROJECT_DENIED") => {
            "the project may not be billed for this. Ask its owner for the role Service Usage Consumer."
        }
        _ if is_bigquery => {
            "ask the project's owner for the role BigQuery Job User, and for a table of your own whoever owns it for the role BigQuery Data Viewer."
        }
        _ => {
            "ask the project's owner for the role Pub/Sub Editor (or Viewer and Subscriber, for a subscription that exists)."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn googles_error_is_read_whatever_its_shape() {
        let body = br#"{"error":{"code":403,"message":"Cloud Pub/Sub API has not been used","status":"PERMISSION_DENIED",
            "details":[{"@type":"x"},{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED"}]}}"#;
        let error = ErrorAnswer::read(403, body);
        assert_eq!(error.reason.as_deref(), Some("SERVICE_DISABLED"));
        let sentence =
            error.into_error("Pub/Sub", "the subscription s", "user a@b.edu").to_string();
        assert!(sentence.contains("not enabled") && sentence.contains("a@b.edu"), "{sentence}");
        for odd in [
            &b""[..],
            b"<html>",
            b"[]",
            b"{\"error\":\"x\"}",
            b"{\"error\":{\"message\":7}}",
            b"\xff",
        ] {
            assert_eq!(ErrorAnswer::read(500, odd).message, "status 500");
        }
    }

    #[test]
    fn a_message_stays_on_one_line_and_short() {
        let body =
            serde_json::json!({"error": {"message": format!("a\nb\u{1b}{}", "x".repeat(1000))}});
        let message = ErrorAnswer::read(400, body.to_string().as_bytes()).message;
        assert!(message.chars().count() <= 301 && !message.contains(char::is_control));
    }

    #[test]
    fn bigquerys_reasons_say_what_to_do() {
        let sentence = |code: u16, reason: &str| {
            let body = serde_json::json!({"error": {"code": code, "message": "Google's words",
                "errors": [{"reason": reason, "domain": "global"}], "status": "PERMISSION_DENIED"}});
            let answer = ErrorAnswer::read(code, body.to_string().as_bytes());
            (answer.is_passing(), answer.into_error("BigQuery", "the query", "a@b.edu").to_string())
        };
        for (code, reason, advice) in [
            (403, "accessDenied", "BigQuery Job User"),
            (403, "billingNotEnabled", "billing is not enabled"),
            (403, "accessNotConfigured", "the BigQuery API is not enabled"),
            (403, "quotaExceeded", "a quota is used up"),
            (400, "invalidQuery", "does not accept the request for the query"),
            (404, "notFound", "the query does not exist"),
        ] {
            let (is_passing, sentence) = sentence(code, reason);
            assert!(!is_passing, "{reason}");
            assert!(sentence.contains(advice) && sentence.contains("Google's words"), "{sentence}");
        }
        assert!(sentence(403, "rateLimitExceeded").0);
        let body = br#"{"error":{"code":404,"message":"Not found: Table my-proj:mine.nope was not found in location US"}}"#;
        let told =
            ErrorAnswer::read(404, body).into_error("BigQuery", "the query job j", "a@b.edu");
        assert!(
            told.to_string().to_lowercase().starts_with("the table my-proj:mine.nope"),
            "{told}"
        );
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_told_of_in_one_way() {
        for service in ["Pub/Sub", "BigQuery"] {
            let told = GoogleError::not_understood(service, "the subscription s").sentence();
            let expected = format!(
                "{service}'s answer about the subscription s is not what its documentation says."
            );
            assert_eq!(told, expected);
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let is_passing = |code| ErrorAnswer { code, ..ErrorAnswer::default() }.is_passing();
        assert!([408, 429, 500, 502, 503, 504].into_iter().all(is_passing));
        assert!(![400, 401, 403, 404, 409, 501].into_iter().any(is_passing));
    }
}
