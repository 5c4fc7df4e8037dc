//! What lists show of table `alert`, of what classifiers say (`classification`), and of tags (`alert_tag`).

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::FromRow;

use super::{StorageError, from_bigint};
use crate::domain::{
    alert::{Band, Classification, Flux, FluxUnit, Fluxes, Survey},
    found_alert::{AlertDetails, Classified, FoundAlert, LastLimit, TargetLink},
};

/// What a list shows of `alert a`, under the names of [`FoundAlertRow`].
macro_rules! found_alert_columns {
    () => {
        "a.id as alert_id, a.survey, a.source_id, a.object_id, a.jd, a.ra, a.dec, a.mag, a.mag_err, a.band, a.is_positive,
         a.classtar, a.rb, a.drb, a.ndethist, a.flux, a.flux_err, a.science_flux, a.science_flux_err, a.template_flux,
         a.template_flux_err, a.aperture_flux, a.aperture_flux_err, a.flux_unit, a.snr, a.reliability, a.first_detection_jd,
         a.last_limit_jd, a.last_limit_mag, a.sgscore1, a.distpsnr1, a.gal_b, a.designation, a.detections, a.host_z,
         array(
             select (c.classifier, c.version, c.class, c.class_id, c.probability, c.stream, c.received)
             from classification c
             where c.alert_id = a.id
             order by c.probability desc nulls last, c.id
         ) as classified,
         array(select tag from alert_tag where alert_id = a.id order by tag) as tags,
         known.target_id, known.target_name"
    };
}
pub(super) use found_alert_columns;

/// What a classifier says, as a row of [`found_alert_columns`] has it.
type ClassifiedRow =
    (String, String, String, Option<i64>, Option<f64>, Option<String>, DateTime<Utc>);

/// The columns of one alert, as [`found_alert_columns`] selects them.
#[derive(FromRow)]
pub(super) struct FoundAlertRow {
    pub(super) alert_id: i64,
    survey: String,
    source_id: i64,
    object_id: String,
    jd: f64,
    ra: f64,
    dec: f64,
    mag: Option<f64>,
    mag_err: Option<f64>,
    band: Option<String>,
    is_positive: Option<bool>,
    classtar: Option<f64>,
    rb: Option<f64>,
    drb: Option<f64>,
    ndethist: Option<i64>,
    #[sqlx(flatten)]
    details: DetailsRow,
    classified: Vec<ClassifiedRow>,
    tags: Vec<String>,
    target_id: Option<i64>,
    target_name: Option<String>,
}

#[derive(FromRow)]
struct DetailsRow {
    flux: Option<f64>,
    flux_err: Option<f64>,
    science_flux: Option<f64>,
    science_flux_err: Option<f64>,
    template_flux: Option<f64>,
    template_flux_err: Option<f64>,
    aperture_flux: Option<f64>,
    aperture_flux_err: Option<f64>,
    flux_unit: Option<String>,
    snr: Option<f64>,
    reliability: Option<f64>,
    first_detection_jd: Option<f64>,
    last_limit_jd: Option<f64>,
    last_limit_mag: Option<f64>,
    sgscore1: Option<f64>,
    distpsnr1: Option<f64>,
    gal_b: Option<f64>,
    designation: Option<String>,
    detections: Option<Value>,
    host_z: Option<f64>,
}

impl FoundAlertRow {
    /// The alert, which a member has ticked or not.
    pub(super) fn into_alert(self, is_selected: bool) -> Result<FoundAlert, StorageError> {
        let survey = Survey::from_id(&self.survey)
            .ok_or(StorageError::Inconsistent { table: "alert", id: self.alert_id })?;
        Ok(FoundAlert {
            id: self.alert_id,
            survey,
            source_id: self.source_id,
            object_id: self.object_id,
            jd: self.jd,
            ra: self.ra,
            dec: self.dec,
            mag: self.mag,
            mag_err: self.mag_err,
            band: self.band,
            is_positive: self.is_positive,
            classtar: self.classtar,
            rb: self.rb,
            drb: self.drb,
            ndethist: self.ndethist,
            details: self.details.into_details(),
            classified: self.classified.into_iter().map(classified).collect(),
            tags: self.tags,
            target: self.target_id.zip(self.target_name).map(|(id, name)| TargetLink { id, name }),
            is_selected,
        })
    }
}

impl DetailsRow {
    fn into_details(self) -> AlertDetails {
        let unit = self.flux_unit.as_deref().and_then(FluxUnit::from_name);
        let flux = |value: Option<f64>, err| {
            value.zip(unit).map(|(value, unit)| Flux { value, err, unit })
        };
        let fluxes = Fluxes {
            difference: flux(self.flux, self.flux_err),
            science: flux(self.science_flux, self.science_flux_err),
            template: flux(self.template_flux, self.template_flux_err),
            aperture: flux(self.aperture_flux, self.aperture_flux_err),
        };
        let last_limit = self.last_limit_jd.zip(self.last_limit_mag);
        AlertDetails {
            fluxes,
            snr: self.snr,
            reliability: self.reliability,
            first_detection_jd: self.first_detection_jd,
            last_limit: last_limit.map(|(jd, mag)| LastLimit { jd, mag }),
            sgscore1: self.sgscore1,
            distpsnr1: self.distpsnr1,
            gal_b: self.gal_b,
            designation: self.designation,
            detections: self.detections.as_ref().map(by_band).unwrap_or_default(),
            host_z: self.host_z,
        }
    }
}

/// `{"g": 3}` by wavelength.
fn by_band(counts: &Value) -> Vec<(Band, u64)> {
    let n = |band: Band| counts.get(band.letter()).and_then(Value::as_i64);
    Band::ALL.into_iter().filter_map(|band| n(band).map(|n| (band, from_bigint(n)))).collect()
}

fn classified(row: ClassifiedRow) -> Classified {
    let (classifier, version, class, class_id, probability, stream, received) = row;
    let classification = Classification { classifier, version, class, class_id, probability };
    Classified { classification, stream, received }
}
