//! What a survey's tables call what every query asks for, and the conditions of a statement in the making.

use crate::{
    domain::filter::{Filter, Side},
    google::bigquery::{Parameter, ParameterValue},
};

use super::{
    query::{Columns, Order},
    tables::Shape,
};

/// The columns of one survey's tables.
pub(super) struct Dialect {
    pub(super) select: fn(Shape, Columns) -> Vec<&'static str>,
    pub(super) candid: &'static str,
    pub(super) object: &'static str,
    pub(super) order: fn(Order) -> &'static str,
    pub(super) filter: fn(&Filter, &mut Conditions),
    /// Exactly inside the circle: its haversine compared with `@cone_haversine`.
    pub(super) separation: &'static str,
    /// Inside the circle's band of declinations.
    pub(super) dec_band: &'static str,
}

/// Conditions that must all hold, with the parameters they name.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    pub(super) texts: Vec<&'static str>,
    pub(super) parameters: Vec<Parameter>,
}

impl Conditions {
    /// A condition without a value.
    pub(super) fn add(&mut self, text: &'static str) {
        self.texts.push(text);
    }

    /// A condition with the value that it names.
    pub(super) fn with(&mut self, text: &'static str, name: &'static str, value: ParameterValue) {
        self.texts.push(text);
        self.bind(name, value);
    }

    /// A condition on a number, where there is one.
    pub(super) fn number(&mut self, text: &'static str, name: &'static str, value: Option<f64>) {
        if let Some(value) = value {
            self.with(text, name, ParameterValue::Number(value));
        }
    }

    /// One of two conditions on the star/galaxy score.
    pub(super) fn classtar(
        &mut self,
        wanted: Option<(Side, f64)>,
        less: &'static str,
        at_least: &'static str,
    ) {
        if let Some((side, threshold)) = wanted {
            let text = match side {
                Side::LessThan => less,
                Side::GreaterOrEqual => at_least,
            };
            self.with(text, "classtar_threshold", ParameterValue::Number(threshold));
        }
    }

    /// A condition on the distance from the galactic plane: its sine, with a hair for rounding.
    pub(super) fn gal_b(&mut self, least_deg: Option<f64>, text: &'static str) {
        let sine = least_deg.map(|least| least.to_radians().sin() - 1e-12);
        self.number(text, "gal_z_min", sine);
    }

    /// A value that conditions name.
    pub(super) fn bind(&mut self, name: &'static str, value: ParameterValue) {
        self.parameters.push(Parameter { name, value });
    }
}
