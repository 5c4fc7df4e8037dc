//! Columns and conditions of ZTF's tables. Sentinels (-999) count as absent, as in [`crate::packets`].

use super::{
    dialect::{Conditions, Dialect},
    query::{Columns, Order},
    tables::Shape,
};
use crate::{
    domain::{
        alert::{Band, NEAR_GALAXY_ARCSEC, NEAR_STAR_ARCSEC, STAR_SCORE_MIN},
        filter::{Filter, Sign, SolarSystemWanted, StarNear},
        time::utc_to_jd,
    },
    google::bigquery::ParameterValue,
};

pub(super) const DIALECT: Dialect = Dialect {
    select,
    candid: "alert.candid = @candid",
    object: "alert.objectId = @objectId",
    order,
    filter,
    separation: "POW(SIN((alert.candidate.dec - @cone_dec) * 0.008726646259971648), 2) + COS(alert.candidate.dec * 0.017453292519943295) * COS(@cone_dec * 0.017453292519943295) * POW(SIN((alert.candidate.ra - @cone_ra) * 0.008726646259971648), 2) <= @cone_haversine",
    dec_band: "alert.candidate.dec BETWEEN @cone_dec_min AND @cone_dec_max",
};

const CANDIDATE: &str = "STRUCT(alert.candidate.jd AS jd, alert.candidate.fid AS fid, alert.candidate.ra AS ra, alert.candidate.dec AS dec, alert.candidate.magpsf AS magpsf, alert.candidate.sigmapsf AS sigmapsf, alert.candidate.isdiffpos AS isdiffpos, alert.candidate.diffmaglim AS diffmaglim, alert.candidate.classtar AS classtar, alert.candidate.rb AS rb, alert.candidate.ndethist AS ndethist, alert.candidate.jdstarthist AS jdstarthist, alert.candidate.sgscore1 AS sgscore1, alert.candidate.distpsnr1 AS distpsnr1, alert.candidate.ssdistnr AS ssdistnr) AS candidate";

const CANDIDATE_WITH_DRB: &str = "STRUCT(alert.candidate.jd AS jd, alert.candidate.fid AS fid, alert.candidate.ra AS ra, alert.candidate.dec AS dec, alert.candidate.magpsf AS magpsf, alert.candidate.sigmapsf AS sigmapsf, alert.candidate.isdiffpos AS isdiffpos, alert.candidate.diffmaglim AS diffmaglim, alert.candidate.classtar AS classtar, alert.candidate.rb AS rb, alert.candidate.drb AS drb, alert.candidate.ndethist AS ndethist, alert.candidate.jdstarthist AS jdstarthist, alert.candidate.sgscore1 AS sgscore1, alert.candidate.distpsnr1 AS distpsnr1, alert.candidate.ssdistnr AS ssdistnr) AS candidate";

const PREVIOUS: &str = "ARRAY(SELECT AS STRUCT earlier.jd, earlier.fid, earlier.candid, earlier.isdiffpos, earlier.magpsf, earlier.sigmapsf, earlier.rb, earlier.diffmaglim FROM UNNEST(alert.prv_candidates) AS earlier) AS prv_candidates";

const FORCED: &str = "ARRAY(SELECT AS STRUCT forced.jd, forced.fid, forced.forcediffimflux, forced.forcediffimfluxunc, forced.magzpsci FROM UNNEST(alert.fp_hists) AS forced) AS fp_hists";

fn select(shape: Shape, columns: Columns) -> Vec<&'static str> {
    let Shape::Ztf { has_drb, has_forced } = shape else { return Vec::new() };
    if columns == Columns::All {
        return vec!["alert.*"];
    }
    let candidate = if has_drb { CANDIDATE_WITH_DRB } else { CANDIDATE };
    let mut selected = vec!["alert.objectId", "alert.candid", candidate];
    if columns == Columns::History {
        selected.push(PREVIOUS);
        if has_forced {
            selected.push(FORCED);
        }
    }
    selected
}

/// What is absent comes last both ways, under a number beyond all others: it must not take the place of what is wanted.
/// (BigQuery has NULLS LAST for that, which would leave NaN and -999 and which its emulator forgets.)
fn order(order: Order) -> &'static str {
    match order {
        Order::Newest => {
            "IF(alert.candidate.jd BETWEEN 0 AND 5373484, alert.candidate.jd, -1) DESC, alert.candid"
        }
        Order::Oldest => {
            "IF(alert.candidate.jd BETWEEN 0 AND 5373484, alert.candidate.jd, 1e9), alert.candid"
        }
        Order::Brightest => {
            "IF(ABS(alert.candidate.magpsf) < 99, alert.candidate.magpsf, 1e9), alert.candid"
        }
        Order::Faintest => {
            "IF(ABS(alert.candidate.magpsf) < 99, alert.candidate.magpsf, -1e9) DESC, alert.candid"
        }
    }
}

