//! Columns and conditions of LSST's tables. Magnitudes become fluxes (nJy) before they are compared, with a hair for
//! rounding: a logarithm of no flux would be an error.

use super::{
    dialect::{Conditions, Dialect},
    query::{Columns, Order},
    tables::Shape,
};
use crate::{
    domain::{
        filter::{Filter, Sign, SolarSystemWanted},
        time::utc_to_jd,
    },
    google::bigquery::ParameterValue,
};

pub(super) const DIALECT: Dialect = Dialect {
    select,
    candid: "alert.diaSourceId = @candid",
    object: "(alert.diaObject.diaObjectId = @objectId OR alert.ssSource.ssObjectId = @objectId)",
    order,
    filter,
    separation: "POW(SIN((alert.diaSource.dec - @cone_dec) * 0.008726646259971648), 2) + COS(alert.diaSource.dec * 0.017453292519943295) * COS(@cone_dec * 0.017453292519943295) * POW(SIN((alert.diaSource.ra - @cone_ra) * 0.008726646259971648), 2) <= @cone_haversine",
    dec_band: "alert.diaSource.dec BETWEEN @cone_dec_min AND @cone_dec_max",
};

const SOURCE: &str = "STRUCT(alert.diaSource.midpointMjdTai AS midpointMjdTai, alert.diaSource.ra AS ra, alert.diaSource.dec AS dec, alert.diaSource.band AS band, alert.diaSource.psfFlux AS psfFlux, alert.diaSource.psfFluxErr AS psfFluxErr, alert.diaSource.snr AS snr, alert.diaSource.isNegative AS isNegative, alert.diaSource.reliability AS reliability, alert.diaSource.extendedness AS extendedness) AS diaSource";

const OBJECT: &str = "STRUCT(alert.diaObject.diaObjectId AS diaObjectId, alert.diaObject.nDiaSources AS nDiaSources, alert.diaObject.firstDiaSourceMjdTai AS firstDiaSourceMjdTai) AS diaObject";

const SOLAR: &str = "STRUCT(alert.ssSource.ssObjectId AS ssObjectId, alert.ssSource.ephOffset AS ephOffset) AS ssSource";

const PREVIOUS: &str = "ARRAY(SELECT AS STRUCT earlier.diaSourceId, earlier.midpointMjdTai, earlier.band, earlier.psfFlux, earlier.psfFluxErr, earlier.isNegative, earlier.reliability FROM UNNEST(alert.prvDiaSources) AS earlier) AS prvDiaSources";

const FORCED: &str = "ARRAY(SELECT AS STRUCT forced.midpointMjdTai, forced.band, forced.psfFlux, forced.psfFluxErr FROM UNNEST(alert.prvDiaForcedSources) AS forced) AS prvDiaForcedSources";

fn select(_: Shape, columns: Columns) -> Vec<&'static str> {
    let summary = ["alert.diaSourceId", SOURCE, OBJECT, SOLAR, "alert.kafkaPublishTimestamp"];
    match columns {
        Columns::All => vec!["alert.*"],
        Columns::Summary => summary.to_vec(),
        Columns::History => summary.into_iter().chain([PREVIOUS, FORCED]).collect(),
    }
}

/// What is absent comes last both ways, under a number beyond all others, and so does a flux of which no magnitude can
/// be made.
fn order(order: Order) -> &'static str {
    match order {
        Order::Newest => {
            "IF(alert.diaSource.midpointMjdTai BETWEEN 0 AND 1e6, alert.diaSource.midpointMjdTai, -1) DESC, alert.diaSourceId"
        }
        Order::Oldest => {
            "IF(alert.diaSource.midpointMjdTai BETWEEN 0 AND 1e6, alert.diaSource.midpointMjdTai, 1e9), alert.diaSourceId"
        }
        Order::Brightest => {
            "IF(ABS(alert.diaSource.psfFlux) > 0 AND ABS(alert.diaSource.psfFlux) < 1e30, ABS(alert.diaSource.psfFlux), -1) DESC, alert.diaSourceId"
        }
        Order::Faintest => {
            "IF(ABS(alert.diaSource.psfFlux) > 0 AND ABS(alert.diaSource.psfFlux) < 1e30, ABS(alert.diaSource.psfFlux), 1e31), alert.diaSourceId"
        }
    }
}

/// A hair of flux, relative.
const HAIR: f64 = 1e-12;

/// Flux of an AB magnitude, nJy.
fn flux(mag: f64) -> f64 {
    10_f64.powf((31.4 - mag) / 2.5)
}

