//! How what is typed into the form of a target, or into the search for targets, is understood.

use axum::{extract::State, response::Response};

use super::list::CONE;
use crate::{
    clock::Clock,
    web::{
        frame::{error::Error, page_query::Query, parameters::Parameter},
        screens::shared::{echo::echo, target_fields::FORM},
    },
};

/// `GET /targets/echo/?field=&value=`
pub(in crate::web) async fn get(
    State(clock): State<Clock>,
    query: Query,
) -> Result<Response, Error> {
    let query = query.taking(&[Parameter::text("field"), Parameter::anything("value")])?;
    let field = match query.text("field").unwrap_or_default() {
        name if name == CONE.name => Some(&CONE),
        name => FORM.field(name),
    };
    echo(field, &query, clock.now())
}
