//! The alerts of a batch in their table: those that were there, and those that the batch brought.

use std::collections::HashMap;

use serde_json::Value;
use sqlx::{PgConnection, Postgres, postgres::PgArguments};

use super::{NotKept, StorageError, storable};
use crate::domain::{
    alert::{Alert, Band, Flux, FluxUnit, Fluxes, Packet},
    found_alert::AlertDetails,
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

/// Puts in the alerts of arrays, a column each: `$1` to `$17`, then what [`bind_details`] binds.
const INSERT_FRESH: &str = "
    insert into alert (survey, source_id, object_id, object_key, jd, ra, dec, healpix, mag, mag_err, band, classtar, rb, drb,
                       is_positive, ndethist, ssdistnr, sgscore1, distpsnr1, flux, flux_err, science_flux, science_flux_err,
                       template_flux, template_flux_err, aperture_flux, aperture_flux_err, flux_unit, snr, reliability,
                       first_detection_jd, last_limit_jd, last_limit_mag, gal_b, designation, detections, host_z)
    select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::float8[],
                         $8::bigint[], $9::float8[], $10::float8[], $11::text[], $12::float8[], $13::float8[],
                         $14::float8[], $15::boolean[], $16::bigint[], $17::float8[], $18::float8[], $19::float8[],
                         $20::float8[], $21::float8[], $22::float8[], $23::float8[], $24::float8[], $25::float8[],
                         $26::float8[], $27::float8[], $28::text[], $29::float8[], $30::float8[], $31::float8[],
                         $32::float8[], $33::float8[], $34::float8[], $35::text[], $36::jsonb[], $37::float8[])
    on conflict do nothing
    returning survey, source_id, id";

/// Binds what lists show of each alert besides.
fn bind_details<'q, O>(query: Insert<'q, O>, alerts: &[&KeptAlert]) -> Insert<'q, O> {
    let details: Vec<AlertDetails> =
        alerts.iter().map(|kept| AlertDetails::of(&kept.alert)).collect();
    let column = |of: fn(&AlertDetails) -> Option<f64>| details.iter().map(of).collect::<Vec<_>>();
    let flux = |of: fn(&Fluxes) -> Option<Flux>| {
        let of = move |it: &AlertDetails| of(&it.fluxes);
        let values: Vec<Option<f64>> = details.iter().map(|it| of(it).map(|it| it.value)).collect();
        let errors: Vec<Option<f64>> = details.iter().map(|it| of(it)?.err).collect();
        (values, errors)
    };
    let [difference, science, template, aperture] = [
        flux(|it| it.difference),
        flux(|it| it.science),
        flux(|it| it.template),
        flux(|it| it.aperture),
    ];
    let units = details.iter().map(|it| unit_of(&it.fluxes).map(FluxUnit::name));
    let designations = details.iter().map(|it| it.designation.as_deref().map(storable));
    query
        .bind(column(|it| it.sgscore1))
        .bind(column(|it| it.distpsnr1))
        .bind(difference.0)
        .bind(difference.1)
        .bind(science.0)
        .bind(science.1)
        .bind(template.0)
        .bind(template.1)
        .bind(aperture.0)
        .bind(aperture.1)
        .bind(units.collect::<Vec<_>>())
        .bind(column(|it| it.snr))
        .bind(column(|it| it.reliability))
        .bind(column(|it| it.first_detection_jd))
        .bind(column(|it| it.last_limit.map(|limit| limit.jd)))
        .bind(column(|it| it.last_limit.map(|limit| limit.mag)))
        .bind(column(|it| it.gal_b))
        .bind(designations.collect::<Vec<_>>())
        .bind(details.iter().map(|it| counts_by_band(&it.detections)).collect::<Vec<_>>())
        .bind(column(|it| it.host_z))
}

/// A statement that returns rows of this kind.
type Insert<'q, O> = sqlx::query::QueryAs<'q, Postgres, O, PgArguments>;

/// The unit of all fluxes of an alert: a survey has one.
fn unit_of(fluxes: &Fluxes) -> Option<FluxUnit> {
    let Fluxes { difference, science, template, aperture } = fluxes;
    [difference, science, template, aperture].into_iter().flatten().map(|flux| flux.unit).next()
}

/// `{"g": 3}`.
fn counts_by_band(counts: &[(Band, u64)]) -> Option<Value> {
    let fields = counts.iter().map(|(band, n)| (band.letter().to_owned(), Value::from(*n)));
    (!counts.is_empty()).then(|| fields.collect::<serde_json::Map<_, _>>().into())
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
    let query = sqlx::query_as(INSERT_FRESH)
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
        .bind(column(|alert| alert.ssdistnr));
    let fresh = bind_details(query, alerts).fetch_all(connection).await?;
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
