//! Alerts of a run, and what becomes of those that are saved, as the API tells them.

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{alert_details_body::AlertDetailsBody, list_body::list_body, words::SurveyWord};
use crate::{
    domain::{
        found_alert::{Classified, FoundAlert, TargetLink},
        numbers::shortest,
        target::{SaveOutcome, SaveResult},
        time::jd_to_utc,
    },
    web::paths,
};

/// An alert as an example, in parts.
fn example() -> Value {
    let own = json!({
        "id": 1031, "survey": "ztf", "source_id": "3262103560115015006", "object_id": "ZTF26abcdefg",
        "timestamp": "2026-11-29T04:11:09.000Z", "jd": 2_461_373.674_409_7, "ra": 83.633_08, "dec": 22.014_5,
        "mag": 18.42, "mag_err": 0.07, "band": "r", "is_positive": true, "score": 0.98, "rb": 0.91, "drb": 0.97,
        "ndethist": 12, "tags": ["is_pure"], "url": "/alerts/ztf/3262103560115015006/",
        "target": {"id": 7, "name": "ZTF26abcdefg", "url": "/targets/7/"},
        "classifications": [{
            "classifier": "SuperNNova", "version": "1.3", "class": "Ia", "class_id": 0, "probability": 0.93,
            "stream": "ztf-SuperNNova", "received": "2026-11-29T04:12:02.118204+00:00"
        }]
    });
    let fluxes = json!({
        "flux": null, "flux_err": null, "science_flux": null, "science_flux_err": null, "template_flux": null,
        "template_flux_err": null, "aperture_flux": null, "aperture_flux_err": null, "snr": null, "reliability": null
    });
    let surroundings = json!({
        "age_d": 11.943_218, "first_detection_jd": 2_461_361.731_191_7, "last_limit_jd": 2_461_359.812_4,
        "last_limit_mag": 20.51, "detections": {"g": 4, "r": 5}, "star_score": 0.02, "star_distance": 1.4,
        "gal_b": -5.78, "designation": null, "host_z": null
    });
    let parts = [own, fluxes, surroundings].into_iter();
    parts.filter_map(|part| part.as_object().cloned()).flatten().collect::<Map<_, _>>().into()
}

/// An alert among the results of a run.
#[derive(Serialize, ToSchema)]
#[schema(as = Alert, example = example)]
pub(super) struct AlertBody {
    /// Its number here, by which it is saved as a target.
    id: i64,
    #[schema(inline, value_type = SurveyWord)]
    survey: &'static str,
    /// The survey's id of the detection. A text: it passes 2^53.
    source_id: String,
    /// The survey's id of the object.
    object_id: String,
    /// When it was observed.
    #[schema(required, format = DateTime)]
    timestamp: Option<String>,
    /// The same as a Julian date, UTC.
    jd: f64,
    /// Right ascension, degrees.
    ra: f64,
    /// Declination, degrees.
    dec: f64,
    /// Magnitude of the difference, AB.
    #[schema(required)]
    mag: Option<f64>,
    /// Its one-sigma error.
    #[schema(required)]
    mag_err: Option<f64>,
    /// Letter of the band.
    #[schema(required)]
    band: Option<String>,
    /// Whether it is brighter than the template.
    #[schema(required)]
    is_positive: Option<bool>,
    /// Star/galaxy score, from 0 (galaxy) to 1 (star).
    #[schema(required)]
    score: Option<f64>,
    /// Real/bogus score, from 0 (bogus) to 1 (real).
    #[schema(required)]
    rb: Option<f64>,
    /// Deep-learning real/bogus score, from 0 (bogus) to 1 (real).
    #[schema(required)]
    drb: Option<f64>,
    /// Number of detections at its position so far.
    #[schema(required)]
    ndethist: Option<i64>,
    #[serde(flatten)]
    details: AlertDetailsBody,
    /// What classifiers say of it, the most probable first.
    classifications: Vec<ClassificationBody>,
    /// What brokers say of it in a word.
    tags: Vec<String>,
    /// Its page.
    url: String,
    /// The target that bears its object's name.
    #[schema(required)]
    target: Option<TargetLinkBody>,
}

/// Enough of a target to find it.
#[derive(Serialize, ToSchema)]
#[schema(as = TargetLink)]
pub(super) struct TargetLinkBody {
    /// Its number.
    id: i64,
    /// Its first name.
    name: String,
    /// Its page.
    url: String,
}

