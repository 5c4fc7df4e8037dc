//! `POST /theme/`: remembers the colours that somebody wants.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::web::frame::{chrome::Theme, context::local_path, extract::Form};

/// Keeps the choice for a year and goes back to where it was made.
pub(in crate::web) async fn post(Form(form): Form) -> Response {
    let theme = Theme::from_id(form.text("theme").unwrap_or_default());
    let mut response = Redirect::to(local_path(form.text("next").unwrap_or("/"))).into_response();
    let cookie = format!("theme={}; Path=/; Max-Age=31536000; SameSite=Lax", theme.id());
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
