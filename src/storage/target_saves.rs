//! Alerts saved as targets: table `target_alert`, one transaction a target.

use sqlx::PgConnection;

use super::{NotDone, Refused, Storage, StorageError, history, targets::insert_target};
use crate::domain::{
    history::{Action, Event, Kind},
    run::RunId,
    sharing::{Asker, Sharing},
    sky::Position,
    target::{NewTarget, OnExisting, SaveOutcome, SaveResult, name_key},
};

/// How alerts are saved.
#[derive(Clone, Debug)]
pub struct Saving {
    /// What to do where a target with the name is there.
    pub on_existing: OnExisting,
    /// Who else sees and changes what is made.
    pub sharing: Sharing,
}

impl Storage {
    /// Saves one alert of a run as a target, or adds it to the target that bears its object's name.
    /// `None` when the run has no such alert. Saying it twice changes nothing the second time.
    pub async fn save_alert_as_target(
        &self,
        by: &Asker,
        run_id: RunId,
        alert_id: i64,
        saving: &Saving,
    ) -> Result<Option<SaveOutcome>, NotDone> {
        by.require_work()?;
        by.check_sharing(&saving.sharing, None)?;
        match self.try_to_save(by, run_id, alert_id, saving).await {
            // Somebody saved the same object between our look and our insert: look again.
            Err(NotDone::Refused(Refused::NameClash(_) | Refused::Changed)) => {
                self.try_to_save(by, run_id, alert_id, saving).await
            }
            other => other,
        }
    }

    async fn try_to_save(
        &self,
        by: &Asker,
        run_id: RunId,
        alert_id: i64,
        saving: &Saving,
    ) -> Result<Option<SaveOutcome>, NotDone> {
        let mut tx = self.begin_as(by).await?;
        let outcome = save(&mut tx, by, run_id, alert_id, saving).await?;
        tx.commit().await?;
        Ok(outcome)
    }
}

async fn save(
    connection: &mut PgConnection,
    by: &Asker,
    run_id: RunId,
    alert_id: i64,
    saving: &Saving,
) -> Result<Option<SaveOutcome>, NotDone> {
    let Some(alert) = find_in_run(connection, by, run_id, alert_id).await? else {
        return Ok(None);
    };
    let object_id = alert.object_id.clone();
    let result = if let Some(known) = find_by_name(connection, by, &object_id).await? {
        let is_added = known.may_add && saving.on_existing == OnExisting::AddAlert;
        if is_added {
            add_evidence(connection, by, &known, &alert, run_id).await?;
        }
        SaveResult::Existing { target_id: known.id, name: known.name, is_added }
    } else {
        let position = Position::new(alert.ra, alert.dec)
            .map_err(|_| StorageError::Inconsistent { table: "alert", id: alert_id })?;
        let target = NewTarget {
            name: object_id.clone(),
            aliases: Vec::new(),
            position: Some(position),
            note: String::new(),
        };
        let target_id = insert_target(connection, by, &target, saving.sharing.clone()).await?;
        let event = Event::new(Action::Created, Kind::Target, target_id, &object_id);
        let is_private = saving.sharing.is_private();
        let event = event.with(from_alert(&alert, run_id)).without_detail_if(is_private);
        history::record(connection, by, event).await?;
        insert_evidence(connection, by, target_id, alert_id, run_id).await?;
        SaveResult::Created { target_id }
    };
    Ok(Some(SaveOutcome { alert_id, object_id, result }))
}

/// An alert that is saved.
#[derive(sqlx::FromRow)]
struct SavedAlert {
    id: i64,
    source_id: i64,
    object_id: String,
    ra: f64,
    dec: f64,
}

async fn find_in_run(
    connection: &mut PgConnection,
    by: &Asker,
    run_id: RunId,
    alert_id: i64,
) -> Result<Option<SavedAlert>, StorageError> {
    // The lock keeps the alert from being pruned before it is evidence.
    let found = sqlx::query_as(
        "select a.id, a.source_id, a.object_id, a.ra, a.dec
         from run_alert l
         join run r on r.id = l.run_id
         join alert a on a.id = l.alert_id
         where l.run_id = $3 and l.alert_id = $4 and may_read(r.started_by, r.readers, $1, $2)
         for key share of a",
    )
    .bind(by.member_id())
    .bind(by.seen_groups())
    .bind(run_id)
    .bind(alert_id)
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// A target that is there and that they see.
#[derive(sqlx::FromRow)]
struct Known {
    id: i64,
    name: String,
    may_add: bool,
    is_private: bool,
}

async fn find_by_name(
    connection: &mut PgConnection,
    by: &Asker,
    object_id: &str,
) -> Result<Option<Known>, StorageError> {
    let found = sqlx::query_as(
        "select t.id, first.name, may_change(t.created_by, t.readers, t.writers, $1, $2, $3) as may_add,
                t.readers = '{}' as is_private
         from target_name n
         join target t on t.id = n.target_id
         join target_name first on first.target_id = n.target_id and first.is_primary
         where n.name_key = $4 and may_read(t.created_by, t.readers, $1, $2)
         order by n.realm = 'team' desc, t.id
         limit 1",
    )
    .bind(by.member_id())
    .bind(by.seen_groups())
    .bind(by.is_admin())
    .bind(name_key(object_id))
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

async fn add_evidence(
    connection: &mut PgConnection,
    by: &Asker,
    target: &Known,
    alert: &SavedAlert,
    run_id: RunId,
) -> Result<(), StorageError> {
    if insert_evidence(connection, by, target.id, alert.id, run_id).await? {
        let event = Event::new(Action::Saved, Kind::Target, target.id, &target.name);
        let event = event.with(from_alert(alert, run_id)).without_detail_if(target.is_private);
        history::record(connection, by, event).await?;
    }
    Ok(())
}

/// Puts an alert to a target's; false when it is there already.
async fn insert_evidence(
    connection: &mut PgConnection,
    by: &Asker,
    target_id: i64,
    alert_id: i64,
    run_id: RunId,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "insert into target_alert (target_id, alert_id, run_id, saved_by) values ($1, $2, $3, $4)
         on conflict do nothing",
    )
    .bind(target_id)
    .bind(alert_id)
    .bind(run_id)
    .bind(by.member_id())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Where a target came from, as the history tells it.
fn from_alert(alert: &SavedAlert, run_id: RunId) -> serde_json::Value {
    let named = format!("{}, {}", alert.object_id, alert.source_id);
    serde_json::json!({ "alert": named, "run": run_id })
}
