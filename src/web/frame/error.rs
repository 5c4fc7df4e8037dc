//! What a request can end in when it does not end well: one enum, shown as a page or as JSON.

use std::time::Duration;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    domain::grant::GoogleRight,
    storage::{NotDone, Refused, StorageError},
    web::paths,
};

/// What is told of an error. It travels with the answer; the layer that knows who looks draws the page.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub(super) title: &'static str,
    pub(super) sentence: String,
    /// Short id to quote; for faults of the service.
    pub(super) incident: Option<String>,
    /// Where this error is mended; empty where one can only go elsewhere.
    pub(super) ways_out: &'static [(&'static str, &'static str)],
}

/// How long somebody is asked to wait whose queue is full, in seconds: nobody knows when a run ends.
const QUEUE_WAIT_S: u64 = 30;

/// How a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is nothing at this address.
    #[error("There is nothing here. It may have been deleted; check the address.")]
    NotFound,
    /// The address is there, for another method.
    #[error("This address does not accept that method.")]
    MethodNotAllowed,
    /// What was sent cannot be read.
    #[error("The request cannot be read: {0}.")]
    BadRequest(String),
    /// The address has parameters that the page does not take, or values that they do not.
    #[error("{0}")]
    WrongParameters(String),
    /// Too much was sent.
    #[error("The request is too large: {0}.")]
    TooLarge(String),
    /// Somebody else changed it meanwhile.
    #[error(
        "Somebody else changed this while you were editing. Go back, reload, and make your change again."
    )]
    Changed,
    /// The request is for another host name.
    #[error("This service answers at {own} only.")]
    ForeignHost {
        /// Our address.
        own: String,
    },
    /// The request came from a page of somebody else.
    #[error("{0}")]
    ForeignOrigin(&'static str),
    /// Nobody is signed in.
    #[error("You are not signed in, or your session has ended. Sign in and try again.")]
    NotSignedIn,
    /// The member's role does not allow it.
    #[error("Only admins can do this. Ask one of them; the team page says who they are.")]
    AdminsOnly,
    /// They see it, and have no right to do that with it.
    #[error(
        "You can view this, but not do that with it. Ask its owner or an admin, or make a copy of your own."
    )]
    Forbidden,
    /// Viewers look only; so do tokens that read.
    #[error(
        "You are a viewer: you cannot create or change anything here. An admin can change your role."
    )]
    ViewersLookOnly,
    /// The member has not granted what a run needs.
    #[error("This needs your permission to use {} at Google. Connect at {}, then try again.", .0.name(), paths::PROFILE)]
    NotGranted(GoogleRight),
    /// Too often.
    #[error("Too many requests. Try again in {wait_s} s.")]
    TooOften {
        /// Seconds.
        wait_s: u64,
    },
    /// So many of their requests are open.
    #[error("Too many of your requests are open. Close some pages, or let some programs finish.")]
    TooManyOpen,
    /// So many of the member's runs wait that no more are taken.
    #[error(
        "{waiting} of your runs are queued already, so this one was not accepted. Cancel some of them, or try again when one has started."
    )]
    QueueFull {
        /// Runs that wait.
        waiting: u64,
    },
    /// So many listeners of the member go on that no more are started.
    #[error(
        "No more than {going_on} of your saved queries can be listened to at once here. Pause one of them first; the list of saved queries shows which."
    )]
    TooManyListeners {
        /// Listeners that go on.
        going_on: u64,
    },
    /// The query cannot be listened to.
    #[error("{0}")]
    CannotListen(String),
    /// The database is away or busy.
    #[error("The database is busy or restarting. Nothing was lost; try again in a moment.")]
    Busy,
    /// The request took too long.
    #[error("This took too long and was stopped. Try again, or ask for less.")]
    TooSlow,
    /// A fault of ours.
    #[error("Internal error. Nothing that was confirmed before is lost.")]
    Internal(#[source] anyhow::Error),
}

impl From<StorageError> for Error {
    fn from(error: StorageError) -> Self {
        let is_passing = error.is_passing();
        let error = anyhow::Error::from(error);
        if !is_passing {
            return Self::Internal(error);
        }
        tracing::warn!(cause = format!("{error:#}"), "The database is not ready");
        Self::Busy
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Changed => Self::Changed,
            Refused::QueueFull { waiting } => Self::QueueFull { waiting },
            Refused::TooManyListeners { going_on } => Self::TooManyListeners { going_on },
            Refused::Forbidden | Refused::NotTheirsToGive => Self::Forbidden,
            Refused::NotIn => Self::NotSignedIn,
            Refused::ViewersLookOnly => Self::ViewersLookOnly,
            // Whoever names a target says it by its field.
            Refused::NameClash(_) | Refused::NameTakenThere => Self::Internal(refused.into()),
        }
    }
}

