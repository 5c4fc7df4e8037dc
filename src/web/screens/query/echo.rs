//! How what is typed into a form is understood, while it is typed.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    brokers::Brokers,
    clock::Clock,
    forms::{Choices, Context},
    web::frame::{error::Error, page_query::Query, parameters::Parameter},
};

/// `GET /alerts/query/echo/?broker=&field=&value=`: how a text is read, as plain text; nothing if it is not.
pub(in crate::web) async fn get(
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    query: Query,
) -> Result<Response, Error> {
    let query = query.taking(&[
        Parameter::text("broker"),
        Parameter::text("field"),
        Parameter::anything("value"),
    ])?;
    let broker = brokers.find(query.text("broker").unwrap_or_default()).ok_or(Error::NotFound)?;
    let field =
        broker.form().field(query.text("field").unwrap_or_default()).ok_or(Error::NotFound)?;
    if !field.has_echo() {
        return Err(Error::NotFound);
    }
    // What is half typed is not wrong yet: only what is understood is worth a word.
    let context = Context { now: clock.now(), choices: Choices::new() };
    let echo =
        query.text("value").and_then(|value| field.echo(value, &context)).unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], echo).into_response())
}
