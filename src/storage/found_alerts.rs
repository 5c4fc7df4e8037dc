//! An alert as a statement finds it, with the target that bears its object's name.

use sqlx::FromRow;

use super::StorageError;
use crate::domain::{
    alert::Survey,
    found_alert::{FoundAlert, TargetLink},
};

/// The columns of one alert.
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
    target_id: Option<i64>,
    target_name: Option<String>,
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
            target: self.target_id.zip(self.target_name).map(|(id, name)| TargetLink { id, name }),
            is_selected,
        })
    }
}
