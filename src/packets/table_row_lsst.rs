//! A row of an LSST table to an [`Alert`]: fluxes in nJy become magnitudes, TAI becomes UTC.
//! Fields and units: LSST alert schema 10.0 to 11.1.

use serde_json::{Map, Value as Json};

use crate::domain::{
    alert::{Alert, Band, Flux, FluxUnit, HistoryPoint, Measurement, Packet, Survey},
    time::mjd_tai_to_jd_utc,
};

use super::PacketError;
use super::program::Scalar;
use super::row_values::{number_of, points, scalar, sorted};
use super::ztf::{impossible, within};
use super::ztf_values::{
    integer, is_positive, julian_date, magnitude, not_negative, number, right_ascension, score,
};

/// AB magnitude of 1 nJy.
const ZERO_POINT_NJY: f64 = 31.4;

pub(super) fn read_lsst(row: &Map<String, Json>, packet: Packet) -> Result<Alert, PacketError> {
    let none = Json::Null;
    let record = |name: &str| row.get(name).unwrap_or(&none);
    let (source, object, solar) = (record("diaSource"), record("diaObject"), record("ssSource"));
    let of = |name: &str| scalar(source.get(name));
    let source_id = id(row.get("diaSourceId")).or_else(|| id(source.get("diaSourceId")));
    let solar_id = id(solar.get("ssObjectId")).or_else(|| id(source.get("ssObjectId")));
    let object_id = id(object.get("diaObjectId")).or_else(|| id(source.get("diaObjectId")));
    let (mag, mag_err) = magnitude_of(source);
    let source_id = source_id.ok_or_else(|| impossible("diaSourceId", &Scalar::Absent))?;
    let object_id =
        object_id.or(solar_id).ok_or_else(|| impossible("diaObjectId", &Scalar::Absent))?;
    Ok(Alert {
        jd: time_of(source).ok_or_else(|| impossible("midpointMjdTai", &of("midpointMjdTai")))?,
        ra: right_ascension(&of("ra")).ok_or_else(|| impossible("ra", &of("ra")))?,
        dec: within("dec", &of("dec"), |dec| (-90.0..=90.0).contains(&dec))?,
        mag,
        mag_err,
        band: band(source),
        // LSST tells how extended a source is, 1 a galaxy: classtar is the other way round.
        classtar: score(&of("extendedness")).map(|extendedness| 1.0 - extendedness),
        reliability: score(&of("reliability")),
        is_positive: sign(source),
        ndethist: integer(&scalar(object.get("nDiaSources"))).filter(|count| *count >= 0),
        // The source is the body's own; how far from its prediction is not always told.
        ssdistnr: solar_id.map(|_| not_negative(&scalar(solar.get("ephOffset"))).unwrap_or(0.0)),
        history: sorted(&[
            points(row, "prvDiaSources", previous)?,
            points(row, "prvDiaForcedSources", forced)?,
        ]),
        ..Alert::new(Survey::Lsst, source_id, object_id.to_string(), packet)
    })
}

/// An id; 0 stands for none.
fn id(value: Option<&Json>) -> Option<i64> {
    integer(&scalar(value)).filter(|id| *id != 0)
}

/// Julian date, UTC.
fn time_of(source: &Json) -> Option<f64> {
    let mjd = number_of(source, "midpointMjdTai")?;
    julian_date(&Scalar::Float(mjd_tai_to_jd_utc(mjd)))
}

fn band(source: &Json) -> Option<Band> {
    source.get("band").and_then(Json::as_str).and_then(Band::from_letter)
}

fn sign(source: &Json) -> Option<bool> {
    let flux = || number_of(source, "psfFlux").map(|flux| flux > 0.0);
    is_positive(&scalar(source.get("isNegative"))).map(|is_negative| !is_negative).or_else(flux)
}

/// Magnitude of the absolute difference flux, and its error.
fn magnitude_of(source: &Json) -> (Option<f64>, Option<f64>) {
    let flux = number_of(source, "psfFlux").map(f64::abs).filter(|flux| *flux > 0.0);
    let error = not_negative(&scalar(source.get("psfFluxErr")));
    let mag = flux.map(|flux| ZERO_POINT_NJY - 2.5 * flux.log10());
    let mag = mag.and_then(|mag| magnitude(&Scalar::Float(mag)));
    let mag_err = flux.zip(error).map(|(flux, error)| 2.5 / std::f64::consts::LN_10 * error / flux);
    (mag, mag_err.filter(|_| mag.is_some()))
}

