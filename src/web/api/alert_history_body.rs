//! One alert with its history, its stamps and its packet, as the API tells it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    alert_body::AlertBody,
    words::{FluxUnitWord, MeasurementWord, StampWord},
};
use crate::domain::{
    alert::{
        Alert, Band, Flux, FluxUnit, ForcedMag, ForcedStatus, HistoryPoint, Measurement, Packet,
        Stamps, forced_mag,
    },
    found_alert::FoundAlert,
    numbers::shortest,
    time::MJD_ZERO_JD,
};

/// An alert with what its packet holds.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertWithHistory)]
pub(super) struct AlertWithHistoryBody {
    #[serde(flatten)]
    alert: AlertBody,
    /// Earlier measurements at its position, by time.
    history: Vec<HistoryPointBody>,
    /// The image stamps that its packet carries.
    #[schema(inline, value_type = Vec<StampWord>, example = json!(["science", "template", "difference"]))]
    stamps: Vec<&'static str>,
    packet: PacketBody,
}

/// An earlier measurement.
#[derive(Serialize, ToSchema)]
#[schema(as = HistoryPoint, example = json!({
    "mjd": 61_362.231_191_7, "band": "g", "kind": "detection", "mag": 18.93, "mag_err": 0.08, "limit_mag": null,
    "flux": null, "flux_err": null, "flux_unit": null, "snr": null, "is_positive": true, "status": null
}))]
pub(super) struct HistoryPointBody {
    /// Modified Julian date, UTC.
    mjd: f64,
    /// Letter of the band.
    #[schema(required)]
    band: Option<&'static str>,
    #[schema(inline, value_type = MeasurementWord)]
    kind: &'static str,
    /// Magnitude, AB: of a detection, of forced photometry from S/N 3 on, or the limit.
    #[schema(required)]
    mag: Option<f64>,
    /// Its one-sigma error.
    #[schema(required)]
    mag_err: Option<f64>,
    /// Where forced photometry saw nothing: the magnitude of three sigma, AB.
    #[schema(required)]
    limit_mag: Option<f64>,
    /// Flux of the difference, with its sign.
    #[schema(required)]
    flux: Option<f64>,
    /// Its one-sigma error.
    #[schema(required)]
    flux_err: Option<f64>,
    #[schema(inline, required, value_type = Option<FluxUnitWord>)]
    flux_unit: Option<&'static str>,
    /// Signal to noise, with the sign of the flux.
    #[schema(required)]
    snr: Option<f64>,
    /// Whether it is brighter than the template.
    #[schema(required)]
    is_positive: Option<bool>,
    /// What the survey says against it.
    #[schema(required)]
    status: Option<String>,
}

/// A packet as it came.
#[derive(Serialize, ToSchema)]
#[schema(as = Packet, example = json!({"format": "avro", "schema_version": "4.02", "bytes": 70_112}))]
pub(super) struct PacketBody {
    /// The form in which it came.
    format: &'static str,
    /// Version of its schema; empty where the packet does not say.
    schema_version: String,
    /// Its size.
    bytes: usize,
}

/// The limit of forced photometry, sigma.
const LIMIT_SIGMA: f64 = 3.0;

impl AlertWithHistoryBody {
    /// An alert as it was found, and as its packet was read.
    pub(super) fn of(found: FoundAlert, read: &Alert, packet: &Packet) -> Self {
        Self {
            alert: AlertBody::of(found),
            history: read.history.iter().map(HistoryPointBody::of).collect(),
            stamps: present(read.stamps),
            packet: PacketBody {
                format: packet.format.id(),
                schema_version: packet.schema_version.clone(),
                bytes: packet.bytes.len(),
            },
        }
    }
}

fn present(stamps: Stamps) -> Vec<&'static str> {
    let Stamps { science, template, difference } = stamps;
    [("science", science), ("template", template), ("difference", difference)]
        .into_iter()
        .filter_map(|(name, is)| is.then_some(name))
        .collect()
}

impl HistoryPointBody {
    fn of(point: &HistoryPoint) -> Self {
        let mut body = Self {
            // A Julian date is good to half a ten-thousandth of a second.
            mjd: ((point.jd - MJD_ZERO_JD) * 1e8).round() / 1e8,
            band: point.band.map(Band::letter),
            kind: "limit",
            mag: None,
            mag_err: None,
            limit_mag: None,
            flux: None,
            flux_err: None,
            flux_unit: None,
            snr: None,
            is_positive: None,
            status: None,
        };
        match &point.measurement {
            Measurement::Limit { mag } => body.mag = Some(shortest(*mag)),
            Measurement::Detection { mag, mag_err, flux, is_positive, .. } => {
                body.kind = "detection";
                (body.mag, body.mag_err) = (Some(shortest(*mag)), mag_err.map(shortest));
                body.is_positive = *is_positive;
                if let Some(flux) = flux {
                    body.measured(flux);
                }
            }
            Measurement::Forced { flux, zero_point, status } => {
                body.kind = "forced";
                body.measured(flux);
                match forced_mag(flux, *zero_point, LIMIT_SIGMA) {
                    Some(ForcedMag::Seen { mag, mag_err }) => {
                        (body.mag, body.mag_err) = (Some(mag), mag_err);
                    }
                    Some(ForcedMag::Limit { mag }) => body.limit_mag = Some(mag),
                    None => {}
                }
                body.status = status.as_ref().map(ForcedStatus::words);
            }
        }
        body
    }

    fn measured(&mut self, flux: &Flux) {
        self.flux = Some(shortest(flux.value));
        self.flux_err = flux.err.map(shortest);
        self.flux_unit = Some(FluxUnit::name(flux.unit));
        self.snr = flux.snr();
        if self.is_positive.is_none() && flux.value != 0.0 {
            self.is_positive = Some(flux.value > 0.0);
        }
    }
}
