//! Targets, as the API tells and reads them: in the shape that TOM users know.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{
    lenient::{as_sent, lenient},
    list_body::list_body,
    sent_back::ToldOfTarget,
    sharing_body::SharingBody,
    words::{SIDEREAL, SurveyWord, TargetTypeWord},
};
use crate::{
    domain::{
        numbers::shortest,
        sky::Position,
        target::{NewTarget, Target},
    },
    storage::{EvidencePage, TargetEvidence},
    web::screens::shared::target_fields::read_target_json,
};

/// A target: a place in the sky with names.
#[derive(Serialize, ToSchema)]
#[schema(as = Target, example = json!({
    "id": 7, "name": "ZTF26abcdefg", "type": "SIDEREAL", "aliases": ["AT 2026xyz"], "ra": 83.633_08, "dec": 22.014_5,
    "note": "Rising; spectrum asked for.", "n_alerts": 1, "created_by": "Ada Lovelace",
    "sharing": {"readers": ["team"], "writers": [], "sharers": []}, "created": "2026-11-30T09:20:31.447092+00:00",
    "modified": "2026-11-30T09:20:31.447092+00:00", "version": 1, "url": "/targets/7/"
}))]
pub(super) struct TargetBody {
    /// Its number.
    id: i64,
    /// Its first name.
    name: String,
    #[serde(rename = "type")]
    #[schema(inline, value_type = TargetTypeWord)]
    kind: &'static str,
    /// Its other names.
    aliases: Vec<String>,
    /// Right ascension, degrees.
    #[schema(required)]
    ra: Option<f64>,
    /// Declination, degrees.
    #[schema(required)]
    dec: Option<f64>,
    /// Free text.
    note: String,
    /// Alerts that it was saved from, or that were added since.
    n_alerts: u64,
    /// Name of the member who saved it.
    created_by: String,
    sharing: SharingBody,
    /// When it was saved.
    #[schema(format = DateTime)]
    created: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    modified: String,
    /// Counts its changes: whoever changes it says which state they have read.
    version: i64,
    /// Its page.
    url: String,
}

/// A target with its alerts.
#[derive(Serialize, ToSchema)]
#[schema(as = TargetWithAlerts)]
pub(super) struct TargetWithAlertsBody {
    #[serde(flatten)]
    target: TargetBody,
    /// The alerts that it was saved from, or that were added since; the latest first, at most 500 of `n_alerts`.
    alerts: Vec<TargetAlertBody>,
    /// Where the next ones are; nothing if these are all.
    #[schema(required, example = json!(null))]
    alerts_next: Option<String>,
}

/// An alert of a target.
#[derive(Serialize, ToSchema)]
#[schema(as = TargetAlert, example = json!({
    "id": 1031, "survey": "ztf", "source_id": "3262103560115015006", "jd": 2_461_373.674_409_7, "mag": 18.42, "band": "r",
    "run": 40, "saved": "2026-11-30T09:20:31.447092+00:00", "is_origin": true
}))]
pub(super) struct TargetAlertBody {
    /// Its number.
    id: i64,
    #[schema(inline, value_type = SurveyWord)]
    survey: &'static str,
    /// The survey's id of the detection. A text: it passes 2^53.
    source_id: String,
    /// When it was observed, as a Julian date, UTC.
    jd: f64,
    /// Magnitude of the difference, AB.
    #[schema(required)]
    mag: Option<f64>,
    /// Letter of the band.
    #[schema(required)]
    band: Option<String>,
    /// Number of the run that found it, if one sees that.
    #[schema(required)]
    run: Option<i64>,
    /// When it was saved.
    #[schema(format = DateTime)]
    saved: String,
    /// Whether it was saved first, of all that the target has.
    is_origin: bool,
}

list_body! {
    /// Some alerts of a target.
    TargetAlertListBody, TargetAlertList, TargetAlertBody, "The alerts, the latest observation first.", 2,
    "/api/targets/7/alerts/?page_size=1&before=1031"
}

list_body! {
    /// Some targets.
    TargetListBody, TargetList, TargetBody, "The targets, newest first.", 2, "/api/targets/?page_size=1&before=7"
}

