//! How what is typed into the form of a query is understood.

use axum::{extract::State, response::Response};

use crate::{
    brokers::Brokers,
    clock::Clock,
    web::{
        frame::{error::Error, page_query::Query, parameters::Parameter},
        screens::shared::echo::echo,
    },
};

/// `GET /alerts/query/echo/?broker=&field=&value=`
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
    let field = broker.form().field(query.text("field").unwrap_or_default());
    echo(field, &query, clock.now())
}
