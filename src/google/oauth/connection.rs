//! HTTP to the provider: short limits on time and size, no redirects, nothing of it in a log.

use std::{future::Future, pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::header;

use crate::{domain::timing::Timing, http_api};

/// Largest answer, bytes.
const ANSWER_LIMIT: usize = 1 << 20;

/// Why there was no answer. It never quotes what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConnectionError {
    #[error("no answer in {} s", .0.as_secs_f32())]
    TooSlow(Duration),
    #[error("an answer of more than {} MiB", ANSWER_LIMIT >> 20)]
    TooLarge,
    #[error("{0}")]
    Broken(String),
}

/// Connections to the provider.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    http: reqwest::Client,
    patience: Duration,
}

impl Connections {
    pub(super) fn new(is_local: bool, timing: &Timing) -> Result<Self, reqwest::Error> {
        let http = http_api::connections(is_local, timing.calls.connect)?;
        Ok(Self { http, patience: timing.provider.answer })
    }

    /// Posts a form.
    pub(super) async fn post_form(
        &self,
        url: &str,
        form: String,
    ) -> Result<HttpResponse, ConnectionError> {
        let mut request = HttpRequest::new(form.into_bytes());
        *request.method_mut() = reqwest::Method::POST;
        *request.uri_mut() =
            url.parse().map_err(|_| ConnectionError::Broken("it has no address".to_owned()))?;
        request.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        self.exchange(request).await
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, ConnectionError> {
        let (head, body) = request.into_parts();
        let request =
            self.http.request(head.method, head.uri.to_string()).headers(head.headers).body(body);
        let answer = async {
            let mut response = request.send().await.map_err(|error| broken(&error))?;
            let status = response.status();
            let headers = response.headers().clone();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
                if body.len() + chunk.len() > ANSWER_LIMIT {
                    return Err(ConnectionError::TooLarge);
                }
                body.extend_from_slice(&chunk);
            }
            let mut answer = HttpResponse::new(body);
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok(answer)
        };
        tokio::time::timeout(self.patience, answer)
            .await
            .unwrap_or(Err(ConnectionError::TooSlow(self.patience)))
    }
}

/// The innermost cause says most, and no URL.
fn broken(error: &reqwest::Error) -> ConnectionError {
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(inner) = cause.and_then(std::error::Error::source) {
        cause = Some(inner);
    }
    ConnectionError::Broken(
        cause.map_or_else(|| "the connection was cut".to_owned(), ToString::to_string),
    )
}

impl<'c> AsyncHttpClient<'c> for Connections {
    type Error = ConnectionError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ConnectionError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.exchange(request))
    }
}
