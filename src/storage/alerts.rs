//! One stored alert, and the end of those that nobody saved.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    Storage, StorageError, begin_on,
    found_alert_rows::{FoundAlertRow, found_alert_columns},
};
use crate::domain::{
    alert::{Packet, PacketFormat, Survey},
    found_alert::StoredAlert,
    run::RunId,
    sharing::Asker,
};

impl Storage {
    /// One alert with its packet, by the survey's own id.
    pub async fn find_alert(
        &self,
        by: &Asker,
        survey: Survey,
        source_id: i64,
    ) -> Result<Option<StoredAlert>, StorageError> {
        let row: Option<StoredAlertRow> = sqlx::query_as(concat!(
            "select ",
            found_alert_columns!(),
            ",
                    a.ssdistnr, a.received,
                    p.format, p.schema_version, p.head_id, h.bytes as head, p.bytes
             from alert a
             join alert_packet p on p.alert_id = a.id
             left join packet_head h on h.id = p.head_id
             left join lateral (
                 select t.id as target_id, first.name as target_name
                 from target_name n
                 join target t on t.id = n.target_id
                 join target_name first on first.target_id = n.target_id and first.is_primary
                 where n.name_key = a.object_key and may_read(t.created_by, t.readers, $1, $2)
                 order by n.realm = 'team' desc, t.id
                 limit 1
             ) known on true
             where a.survey = $3 and a.source_id = $4"
        ))
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(survey.id())
        .bind(source_id)
        .fetch_optional(&self.pool)
        .await?;
        row.map(StoredAlertRow::into_alert).transpose()
    }

    /// Survey and source id of alerts: what stands in the addresses of their pages.
    pub async fn list_sources(
        &self,
        alert_ids: &[i64],
    ) -> Result<Vec<(i64, Survey, i64)>, StorageError> {
        let rows: Vec<(i64, String, i64)> =
            sqlx::query_as("select id, survey, source_id from alert where id = any($1)")
                .bind(alert_ids)
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter()
            .map(|(id, survey, source_id)| {
                let survey = Survey::from_id(&survey)
                    .ok_or(StorageError::Inconsistent { table: "alert", id })?;
                Ok((id, survey, source_id))
            })
            .collect()
    }

    /// What the transport said of the message that brought an alert last to a run that they see, and that run.
    pub async fn find_message(
        &self,
        by: &Asker,
        alert_id: i64,
    ) -> Result<Option<(RunId, serde_json::Value)>, StorageError> {
        let row = sqlx::query_as(
            "select l.run_id, l.attributes from run_alert l
             join run r on r.id = l.run_id
             where l.alert_id = $3 and l.attributes is not null and may_read(r.started_by, r.readers, $1, $2)
             order by l.run_id desc
             limit 1",
        )
        .bind(by.member_id())
        .bind(by.seen_groups())
        .bind(alert_id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row)
    }

    /// Deletes up to `limit` alerts that came before the retention time and belong to no target; how many.
    pub async fn prune_alerts(&self, retention: Duration, limit: i64) -> Result<u64, StorageError> {
        let mut tx = begin_on(&self.pool).await?;
        let locked: Vec<i64> = sqlx::query_scalar(
            "select a.id from alert a
             where a.received < now() - make_interval(secs => $1)
               and not exists (select from target_alert t where t.alert_id = a.id)
               -- A run of today may have found again what came long ago.
               and not exists (
                   select from run_alert l join run r on r.id = l.run_id
                   where l.alert_id = a.id and r.created >= now() - make_interval(secs => $1)
               )
             limit $2
             for update of a skip locked",
        )
        .bind(retention.as_secs_f64())
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
        // Asked again now that nobody can link them: a run may have done so between the look and the lock.
        let done = sqlx::query(
            "delete from alert a
             where a.id = any($2)
               and not exists (select from target_alert t where t.alert_id = a.id)
               and not exists (
                   select from run_alert l join run r on r.id = l.run_id
                   where l.alert_id = a.id and r.created >= now() - make_interval(secs => $1)
               )",
        )
        .bind(retention.as_secs_f64())
        .bind(locked)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(done.rows_affected())
    }
}

#[derive(sqlx::FromRow)]
struct StoredAlertRow {
    #[sqlx(flatten)]
    found: FoundAlertRow,
    ssdistnr: Option<f64>,
    received: DateTime<Utc>,
    format: String,
    schema_version: String,
    head_id: Option<i64>,
    head: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

impl StoredAlertRow {
    fn into_alert(self) -> Result<StoredAlert, StorageError> {
        let inconsistent =
            StorageError::Inconsistent { table: "alert_packet", id: self.found.alert_id };
        if self.head.is_some() != self.head_id.is_some() {
            return Err(inconsistent);
        }
        let head = self.head.unwrap_or_default();
        let format = PacketFormat::from_id(&self.format).ok_or(inconsistent)?;
        Ok(StoredAlert {
            row: self.found.into_alert(false)?,
            ssdistnr: self.ssdistnr,
            received: self.received,
            packet: Packet {
                format,
                schema_version: self.schema_version,
                bytes: [head.as_slice(), &self.bytes].concat().into(),
                n_head_bytes: head.len(),
            },
        })
    }
}
