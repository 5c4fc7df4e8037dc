//! What is sent from a page ends in an address: a page that answers it is kept, and the browser is sent there. Reloading it
//! sends nothing again, and going back to it finds it. What answers with an address of its own stays as it is, and so do
//! what is sent by a script, and what says that the service cannot answer for now: that has the form in itself.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    storage::{KeptAnswer, Storage},
    web::{
        frame::{
            context::Frame,
            error::{Error, Failed},
        },
        paths,
    },
};

/// A page that is larger is not kept, but the answer itself: a member's hundred take so much at most.
const MOST_BYTES: u64 = 1 << 20;

/// Whether a request sends a form to see the page that comes of it. Old browsers, and all that come over plain http, do not
/// say so: they ask for HTML by its name, which scripts do not. That it comes from a page of ours was asked before.
pub(crate) fn sends_form(request: &Request) -> bool {
    let headers = request.headers();
    let is_for_page = match headers.get("sec-fetch-mode") {
        Some(mode) => mode.as_bytes() == b"navigate",
        None => headers
            .get_all(header::ACCEPT)
            .iter()
            .any(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html"))),
    };
    *request.method() == Method::POST && is_for_page
}

/// Whether an answer says that the service has trouble, or that its reader has to wait: later that is not so any more. It is
/// asked before the page of an error is drawn. A page that answers 429 of its own, as a form does, is kept.
pub(crate) fn is_for_now(answer: &Response) -> bool {
    let is_failure = answer.extensions().get::<Failed>().is_some();
    answer.status().is_server_error()
        || is_failure && answer.status() == StatusCode::TOO_MANY_REQUESTS
}

/// Keeps the page that answers a form, and sends its author there. Where it cannot be kept, it is the answer itself.
pub(crate) async fn give_address(storage: &Storage, frame: &Frame, answer: Response) -> Response {
    let Some(visitor) = frame.visitor.as_ref().filter(|_| is_page(&answer)) else { return answer };
    let (head, body) = answer.into_parts();
    let Ok(html) = to_bytes(body, usize::MAX).await else {
        return Error::Internal(anyhow::anyhow!("a page of ours broke off")).into_response();
    };
    let page = KeptAnswer { status: head.status.as_u16(), html: html.to_vec() };
    match storage.keep_answer(&visitor.asker, &page).await {
        Ok(id) => {
            let mut redirect = Redirect::to(&paths::answer(id)).into_response();
            bring_along(&head.headers, redirect.headers_mut());
            redirect
        }
        Err(error) => {
            tracing::warn!(%error, "A page that answers a form was not kept");
            Response::from_parts(head, Body::from(html))
        }
    }
}

/// A page that says what came of a form, and may be kept.
fn is_page(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    !answer.status().is_redirection()
        && answer.body().size_hint().upper().is_some_and(|n_bytes| n_bytes <= MOST_BYTES)
        && kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Cookies are set with the first answer.
fn bring_along(from: &HeaderMap, to: &mut HeaderMap) {
    for cookie in from.get_all(header::SET_COOKIE) {
        to.append(header::SET_COOKIE, cookie.clone());
    }
}

#[cfg(test)]
mod tests {
    use axum::response::Html;

    use super::*;

    #[test]
    fn a_page_of_more_than_a_mebibyte_is_not_kept() {
        let most = usize::try_from(MOST_BYTES).unwrap();
        for (n_bytes, is_kept) in [(0, true), (most, true), (most + 1, false)] {
            assert_eq!(is_page(&Html("x".repeat(n_bytes)).into_response()), is_kept, "{n_bytes}");
        }
        let streamed = Body::from_stream(futures::stream::empty::<Result<String, Error>>());
        assert!(!is_page(&Html(streamed).into_response()), "nobody knows how long it is");
    }
}