fn filter(filter: &Filter, conditions: &mut Conditions) {
    conditions.number(
        "alert.candidate.jd >= @observed_after",
        "observed_after",
        filter.observed_after.map(utc_to_jd),
    );
    conditions.number(
        "alert.candidate.jd < @observed_before",
        "observed_before",
        filter.observed_before.map(utc_to_jd),
    );
    if !filter.bands.is_empty() {
        let fids = filter.bands.iter().copied().filter_map(Band::ztf_fid).collect();
        conditions.with(
            "alert.candidate.fid IN UNNEST(@fids)",
            "fids",
            ParameterValue::Integers(fids),
        );
    }
    conditions.number("alert.candidate.rb BETWEEN @rb_min AND 1", "rb_min", filter.rb_min);
    conditions.number("alert.candidate.drb BETWEEN @drb_min AND 1", "drb_min", filter.drb_min);
    conditions.classtar(
        filter.classtar,
        "alert.candidate.classtar >= 0 AND alert.candidate.classtar <= 1 AND alert.candidate.classtar < @classtar_threshold",
        "alert.candidate.classtar >= @classtar_threshold AND alert.candidate.classtar <= 1",
    );
    conditions.number(
        "alert.candidate.magpsf >= @mag_min AND ABS(alert.candidate.magpsf) < 99",
        "mag_min",
        filter.mag_min,
    );
    conditions.number(
        "alert.candidate.magpsf <= @mag_max AND ABS(alert.candidate.magpsf) < 99",
        "mag_max",
        filter.mag_max,
    );
    match filter.sign {
        Sign::Any => {}
        Sign::Positive => conditions
            .add("TRIM(alert.candidate.isdiffpos) IN ('t', 'T', '1', 'true', 'True', 'TRUE')"),
        Sign::Negative => conditions
            .add("TRIM(alert.candidate.isdiffpos) IN ('f', 'F', '0', 'false', 'False', 'FALSE')"),
    }
    if let Some(least) = filter.ndethist_min {
        conditions.with(
            "alert.candidate.ndethist >= @ndethist_min",
            "ndethist_min",
            ParameterValue::Integer(least),
        );
    }
    // As the filter has it: nearer than 5″; -999 stands for none.
    match filter.solar_system {
        SolarSystemWanted::Any => {}
        SolarSystemWanted::None => conditions.add("(alert.candidate.ssdistnr IS NULL OR NOT (alert.candidate.ssdistnr >= 0 AND alert.candidate.ssdistnr < 5))"),
        SolarSystemWanted::Only => conditions.add("alert.candidate.ssdistnr >= 0 AND alert.candidate.ssdistnr < 5"),
    }
    more(filter, conditions);
}

/// Age, surroundings and place. Without a first detection an alert is its own first one.
fn more(filter: &Filter, conditions: &mut Conditions) {
    if let Some(most) = filter.ndethist_max {
        conditions.with(
            "alert.candidate.ndethist BETWEEN 0 AND @ndethist_max",
            "ndethist_max",
            ParameterValue::Integer(most),
        );
    }
    conditions.number(
        "alert.candidate.jd - IF(alert.candidate.jdstarthist BETWEEN 0 AND alert.candidate.jd, alert.candidate.jdstarthist, alert.candidate.jd) <= @age_max",
        "age_max",
        filter.age_max,
    );
    // A source without a distance is none: there is no star.
    let near = match filter.star_near {
        StarNear::Any => None,
        StarNear::NoStar => Some((
            "(NOT COALESCE(alert.candidate.distpsnr1 BETWEEN 0 AND @near_arcsec, FALSE) OR COALESCE(alert.candidate.sgscore1 >= 0 AND alert.candidate.sgscore1 < @star_score, FALSE))",
            NEAR_STAR_ARCSEC,
        )),
        StarNear::Galaxy => Some((
            "alert.candidate.distpsnr1 BETWEEN 0 AND @near_arcsec AND alert.candidate.sgscore1 >= 0 AND alert.candidate.sgscore1 < @star_score",
            NEAR_GALAXY_ARCSEC,
        )),
    };
    if let Some((text, radius)) = near {
        conditions.with(text, "near_arcsec", ParameterValue::Number(radius));
        conditions.bind("star_score", ParameterValue::Number(STAR_SCORE_MIN));
    }
    conditions.gal_b(filter.gal_b_min, "ABS(-0.8676661490190047 * COS(alert.candidate.dec * 0.017453292519943295) * COS(alert.candidate.ra * 0.017453292519943295) - 0.1980763734312015 * COS(alert.candidate.dec * 0.017453292519943295) * SIN(alert.candidate.ra * 0.017453292519943295) + 0.4559837761750669 * SIN(alert.candidate.dec * 0.017453292519943295)) >= @gal_z_min");
}