fn filter(filter: &Filter, conditions: &mut Conditions) {
    // Computed as the filter computes it, so that both round alike: the leap seconds of TAI since 2017.
    conditions.number(
        "alert.diaSource.midpointMjdTai + 2400000.5 - 37 / 86400 >= @observed_after",
        "observed_after",
        filter.observed_after.map(utc_to_jd),
    );
    conditions.number(
        "alert.diaSource.midpointMjdTai + 2400000.5 - 37 / 86400 < @observed_before",
        "observed_before",
        filter.observed_before.map(utc_to_jd),
    );
    if !filter.bands.is_empty() {
        let letters = filter.bands.iter().map(|band| band.letter().to_owned()).collect();
        conditions.with(
            "LOWER(alert.diaSource.band) IN UNNEST(@bands)",
            "bands",
            ParameterValue::Texts(letters),
        );
    }
    conditions.number("alert.diaSource.reliability BETWEEN @rb_min AND 1", "rb_min", filter.rb_min);
    // The form has refused `drb_min`, which LSST does not have.
    conditions.classtar(
        filter.classtar,
        "alert.diaSource.extendedness BETWEEN 0 AND 1 AND 1 - alert.diaSource.extendedness < @classtar_threshold",
        "alert.diaSource.extendedness BETWEEN 0 AND 1 AND 1 - alert.diaSource.extendedness >= @classtar_threshold",
    );
    // A bound above keeps NaN out, which some engines take for the largest number.
    conditions.number(
        "ABS(alert.diaSource.psfFlux) > 0 AND ABS(alert.diaSource.psfFlux) <= @flux_max",
        "flux_max",
        filter.mag_min.map(|mag| flux(mag) * (1.0 + HAIR)),
    );
    conditions.number(
        "ABS(alert.diaSource.psfFlux) >= @flux_min AND ABS(alert.diaSource.psfFlux) < 1e30",
        "flux_min",
        filter.mag_max.map(|mag| flux(mag) * (1.0 - HAIR)),
    );
    match filter.sign {
        Sign::Any => {}
        Sign::Positive => conditions.add("COALESCE(NOT alert.diaSource.isNegative, alert.diaSource.psfFlux > 0 AND alert.diaSource.psfFlux < 1e30)"),
        Sign::Negative => conditions.add("COALESCE(alert.diaSource.isNegative, alert.diaSource.psfFlux <= 0 AND alert.diaSource.psfFlux > -1e30)"),
    }
    if let Some(least) = filter.ndethist_min {
        conditions.with(
            "alert.diaObject.nDiaSources >= @ndethist_min",
            "ndethist_min",
            ParameterValue::Integer(least),
        );
    }
    match filter.solar_system {
        SolarSystemWanted::Any => {}
        SolarSystemWanted::None => conditions.add("(COALESCE(alert.ssSource.ssObjectId, 0) = 0 OR COALESCE(alert.ssSource.ephOffset >= 5 AND alert.ssSource.ephOffset < 1e30, FALSE))"),
        SolarSystemWanted::Only => conditions.add("COALESCE(alert.ssSource.ssObjectId, 0) != 0 AND NOT COALESCE(alert.ssSource.ephOffset >= 5 AND alert.ssSource.ephOffset < 1e30, FALSE)"),
    }
    more(filter, conditions);
}

/// Age, noise and place. A first detection that is unknown, or later than this one, is this one.
fn more(filter: &Filter, conditions: &mut Conditions) {
    if let Some(most) = filter.ndethist_max {
        conditions.with(
            "alert.diaObject.nDiaSources BETWEEN 0 AND @ndethist_max",
            "ndethist_max",
            ParameterValue::Integer(most),
        );
    }
    conditions.number(
        "alert.diaSource.midpointMjdTai - IF(alert.diaObject.firstDiaSourceMjdTai BETWEEN 0 AND alert.diaSource.midpointMjdTai, alert.diaObject.firstDiaSourceMjdTai, alert.diaSource.midpointMjdTai) <= @age_max",
        "age_max",
        // Julian dates are rounded to 40 µs.
        filter.age_max.map(|most| most + 1e-9),
    );
    conditions.number(
        "ABS(alert.diaSource.snr) >= @snr_min AND ABS(alert.diaSource.snr) < 1e30",
        "snr_min",
        filter.snr_min,
    );
    conditions.gal_b(filter.gal_b_min, "ABS(-0.8676661490190047 * COS(alert.diaSource.dec * 0.017453292519943295) * COS(alert.diaSource.ra * 0.017453292519943295) - 0.1980763734312015 * COS(alert.diaSource.dec * 0.017453292519943295) * SIN(alert.diaSource.ra * 0.017453292519943295) + 0.4559837761750669 * SIN(alert.diaSource.dec * 0.017453292519943295)) >= @gal_z_min");
}
