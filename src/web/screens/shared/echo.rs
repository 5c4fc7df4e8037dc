//! How what is typed into a field is understood, while it is typed.

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};

use crate::{
    forms::{Choices, Context, Field},
    web::frame::{error::Error, extract::Pairs},
};

/// The `value` of an address as a field reads it, as plain text; nothing if it does not: what is half typed is not wrong yet.
pub(in crate::web) fn echo(
    field: Option<&Field>,
    query: &Pairs,
    now: DateTime<Utc>,
) -> Result<Response, Error> {
    let field = field.filter(|field| field.has_echo()).ok_or(Error::NotFound)?;
    let context = Context { now, choices: Choices::new() };
    let echo =
        query.text("value").and_then(|value| field.echo(value, &context)).unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], echo).into_response())
}
