//! What classifiers and brokers say of the alerts of a batch: tables `classification` and `alert_tag`.
//!
//! One statement each for a batch. What another stream says of an alert that is there already is added to it.

use sqlx::PgConnection;

use super::{
    StorageError,
    known_alerts::{KeptAlert, KnownAlerts},
    storable,
};
use crate::domain::alert::Classification;

/// Puts in what is said of these alerts, each thing once; `stream` is what brought it.
pub(super) async fn insert_said(
    connection: &mut PgConnection,
    alerts: &[&KeptAlert],
    known: &KnownAlerts,
    stream: Option<&str>,
) -> Result<(), StorageError> {
    let with_ids = || {
        alerts.iter().filter_map(|kept| known.of(&kept.alert).map(|known| (known.id, &kept.alert)))
    };
    let classes: Vec<(i64, &Classification)> = with_ids()
        .flat_map(|(id, alert)| alert.classifications.iter().map(move |it| (id, it)))
        .collect();
    if !classes.is_empty() {
        insert_classes(connection, &classes, stream).await?;
    }
    let (ids, tags): (Vec<i64>, Vec<String>) = with_ids()
        .flat_map(|(id, alert)| alert.tags.iter().map(move |tag| (id, storable(tag))))
        .unzip();
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into alert_tag (alert_id, tag, stream)
         select t.*, $3::text from unnest($1::bigint[], $2::text[]) as t (alert_id, tag)
         on conflict do nothing",
    )
    .bind(ids)
    .bind(tags)
    .bind(stream)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_classes(
    connection: &mut PgConnection,
    classes: &[(i64, &Classification)],
    stream: Option<&str>,
) -> Result<(), StorageError> {
    let text = |of: fn(&Classification) -> &str| {
        classes.iter().map(|(_, it)| storable(of(it))).collect::<Vec<_>>()
    };
    // A probability that is none is kept as absent: the rest is still said.
    let probability = |it: &Classification| it.probability.filter(|p| (0.0..=1.0).contains(p));
    sqlx::query(
        "insert into classification (alert_id, classifier, version, class, class_id, probability, stream)
         select t.*, $7::text
         from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::float8[])
              as t (alert_id, classifier, version, class, class_id, probability)
         on conflict do nothing",
    )
    .bind(classes.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(text(|it| &it.classifier))
    .bind(text(|it| &it.version))
    .bind(text(|it| &it.class))
    .bind(classes.iter().map(|(_, it)| it.class_id).collect::<Vec<_>>())
    .bind(classes.iter().map(|(_, it)| probability(it)).collect::<Vec<_>>())
    .bind(stream)
    .execute(connection)
    .await?;
    Ok(())
}