impl From<NotDone> for Error {
    fn from(error: NotDone) -> Self {
        match error {
            NotDone::Refused(refused) => refused.into(),
            NotDone::Storage(error) => error.into(),
        }
    }
}

impl Error {
    /// Too often, by a limiter that says how long to wait.
    pub(crate) fn too_often(wait: Duration) -> Self {
        Self::TooOften { wait_s: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Changed | Self::TooManyListeners { .. } => StatusCode::CONFLICT,
            Self::CannotListen(_) | Self::WrongParameters(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::ForeignHost { .. } => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin(_)
            | Self::AdminsOnly
            | Self::Forbidden
            | Self::ViewersLookOnly
            | Self::NotGranted(_) => StatusCode::FORBIDDEN,
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::TooOften { .. } | Self::TooManyOpen | Self::QueueFull { .. } => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Busy | Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::BadRequest(_) | Self::WrongParameters(_) => "Not understood",
            Self::TooLarge(_) => "Too large",
            Self::Changed => "Changed meanwhile",
            Self::ForeignHost { .. }
            | Self::ForeignOrigin(_)
            | Self::AdminsOnly
            | Self::Forbidden
            | Self::ViewersLookOnly => "Refused",
            Self::NotSignedIn => "Not signed in",
            Self::NotGranted(_) => "Not connected",
            Self::TooOften { .. } => "Too many requests",
            Self::TooManyOpen => "Too many open requests",
            Self::QueueFull { .. } => "Too many runs",
            Self::TooManyListeners { .. } => "Too many listeners",
            Self::CannotListen(_) => "Cannot be listened to",
            Self::Busy | Self::TooSlow => "Try again later",
            Self::Internal(_) => "Internal error",
        }
    }

    /// Writes a fault into the log, once; the number by which its reader can ask for it.
    fn incident(&self) -> Option<String> {
        let Self::Internal(cause) = self else { return None };
        let incident = format!("{:08x}", rand::random::<u32>());
        tracing::error!(incident, cause = format!("{cause:#}"), "Request failed");
        Some(incident)
    }

    /// The error as the API says it.
    pub(crate) fn into_json(self) -> ApiError {
        ApiError(self)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = asking_to_wait(self.wait_s(), self.status().into_response());
        response.extensions_mut().insert(Failed {
            title: self.title(),
            sentence: self.to_string(),
            incident: self.incident(),
            ways_out: self.ways_out(),
        });
        response
    }
}

/// An answer that says when to come again, where that is known.
pub(crate) fn asking_to_wait(wait_s: Option<u64>, mut response: Response) -> Response {
    if let Some(wait_s) = wait_s {
        response.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
    }
    response
}

impl Error {
    /// When to come again, in seconds.
    pub(crate) fn wait_s(&self) -> Option<u64> {
        match self {
            Self::TooOften { wait_s } => Some(*wait_s),
            Self::TooManyOpen => Some(5),
            Self::QueueFull { .. } => Some(QUEUE_WAIT_S),
            _ => None,
        }
    }

    fn ways_out(&self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::NotSignedIn => &[("Sign in", paths::SIGN_IN)],
            Self::QueueFull { .. } => {
                &[("Queued runs", paths::QUEUED_RUNS), ("Query a broker", paths::QUERIES)]
            }
            Self::NotGranted(_) => &[("Connect to Google", paths::PROFILE)],
            _ => &[],
        }
    }
}

/// An [`Error`] shown as JSON.
#[derive(Debug)]
pub(crate) struct ApiError(Error);

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// What went wrong, as the API says it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"detail": "There is nothing here. It may have been deleted; check the address."}))]
pub(crate) struct Problem {
    /// What happened and what can be done, in a sentence or two.
    detail: String,
    /// Of a fault of the service: the number by which its log can be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    incident: Option<String>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = Problem { detail: self.0.to_string(), incident: self.0.incident() };
        asking_to_wait(self.0.wait_s(), (self.0.status(), Json(problem)).into_response())
    }
}