fn previous(entry: &Json) -> Option<HistoryPoint> {
    let (mag, mag_err) = magnitude_of(entry);
    let measurement = Measurement::Detection {
        source_id: id(entry.get("diaSourceId")),
        mag: mag?,
        mag_err,
        flux: flux_of(entry),
        is_positive: sign(entry),
        rb: score(&scalar(entry.get("reliability"))),
    };
    Some(HistoryPoint { jd: time_of(entry)?, band: band(entry), measurement })
}

fn flux_of(entry: &Json) -> Option<Flux> {
    let value = number(&scalar(entry.get("psfFlux")))?;
    let err = not_negative(&scalar(entry.get("psfFluxErr")));
    Some(Flux { value, err, unit: FluxUnit::Njy })
}

fn forced(entry: &Json) -> Option<HistoryPoint> {
    let measurement = Measurement::Forced { flux: flux_of(entry)?, zero_point: None, status: None };
    Some(HistoryPoint { jd: time_of(entry)?, band: band(entry), measurement })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::super::table_row::{TableRow, decode_table_row};
    use super::*;

    fn decode(row: &Json) -> Result<Alert, PacketError> {
        let row = row.as_object().unwrap().clone();
        let bytes: Bytes = TableRow { table: "p.d.t".to_owned(), row }.to_bytes();
        decode_table_row(&bytes, "10.0")
    }

    fn lsst() -> Json {
        json!({"diaSourceId": 170_028_485_835_751_490_i64,
            "diaSource": {"midpointMjdTai": 61_295.25, "ra": 150.5, "dec": 2.25, "band": "y", "psfFlux": -1000.0,
                "psfFluxErr": 100.0, "isNegative": true, "reliability": 0.9, "extendedness": 0.25},
            "diaObject": {"diaObjectId": 170_028_485_835_751_491_i64, "nDiaSources": 7}, "ssSource": null,
            "prvDiaSources": [{"diaSourceId": 5, "midpointMjdTai": 61_290.25, "band": "g", "psfFlux": 3630.0}],
            "prvDiaForcedSources": [{"midpointMjdTai": 61_289.25, "band": "g", "psfFlux": -5.0, "psfFluxErr": 2.0}]})
    }

    #[test]
    fn a_row_of_lsst_is_an_alert_in_magnitudes_and_utc() {
        let alert = decode(&lsst()).unwrap();
        assert_eq!(alert.object_id, "170028485835751491");
        assert!((alert.jd - (2_461_295.75 - 37.0 / 86_400.0)).abs() < 1e-8);
        assert!((alert.mag.unwrap() - 23.9).abs() < 1e-12);
        assert!((alert.mag_err.unwrap() - 0.108_573_6).abs() < 1e-6);
        assert_eq!(
            (alert.band, alert.is_positive, alert.classtar),
            (Some(Band::Y), Some(false), Some(0.75))
        );
        assert_eq!((alert.ndethist, alert.ssdistnr), (Some(7), None));
        assert!(
            matches!(alert.history[0].measurement, Measurement::Forced { flux, .. } if flux.value < 0.0)
        );
        assert!(matches!(
            alert.history[1].measurement,
            Measurement::Detection { source_id: Some(5), .. }
        ));
    }

    #[test]
    fn a_body_of_the_solar_system_is_named_by_its_own_id() {
        let mut row = lsst();
        row["diaObject"] = Json::Null;
        row["ssSource"] = json!({"ssObjectId": 21, "ephOffset": null});
        let alert = decode(&row).unwrap();
        assert_eq!((alert.object_id.as_str(), alert.ssdistnr), ("21", Some(0.0)));
        row["ssSource"] = json!({"ssObjectId": 0});
        assert!(matches!(decode(&row), Err(PacketError::Invalid { field: "diaObjectId", .. })));
    }
}
