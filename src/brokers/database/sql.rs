//! `create_sql_stmnt`: from a typed query to constant text and named, typed parameters.
//!
//! The text is made of constant pieces of this folder and a table's checked name; a user's values are parameters,
//! always. `tests/it/database/statements.txt` lists all pieces. It selects what
//! [`Filter::judge`](crate::domain::filter::Filter::judge) lets pass, absent values included: where rounding could tell
//! them apart it selects a hair more, and the filter decides.
//!
//! LSST's tables are clustered by HEALPix cells of depth 9 and then 19, so a cone names its cells of depth 9, and those
//! of depth 19 where they are few. The cells are those of a circle 3″ wider, in case the broker took another position
//! of the same object.

use crate::domain::sky::Cone;
use crate::google::bigquery::{Parameter, ParameterValue};

use super::{
    dialect::{Conditions, Dialect},
    lsst,
    query::{Object, Query},
    tables::Shape,
    ztf,
};

/// A statement with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// In BigQuery's own SQL.
    pub text: String,
    /// What its `@names` stand for.
    pub parameters: Vec<Parameter>,
}

/// The statement that a query is.
pub(super) fn create_sql_stmnt(query: &Query) -> Statement {
    let dialect = match query.like.shape {
        Shape::Ztf { .. } => ztf::DIALECT,
        Shape::Lsst => lsst::DIALECT,
    };
    let mut conditions = Conditions::default();
    if let Some((after, before)) = query.published {
        conditions.with(
            "alert.kafkaPublishTimestamp >= @published_after",
            "published_after",
            ParameterValue::Time(after),
        );
        conditions.with(
            "alert.kafkaPublishTimestamp < @published_before",
            "published_before",
            ParameterValue::Time(before),
        );
    }
    match &query.object {
        Some(Object::Named(name)) => {
            conditions.with(dialect.object, "objectId", ParameterValue::Text(name.clone()));
        }
        Some(Object::Numbered(number)) => {
            conditions.with(dialect.object, "objectId", ParameterValue::Integer(*number));
        }
        None => {}
    }
    if let Some(candid) = query.candid {
        conditions.with(dialect.candid, "candid", ParameterValue::Integer(candid));
    }
    if let Some(cone) = &query.filter.cone {
        add_cone(cone, &dialect, query.like.shape == Shape::Lsst, &mut conditions);
    }
    (dialect.filter)(&query.filter, &mut conditions);
    // One more than is kept tells whether there are more.
    conditions.bind("most_rows", ParameterValue::Integer(query.max_results + 1));

    let select = (dialect.select)(query.like.shape, query.columns).join(",\n  ");
    let wanted = conditions.texts.join("\n  AND ");
    let (table, order) = (&query.table, (dialect.order)(query.order));
    let filter = if wanted.is_empty() { String::new() } else { format!("\nWHERE {wanted}") };
    let text = format!(
        "SELECT\n  {select}\nFROM `{table}` AS alert{filter}\nORDER BY {order}\nLIMIT @most_rows"
    );
    Statement { text, parameters: conditions.parameters }
}

/// Cells of depth 9 (7′) up to this many, and of depth 19 (0.4″), are named one by one.
const MOST_CELLS: usize = 4_000;

/// How far from its cell's place a source may stand and still be found, degrees: cells are those of the alert's
/// place, as the broker took it.
const CELL_MARGIN_DEG: f64 = 3.0 / 3_600.0;

fn add_cone(cone: &Cone, dialect: &Dialect, has_cells: bool, conditions: &mut Conditions) {
    if has_cells {
        let wide = Cone { radius_deg: cone.radius_deg + CELL_MARGIN_DEG, ..*cone };
        if let Some(cells) = wide.cells(9, MOST_CELLS) {
            conditions.with(
                "alert.healpix9 IN UNNEST(@cone_healpix9)",
                "cone_healpix9",
                ParameterValue::Integers(cells),
            );
        }
        if let Some(cells) = wide.cells(19, MOST_CELLS) {
            conditions.with(
                "alert.healpix19 IN UNNEST(@cone_healpix19)",
                "cone_healpix19",
                ParameterValue::Integers(cells),
            );
        }
    }
    let (ra, dec) = (cone.center.ra_deg(), cone.center.dec_deg());
    conditions.add(dialect.dec_band);
    conditions.bind("cone_dec_min", ParameterValue::Number(dec - cone.radius_deg - 1e-9));
    conditions.bind("cone_dec_max", ParameterValue::Number(dec + cone.radius_deg + 1e-9));
    conditions.add(dialect.separation);
    conditions.bind("cone_ra", ParameterValue::Number(ra));
    conditions.bind("cone_dec", ParameterValue::Number(dec));
    conditions.bind("cone_haversine", ParameterValue::Number(haversine(cone.radius_deg)));
}

/// The square of the sine of half an angle, with a hair for rounding. It grows with the angle up to 180 degrees, is
/// exact for the smallest, and neither RA 0 nor a pole is a place of its own to it.
/// <https://en.wikipedia.org/wiki/Haversine_formula>
fn haversine(angle_deg: f64) -> f64 {
    (angle_deg.to_radians() / 2.0).sin().powi(2) * (1.0 + 1e-12)
}

#[cfg(test)]
mod tests {
    use super::{super::form::LARGEST_CONE_DEG, *};
    use crate::domain::sky::Position;

    #[test]
    fn every_circle_that_bounds_a_query_is_a_list_of_cells() {
        for dec in [-90.0, -89.0, -60.0, -41.8, -20.0, 0.0, 5.0, 41.81, 45.0, 75.0, 88.5, 90.0] {
            for ra in [0.0, 44.9, 45.0, 100.0, 180.0, 270.5, 359.999] {
                let center = Position::new(ra, dec).unwrap();
                let cone = Cone { center, radius_deg: LARGEST_CONE_DEG };
                let mut conditions = Conditions::default();
                add_cone(&cone, &lsst::DIALECT, true, &mut conditions);
                assert_eq!(conditions.texts[0], "alert.healpix9 IN UNNEST(@cone_healpix9)");
            }
        }
    }
}
