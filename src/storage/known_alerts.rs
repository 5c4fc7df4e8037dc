//! The alerts of a batch in their table: those that were there, and those that the batch brought.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{NotKept, StorageError};
use crate::domain::{
    alert::{Alert, Band, Packet},
    sky::{Position, healpix29},
    target::name_key,
};

/// An alert that is to be kept, with what its transport said of it.
#[derive(Clone, Debug)]
pub struct KeptAlert {
    /// The alert.
    pub alert: Alert,
    /// Message attributes; `None` where the backend has no messages.
    pub attributes: Option<serde_json::Value>,
}

/// An alert that is in its table.
#[derive(Clone, Copy)]
pub(super) struct KnownAlert {
    pub(super) id: i64,
    /// Whether this transaction put it in.
    pub(super) is_new: bool,
    /// Whether a row of a table stands for its packet, which another one may complete.
    pub(super) is_row: bool,
}

/// Alerts by the survey's own ids.
pub(super) struct KnownAlerts(HashMap<(String, i64), KnownAlert>);

impl KnownAlerts {
    pub(super) fn of(&self, alert: &Alert) -> Option<KnownAlert> {
        self.0.get(&(alert.survey.id().to_owned(), alert.source_id)).copied()
    }

    /// Packets of some of these alerts, each with the alert's id.
    pub(super) fn packets<'a>(
        &self,
        alerts: &[&'a KeptAlert],
        of_those: fn(&KnownAlert) -> bool,
    ) -> Vec<(i64, &'a Packet)> {
        let known =
            alerts.iter().filter_map(|kept| self.of(&kept.alert).map(|known| (known, kept)));
        known
            .filter(|(known, _)| of_those(known))
            .map(|(known, kept)| (known.id, &kept.alert.packet))
            .collect()
    }
}

/// Puts alerts in that are not there.
pub(super) async fn insert_alerts(
    connection: &mut PgConnection,
    alerts: &[&KeptAlert],
) -> Result<KnownAlerts, NotKept> {
    if alerts.is_empty() {
        return Ok(KnownAlerts(HashMap::new()));
    }
    let surveys: Vec<&str> = alerts.iter().map(|kept| kept.alert.survey.id()).collect();
    let source_ids: Vec<i64> = alerts.iter().map(|kept| kept.alert.source_id).collect();
    let fresh = insert_fresh(connection, alerts, &surveys, &source_ids).await?;
    let of_new = |id| KnownAlert { id, is_new: true, is_row: false };
    let mut known: HashMap<_, _> = fresh
        .into_iter()
        .map(|(survey, source_id, id)| ((survey, source_id), of_new(id)))
        .collect();
    if known.len() < alerts.len() {
        for (key, alert) in find_alerts(connection, &surveys, &source_ids).await? {
            known.entry(key).or_insert(alert);
        }
    }
    if known.len() < alerts.len() {
        return Err(NotKept::RemovedMeanwhile);
    }
    Ok(KnownAlerts(known))
}

/// Puts those in that are not there: survey, id of the survey's and id of ours of each.
async fn insert_fresh(
    connection: &mut PgConnection,
    alerts: &[&KeptAlert],
    surveys: &[&str],
    source_ids: &[i64],
) -> Result<Vec<(String, i64, i64)>, StorageError> {
    let column = |of: fn(&Alert) -> Option<f64>| {
        alerts.iter().map(|kept| of(&kept.alert)).collect::<Vec<_>>()
    };
    let keys: Vec<String> = alerts.iter().map(|kept| name_key(&kept.alert.object_id)).collect();
    let cells: Vec<Option<i64>> = alerts
        .iter()
        .map(|kept| Position::new(kept.alert.ra, kept.alert.dec).ok().map(healpix29))
        .collect();
    let fresh = sqlx::query_as(
        "insert into alert (survey, source_id, object_id, object_key, jd, ra, dec, healpix, mag, mag_err, band,
                            classtar, rb, drb, is_positive, ndethist, sgscore1, distpsnr1, ssdistnr)
         select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::float8[], $6::float8[],
                              $7::float8[], $8::bigint[], $9::float8[], $10::float8[], $11::text[], $12::float8[],
                              $13::float8[], $14::float8[], $15::boolean[], $16::bigint[], $17::float8[],
                              $18::float8[], $19::float8[])
         on conflict do nothing
         returning survey, source_id, id",
    )
    .bind(surveys)
    .bind(source_ids)
    .bind(alerts.iter().map(|kept| kept.alert.object_id.as_str()).collect::<Vec<_>>())
    .bind(keys)
    .bind(column(|alert| Some(alert.jd)))
    .bind(column(|alert| Some(alert.ra)))
    .bind(column(|alert| Some(alert.dec)))
    .bind(cells)
    .bind(column(|alert| alert.mag))
    .bind(column(|alert| alert.mag_err))
    .bind(alerts.iter().map(|kept| kept.alert.band.map(Band::letter)).collect::<Vec<_>>())
    .bind(column(|alert| alert.classtar))
    .bind(column(|alert| alert.rb))
    .bind(column(|alert| alert.drb))
    .bind(alerts.iter().map(|kept| kept.alert.is_positive).collect::<Vec<_>>())
    .bind(alerts.iter().map(|kept| kept.alert.ndethist).collect::<Vec<_>>())
    .bind(column(|alert| alert.sgscore1))
    .bind(column(|alert| alert.distpsnr1))
    .bind(column(|alert| alert.ssdistnr))
    .fetch_all(connection)
    .await?;
    Ok(fresh)
}

/// Alerts that were there before, those included that another process has kept meanwhile. They stay until they are linked.
async fn find_alerts(
    connection: &mut PgConnection,
    surveys: &[&str],
    source_ids: &[i64],
) -> Result<Vec<((String, i64), KnownAlert)>, StorageError> {
    let rows: Vec<(String, i64, i64, bool)> = sqlx::query_as(
        "select a.survey, a.source_id, a.id, coalesce(p.format = 'table-row', false)
         from unnest($1::text[], $2::bigint[]) as wanted (survey, source_id)
         join alert a on a.survey = wanted.survey and a.source_id = wanted.source_id
         left join alert_packet p on p.alert_id = a.id
         for key share of a",
    )
    .bind(surveys)
    .bind(source_ids)
    .fetch_all(connection)
    .await?;
    let of_row = |(survey, source_id, id, is_row)| {
        ((survey, source_id), KnownAlert { id, is_new: false, is_row })
    };
    Ok(rows.into_iter().map(of_row).collect())
}
