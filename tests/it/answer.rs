//! An answer of the service: a page has to be what every page is, and the description must know it if it is the API's.

use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;

use crate::{api::described::Asked, pages};

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    /// Sends a request and reads the answer, which the description must know if it is the API's.
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let asked = Asked::by(&request);
        let response = client.execute(request).await.unwrap_or_else(|error| panic!("{error:?}"));
        let (status, headers) = (response.status(), response.headers().clone());
        let kind = headers.get("content-type").and_then(|value| value.to_str().ok());
        let is_page = kind.is_some_and(|kind| kind.starts_with("text/html"));
        let answer = Self { status, headers, body: response.text().await.unwrap() };
        if is_page {
            pages::check(&answer.body);
        }
        asked.check(&answer);
        answer
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub(crate) fn location(&self) -> &str {
        self.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(self.body.contains(text), "\"{text}\" is not shown in: {}", self.body);
        self
    }

    #[track_caller]
    pub(crate) fn hides(self, text: &str) -> Self {
        assert!(!self.body.contains(text), "\"{text}\" is shown in: {}", self.body);
        self
    }
}
