//! What is sent from a page ends in an address: a page that answers it is kept, and the browser is sent there. Reloading it
//! sends nothing again, and going back to it finds it. What answers with an address of its own stays as it is, and so does
//! what is sent by a script, or by a browser that does not say that it wants a page.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderMap, Method, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    storage::{KeptAnswer, Storage},
    web::{
        frame::{context::Frame, error::Error},
        paths,
    },
};

/// Whether a request sends a form to see the page that comes of it.
pub(crate) fn sends_form(request: &Request) -> bool {
    let mode = request.headers().get("sec-fetch-mode");
    *request.method() == Method::POST && mode.is_some_and(|mode| mode.as_bytes() == b"navigate")
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

/// A page that says what came of a form, and that will say so later, too: not that the service has trouble.
fn is_page(answer: &Response) -> bool {
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE);
    !status.is_redirection()
        && !status.is_server_error()
        && kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// Cookies are set with the first answer.
fn bring_along(from: &HeaderMap, to: &mut HeaderMap) {
    for cookie in from.get_all(header::SET_COOKIE) {
        to.append(header::SET_COOKIE, cookie.clone());
    }
}