/// What a target is to be.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewTarget, example = json!({
    "name": "ZTF26abcdefg", "ra": "05:34:31.94", "dec": 22.014_5, "aliases": ["AT 2026xyz"], "note": "Rising."
}))]
pub(super) struct NewTargetBody {
    /// Its first name.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(required, value_type = String)]
    name: Option<Value>,
    /// Right ascension; or both coordinates in one text, where `dec` is left out.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(required, value_type = Coordinate)]
    ra: Option<Value>,
    /// Declination; only left out where `ra` holds both.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(value_type = Coordinate)]
    dec: Option<Value>,
    /// Its other names.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(value_type = Vec<String>)]
    aliases: Option<Value>,
    /// Free text.
    #[serde(default, deserialize_with = "as_sent")]
    #[schema(value_type = String)]
    note: Option<Value>,
    #[serde(default, deserialize_with = "as_sent", rename = "type")]
    #[schema(inline, value_type = TargetTypeWord)]
    kind: Option<Value>,
}

/// What a saved target is to become.
#[derive(Deserialize, ToSchema)]
#[schema(as = ChangedTarget, example = json!({
    "name": "ZTF26hijklmn", "ra": 83.633_08, "dec": 22.014_5, "aliases": ["AT 2026abc"], "note": "Fading.", "version": 1
}))]
pub(super) struct ChangedTargetBody {
    /// As it was read: of two who change it at once the second is refused.
    #[serde(default, deserialize_with = "lenient")]
    #[schema(required, nullable = false)]
    pub(super) version: Option<i64>,
    #[serde(flatten)]
    pub(super) target: NewTargetBody,
    #[serde(flatten)]
    pub(super) told: ToldOfTarget,
}

/// Degrees, or a text: degrees, or sexagesimal (`05:34:31.94`, `5h34m31.94s`, `271d23m29.1s`, `+22:00:52.2`).
#[derive(ToSchema)]
#[schema(example = "05:34:31.94")]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes what the form of targets reads")]
enum Coordinate {
    Number(f64),
    Text(String),
}

impl NewTargetBody {
    /// Reads the target; what is wrong by field.
    pub(super) fn read(self) -> Result<NewTarget, Map<String, Value>> {
        let mut fields = Map::new();
        for (name, value) in [
            ("name", self.name),
            ("ra", self.ra),
            ("dec", self.dec),
            ("aliases", self.aliases),
            ("note", self.note),
            ("type", self.kind),
        ] {
            fields.extend(value.map(|value| (name.to_owned(), value)));
        }
        read_target_json(&fields)
    }
}

impl TargetBody {
    /// A target that was read.
    pub(super) fn of(target: Target) -> Self {
        Self {
            id: target.id,
            name: target.name,
            kind: SIDEREAL,
            aliases: target.aliases,
            ra: target.position.map(Position::ra_deg),
            dec: target.position.map(Position::dec_deg),
            note: target.note,
            n_alerts: target.n_alerts,
            created_by: target.created_by_name,
            sharing: SharingBody::of(&target.sharing),
            created: target.created.to_rfc3339(),
            modified: target.modified.to_rfc3339(),
            version: target.version,
            url: format!("/targets/{}/", target.id),
        }
    }
}

impl TargetWithAlertsBody {
    /// A target with what it was saved from.
    pub(super) fn of(target: Target, alerts: EvidencePage, next: Option<String>) -> Self {
        Self { target: TargetBody::of(target), alerts: alert_bodies(alerts), alerts_next: next }
    }
}

/// The alerts of a page.
pub(super) fn alert_bodies(page: EvidencePage) -> Vec<TargetAlertBody> {
    page.rows.into_iter().map(TargetAlertBody::of).collect()
}

impl TargetAlertBody {
    fn of(alert: TargetEvidence) -> Self {
        Self {
            id: alert.alert_id,
            survey: alert.survey.id(),
            source_id: alert.source_id.to_string(),
            jd: alert.jd,
            mag: alert.mag.map(shortest),
            band: alert.band,
            run: alert.run_id,
            saved: alert.saved_at.to_rfc3339(),
            is_origin: alert.is_origin,
        }
    }
}
