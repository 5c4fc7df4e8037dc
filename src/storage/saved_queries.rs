//! Table `saved_query`.

use chrono::{DateTime, Utc};

use super::{
    NotDone, Storage, StorageError, askers::SharingRow, from_bigint, history,
    listener_changes::pause_others_listener, owned::OwnedTable, sharing::with_groups_held,
};
use crate::domain::{
    history::{Action, Event, Kind},
    run::RunState,
    saved_query::{LastRun, NewSavedQuery, SavedQuery},
    sharing::Asker,
};

#[derive(sqlx::FromRow)]
pub(super) struct QueryRow {
    id: i64,
    name: String,
    broker: String,
    parameters: serde_json::Value,
    owner_id: i64,
    owner_name: String,
    #[sqlx(flatten)]
    sharing: SharingRow,
    created: DateTime<Utc>,
    modified: DateTime<Utc>,
    version: i64,
    run_id: Option<i64>,
    run_created: Option<DateTime<Utc>>,
    run_state: Option<String>,
    run_stored: Option<i64>,
    has_listener: bool,
}

impl From<QueryRow> for SavedQuery {
    fn from(row: QueryRow) -> Self {
        let last_run = match (
            row.run_id,
            row.run_created,
            row.run_state.as_deref().and_then(RunState::from_id),
        ) {
            (Some(id), Some(created), Some(state)) => {
                Some(LastRun { id, created, state, stored: row.run_stored.map_or(0, from_bigint) })
            }
            _ => None,
        };
        Self {
            id: row.id,
            name: row.name,
            broker: row.broker,
            parameters: row.parameters,
            owner_id: row.owner_id,
            owner_name: row.owner_name,
            sharing: row.sharing.into(),
            created: row.created,
            modified: row.modified,
            version: row.version,
            last_run,
            has_listener: row.has_listener,
        }
    }
}

/// Everything a saved query shows to `$1`, who looks for the groups `$2`; the macro adds which ones.
macro_rules! select_queries {
    ($which:expr) => {
        concat!(
            "select q.id, q.name, q.broker, q.parameters, q.owner_id, q.owner_name,
                    q.readers, q.writers, q.sharers, q.created, q.modified, q.version,
                    r.id as run_id, r.created as run_created, r.state as run_state, r.stored as run_stored,
                    exists (select from listener l where l.saved_query_id = q.id) as has_listener
             from (
                 select q.*, m.name as owner_name
                 from saved_query q
                 join member m on m.id = q.owner_id
                 where may_read(q.owner_id, q.readers, $1, $2) and ",
            $which
        )
    };
}

/// The last run of each of these queries that they see.
macro_rules! with_last_run {
    () => {
        ") q
         left join lateral (
             select id, created, state, stored from run
             where saved_query_id = q.id and may_read(started_by, readers, $1, $2)
             order by id desc
             limit 1
         ) r on true"
    };
}

pub(super) use {select_queries, with_last_run};

impl Storage {
    /// Saves a query for a member; its id.
    pub async fn save_query(&self, by: &Asker, query: &NewSavedQuery) -> Result<i64, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let sharing = with_groups_held(&mut tx, query.sharing.clone()).await?;
        let id = sqlx::query_scalar(
            "insert into saved_query (name, broker, parameters, owner_id, readers, writers, sharers)
             values ($1, $2, $3, $4, $5, $6, $7)
             returning id",
        )
        .bind(&query.name)
        .bind(&query.broker)
        .bind(&query.parameters)
        .bind(by.member_id())
        .bind(&sharing.readers)
        .bind(&sharing.writers)
        .bind(&sharing.sharers)
        .fetch_one(&mut *tx)
        .await?;
        let event = Event::new(Action::Created, Kind::Query, id, &query.name);
        let event = event.with(query.parameters.clone()).without_detail_if(sharing.is_private());
        history::record(&mut tx, by, event).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// The saved query with this id, if they see it.
    pub async fn find_query(
        &self,
        by: &Asker,
        id: i64,
    ) -> Result<Option<SavedQuery>, StorageError> {
        let row: Option<QueryRow> =
            sqlx::query_as(concat!(select_queries!("q.id = $3"), with_last_run!()))
                .bind(by.member_id())
                .bind(by.seen_groups())
                .bind(id)
                .fetch_optional(&self.pool)
                .await?;
        Ok(row.map(SavedQuery::from))
    }

    /// Changes name and form of a saved query that is still as it was read (`version`); false when it is not there for
    /// them. A listener that acts as somebody else is paused: they have not asked for this.
    pub async fn update_query(
        &self,
        by: &Asker,
        id: i64,
        version: i64,
        name: &str,
        parameters: &serde_json::Value,
    ) -> Result<bool, NotDone> {
        by.require_work()?;
        let mut tx = self.begin_as(by).await?;
        let Some(found) = OwnedTable::SavedQuery.find_changeable(&mut tx, by, id).await? else {
            return OwnedTable::SavedQuery.refused(tx, by, id).await;
        };
        found.check_version(version)?;
        let asks_other: bool = sqlx::query_scalar(
            "update saved_query q
             set name = $2, parameters = $3, modified = now(), version = q.version + 1
             from saved_query before
             where q.id = $1 and before.id = q.id
             returning q.parameters <> before.parameters",
        )
        .bind(id)
        .bind(name)
        .bind(parameters)
        .fetch_one(&mut *tx)
        .await?;
        let event = Event::new(Action::Changed, Kind::Query, id, name);
        let event = event.with(parameters.clone()).without_detail_if(found.is_private);
        history::record(&mut tx, by, event).await?;
        if asks_other && pause_others_listener(&mut tx, by, id).await? {
            let event = Event::new(Action::PausedListening, Kind::Query, id, name);
            history::record(&mut tx, by, event).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a saved query; false when it is not there for them. Its runs stay.
    pub async fn delete_query(&self, by: &Asker, id: i64) -> Result<bool, NotDone> {
        self.delete_owned(by, OwnedTable::SavedQuery, id).await
    }
}
