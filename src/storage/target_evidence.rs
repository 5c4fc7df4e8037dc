//! The alerts of a target, a page at a time: table `target_alert` as it is read.

use chrono::{DateTime, Utc};

use super::{Storage, StorageError, from_bigint};
use crate::domain::{alert::Survey, run::RunId, sharing::Asker};

/// An alert that a target was saved from, or that was added since.
#[derive(Clone, Debug)]
pub struct TargetEvidence {
    /// Our id of the alert.
    pub alert_id: i64,
    /// Survey.
    pub survey: Survey,
    /// The survey's id of the detection.
    pub source_id: i64,
    /// Julian date, UTC, days.
    pub jd: f64,
    /// Magnitude of the difference, AB.
    pub mag: Option<f64>,
    /// One-sigma error.
    pub mag_err: Option<f64>,
    /// Letter of the band.
    pub band: Option<String>,
    /// The run that found it, if that still exists.
    pub run_id: Option<RunId>,
    /// Name of the member who saved it.
    pub saved_by_name: String,
    /// When.
    pub saved_at: DateTime<Utc>,
    /// Whether it is the one that was saved first, of all that the target has.
    pub is_origin: bool,
}

/// Which of a target's alerts a page begins with; they go from the latest observation to the earliest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvidencePlace {
    /// The latest.
    #[default]
    Latest,
    /// The latest of those that were observed before this alert.
    Before(i64),
    /// So that the page ends just above this alert: those that were observed after it.
    After(i64),
}

/// A page of a target's alerts.
#[derive(Clone, Debug)]
pub struct EvidencePage {
    /// Its rows.
    pub rows: Vec<TargetEvidence>,
    /// Number of later ones.
    pub n_before: u64,
    /// Whether earlier ones follow.
    pub has_more: bool,
}

#[derive(sqlx::FromRow)]
struct EvidenceRow {
    alert_id: i64,
    survey: String,
    source_id: i64,
    jd: f64,
    mag: Option<f64>,
    mag_err: Option<f64>,
    band: Option<String>,
    run_id: Option<RunId>,
    saved_by_name: String,
    saved_at: DateTime<Utc>,
    is_origin: bool,
    place: i64,
    n_all: i64,
}

impl Storage {
    /// `size` of a target's alerts, the latest observation first. Runs are named to those who see them.
    pub async fn list_evidence(
        &self,
        by: &Asker,
        target_id: i64,
        place: EvidencePlace,
        size: u32,
    ) -> Result<EvidencePage, StorageError> {
        let (anchor, is_backwards) = match place {
            EvidencePlace::Latest => (None, false),
            EvidencePlace::Before(alert_id) => (Some(alert_id), false),
            EvidencePlace::After(alert_id) => (Some(alert_id), true),
        };
        // An object has some thousand alerts at most: they are numbered for each page.
        let rows: Vec<EvidenceRow> = sqlx::query_as(
            "with evidence as (
                 select e.alert_id, e.run_id, e.saved_by, e.saved_at, a.survey, a.source_id, a.jd, a.mag, a.mag_err, a.band,
                        row_number() over (order by a.jd desc, a.id desc) as place,
                        row_number() over (order by e.saved_at, a.id) = 1 as is_origin,
                        count(*) over () as n_all
                 from target_alert e
                 join target t on t.id = e.target_id
                 join alert a on a.id = e.alert_id
                 where e.target_id = $3 and may_read(t.created_by, t.readers, $1, $2)
             )
             select e.alert_id, e.survey, e.source_id, e.jd, e.mag, e.mag_err, e.band, r.id as run_id,
                    m.name as saved_by_name, e.saved_at, e.is_origin, e.place, e.n_all
             from evidence e
             join member m on m.id = e.saved_by
             left join run r on r.id = e.run_id and may_read(r.started_by, r.readers, $1, $2)
             where $4::bigint is null or e.place >= (
                 select case when $5 then greatest(anchor.place - $6, 1) else anchor.place + 1 end
                 from evidence anchor where anchor.alert_id = $4)
             order by e.place
             limit $6",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(target_id)
        .bind(anchor)
        .bind(is_backwards)
        .bind(i64::from(size))
        .fetch_all(&self.pool)
        .await?;
        let has_more = rows.last().is_some_and(|row| row.place < row.n_all);
        let n_before = rows.first().map_or(0, |row| from_bigint(row.place - 1));
        let rows = rows.into_iter().map(TargetEvidence::try_from).collect::<Result<_, _>>()?;
        Ok(EvidencePage { rows, n_before, has_more })
    }
}

impl TryFrom<EvidenceRow> for TargetEvidence {
    type Error = StorageError;

    fn try_from(row: EvidenceRow) -> Result<Self, StorageError> {
        let survey = Survey::from_id(&row.survey)
            .ok_or(StorageError::Inconsistent { table: "alert", id: row.alert_id })?;
        Ok(Self {
            alert_id: row.alert_id,
            survey,
            source_id: row.source_id,
            jd: row.jd,
            mag: row.mag,
            mag_err: row.mag_err,
            band: row.band,
            run_id: row.run_id,
            saved_by_name: row.saved_by_name,
            saved_at: row.saved_at,
            is_origin: row.is_origin,
        })
    }
}
