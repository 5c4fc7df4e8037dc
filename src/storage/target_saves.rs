//! Alerts saved as targets: table `target_alert`, one transaction a target.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Storage, StorageError, targets::insert_target};
use crate::domain::{
    alert::Survey,
    member::Member,
    run::RunId,
    sky::Position,
    target::{NewTarget, OnExisting, SaveOutcome, SaveResult, name_key},
};

/// An alert that a target was saved from.
#[derive(Clone, Debug)]
pub struct TargetEvidence {
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
}

impl Storage {
    /// Saves one alert of a run as a target, or adds it to the target that bears its object's name.
    /// `None` when the run has no such alert. Saying it twice changes nothing the second time.
    pub async fn save_alert_as_target(
        &self,
        run_id: RunId,
        alert_id: i64,
        by: &Member,
        on_existing: OnExisting,
    ) -> Result<Option<SaveOutcome>, StorageError> {
        let by = by.id;
        let work = move || {
            self.in_transaction(move |connection| {
                Box::pin(save(connection, run_id, alert_id, by, on_existing))
            })
        };
        match work().await {
            // Somebody saved the same object between our look and our insert: look again.
            Err(StorageError::NameClash(_) | StorageError::Changed) => work().await,
            other => other,
        }
    }

    /// The alerts that a target was saved from, newest observation first; at most `limit`.
    pub async fn list_evidence(
        &self,
        target_id: i64,
        limit: i64,
    ) -> Result<Vec<TargetEvidence>, StorageError> {
        let rows: Vec<EvidenceRow> = sqlx::query_as(
            "select e.alert_id, a.survey, a.source_id, a.jd, a.mag, a.mag_err, a.band, e.run_id,
                    m.name as saved_by_name, e.saved_at
             from target_alert e
             join alert a on a.id = e.alert_id
             join member m on m.id = e.saved_by
             where e.target_id = $1
             order by a.jd desc, a.id desc
             limit $2",
        )
        .bind(target_id)
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(TargetEvidence::try_from).collect()
    }
}

impl TryFrom<EvidenceRow> for TargetEvidence {
    type Error = StorageError;

    fn try_from(row: EvidenceRow) -> Result<Self, StorageError> {
        let survey = Survey::from_id(&row.survey)
            .ok_or(StorageError::Inconsistent { table: "alert", id: row.alert_id })?;
        Ok(Self {
            survey,
            source_id: row.source_id,
            jd: row.jd,
            mag: row.mag,
            mag_err: row.mag_err,
            band: row.band,
            run_id: row.run_id,
            saved_by_name: row.saved_by_name,
            saved_at: row.saved_at,
        })
    }
}

async fn save(
    connection: &mut PgConnection,
    run_id: RunId,
    alert_id: i64,
    by: i64,
    on_existing: OnExisting,
) -> Result<Option<SaveOutcome>, StorageError> {
    let Some((object_id, ra, dec)) = find_in_run(connection, run_id, alert_id).await? else {
        return Ok(None);
    };
    let result = if let Some((target_id, name)) = find_by_name(connection, &object_id).await? {
        if on_existing == OnExisting::AddAlert {
            add_evidence(connection, target_id, alert_id, run_id, by).await?;
        }
        SaveResult::Existing { target_id, name }
    } else {
        let position = Position::new(ra, dec)
            .map_err(|_| StorageError::Inconsistent { table: "alert", id: alert_id })?;
        let target = NewTarget {
            name: object_id.clone(),
            aliases: Vec::new(),
            position: Some(position),
            note: String::new(),
        };
        let target_id = insert_target(connection, &target, by).await?;
        add_evidence(connection, target_id, alert_id, run_id, by).await?;
        SaveResult::Created { target_id }
    };
    Ok(Some(SaveOutcome { alert_id, object_id, result }))
}

async fn find_in_run(
    connection: &mut PgConnection,
    run_id: RunId,
    alert_id: i64,
) -> Result<Option<(String, f64, f64)>, StorageError> {
    // The lock keeps the alert from being pruned before it is evidence.
    let found = sqlx::query_as(
        "select a.object_id, a.ra, a.dec
         from run_alert l
         join alert a on a.id = l.alert_id
         where l.run_id = $1 and l.alert_id = $2
         for key share of a",
    )
    .bind(run_id)
    .bind(alert_id)
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

async fn find_by_name(
    connection: &mut PgConnection,
    object_id: &str,
) -> Result<Option<(i64, String)>, StorageError> {
    let found = sqlx::query_as(
        "select n.target_id, first.name
         from target_name n
         join target_name first on first.target_id = n.target_id and first.is_primary
         where n.name_key = $1",
    )
    .bind(name_key(object_id))
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

async fn add_evidence(
    connection: &mut PgConnection,
    target_id: i64,
    alert_id: i64,
    run_id: RunId,
    by: i64,
) -> Result<(), StorageError> {
    sqlx::query(
        "insert into target_alert (target_id, alert_id, run_id, saved_by) values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(target_id)
    .bind(alert_id)
    .bind(run_id)
    .bind(by)
    .execute(connection)
    .await?;
    Ok(())
}