/// What a classifier says of an alert.
#[derive(Serialize, ToSchema)]
#[schema(as = Classification)]
pub(super) struct ClassificationBody {
    /// Who says so.
    classifier: String,
    /// Its version; empty where the packet does not say.
    version: String,
    /// The class in words.
    class: String,
    /// Its number in the classifier's own taxonomy.
    #[schema(required)]
    class_id: Option<i64>,
    /// From 0 to 1; null where only the label is given.
    #[schema(required)]
    probability: Option<f64>,
    /// The stream that brought it; null where there is none.
    #[schema(required)]
    stream: Option<String>,
    /// When it came.
    #[schema(format = DateTime)]
    received: String,
}

list_body! {
    /// A page of the results of a run.
    AlertListBody, AlertList, AlertBody, "The alerts.", 57, "/api/runs/40/alerts/?page_size=50&page=2"
}

/// What became of alerts that were to be saved as targets.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = SavedTargets, example = json!({
    "created": [{"alert": 1031, "target": 7, "name": "ZTF26abcdefg"}],
    "existing": [{"alert": 1032, "target": 5, "name": "AT 2026xyz", "added": true}],
    "failed": []
}))]
pub(super) struct SavedTargetsBody {
    /// New targets.
    created: Vec<CreatedTargetBody>,
    /// Targets with the name of the alert's object that were there.
    existing: Vec<ExistingTargetBody>,
    /// Alerts that were not saved.
    failed: Vec<FailedTargetBody>,
}

/// A target that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedTarget)]
pub(super) struct CreatedTargetBody {
    /// Number of the alert.
    alert: i64,
    /// Number of the target.
    target: i64,
    /// Its first name.
    name: String,
}

/// A target that was there already.
#[derive(Serialize, ToSchema)]
#[schema(as = ExistingTarget)]
pub(super) struct ExistingTargetBody {
    /// Number of the alert.
    alert: i64,
    /// Number of the target.
    target: i64,
    /// Its first name.
    name: String,
    /// Whether the alert is among its alerts now.
    added: bool,
}

/// An alert that was not saved.
#[derive(Serialize, ToSchema)]
#[schema(as = FailedTarget, example = json!({
    "alert": 1033, "name": "ZTF26abcdefh", "reason": "This alert is not among the results of the run."
}))]
pub(super) struct FailedTargetBody {
    /// Number of the alert.
    alert: i64,
    /// Name of its object.
    name: String,
    /// Why, as a sentence.
    reason: String,
}

impl ClassificationBody {
    fn of(classified: Classified) -> Self {
        let said = classified.classification;
        Self {
            classifier: said.classifier,
            version: said.version,
            class: said.class,
            class_id: said.class_id,
            probability: said.probability.map(shortest),
            stream: classified.stream,
            received: classified.received.to_rfc3339(),
        }
    }
}

impl AlertBody {
    /// An alert that was read.
    pub(super) fn of(alert: FoundAlert) -> Self {
        Self {
            details: AlertDetailsBody::of(&alert),
            classifications: alert.classified.into_iter().map(ClassificationBody::of).collect(),
            tags: alert.tags,
            id: alert.id,
            survey: alert.survey.id(),
            source_id: alert.source_id.to_string(),
            object_id: alert.object_id,
            timestamp: jd_to_utc(alert.jd)
                .map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            jd: alert.jd,
            ra: alert.ra,
            dec: alert.dec,
            mag: alert.mag.map(shortest),
            mag_err: alert.mag_err.map(shortest),
            band: alert.band,
            is_positive: alert.is_positive,
            score: alert.classtar.map(shortest),
            rb: alert.rb.map(shortest),
            drb: alert.drb.map(shortest),
            ndethist: alert.ndethist,
            url: paths::alert(alert.survey, alert.source_id),
            target: alert.target.map(TargetLinkBody::of),
        }
    }
}

impl TargetLinkBody {
    fn of(target: TargetLink) -> Self {
        Self { id: target.id, name: target.name, url: format!("/targets/{}/", target.id) }
    }
}

impl SavedTargetsBody {
    /// What became of each alert.
    pub(super) fn of(outcomes: Vec<SaveOutcome>) -> Self {
        let mut saved = Self::default();
        for SaveOutcome { alert_id: alert, object_id, result } in outcomes {
            match result {
                SaveResult::Created { target_id: target } => {
                    saved.created.push(CreatedTargetBody { alert, target, name: object_id });
                }
                SaveResult::Existing { target_id: target, name, is_added: added } => {
                    saved.existing.push(ExistingTargetBody { alert, target, name, added });
                }
                SaveResult::Failed { reason } => {
                    saved.failed.push(FailedTargetBody { alert, name: object_id, reason });
                }
            }
        }
        saved
    }
}
