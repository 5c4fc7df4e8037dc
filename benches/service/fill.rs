//! Fills the database: saved queries with runs, one long run, many targets.

use bytes::Bytes;
use serde_json::json;
use sqlx::PgPool;
use tom_alerts::{
    domain::{
        alert::{Alert, Band, Packet, PacketFormat, Survey},
        run::{LogLevel, RunId, RunState},
        saved_query::NewSavedQuery,
        sharing::{Asker, Sharing, TEAM},
        sky::{Position, healpix29},
        target::{NewTarget, name_key},
    },
    storage::{Batch, KeptAlert, NewRun, Storage},
};

use crate::sky_points::{place, spread};

const QUERIES: usize = 200;
const RUNS_PER_QUERY: usize = 3;
const BATCH: usize = 500;
const TARGETS_AT_ONCE: usize = 5_000;
/// Targets that are made as a user makes them; the others go in by one statement for many.
const TARGETS_BY_HAND: usize = 20;

/// A filled database.
pub(crate) struct Filled {
    /// Alerts in the run; targets in the table.
    pub(crate) n_rows: usize,
    /// The run.
    pub(crate) run: RunId,
}

/// Fills step by step.
pub(crate) struct Fill {
    storage: Storage,
    pool: PgPool,
    asker: Asker,
    n_alerts: usize,
    n_targets: usize,
}

impl Fill {
    /// Saves the queries with their runs.
    pub(crate) async fn start(storage: &Storage, database_url: &str) -> anyhow::Result<Self> {
        let fill = Self {
            storage: storage.clone(),
            pool: PgPool::connect(database_url).await?,
            asker: storage.local_asker().await?,
            n_alerts: 0,
            n_targets: 0,
        };
        for number in 0..QUERIES {
            let query = NewSavedQuery {
                name: format!("Young and bright, field {number}"),
                broker: "archive".to_owned(),
                parameters: json!({ "folder": "night.tar.gz", "max_results": 100, "mag_max": 19.5 }),
                sharing: Sharing::read_by(vec![TEAM]),
            };
            let id = fill.storage.save_query(&fill.asker, &query).await?;
            for _ in 0..RUNS_PER_QUERY {
                let run = fill.begin_run(Some(id), &query.name).await?;
                fill.storage
                    .end_run(run, RunState::Finished, "Read to the end: 0 packets.", None)
                    .await?;
            }
        }
        Ok(fill)
    }

    /// Makes a new run of this many alerts, and as many targets in all.
    pub(crate) async fn grow_to(&mut self, n_rows: usize) -> anyhow::Result<Filled> {
        let run = self.begin_run(None, "").await?;
        for number in 0..n_rows / BATCH {
            let numbers = self.n_alerts..self.n_alerts + BATCH;
            let alerts = numbers
                .map(|number| KeptAlert { alert: alert(number), attributes: None })
                .collect::<Vec<_>>();
            self.n_alerts += alerts.len();
            let batch = Batch { number: i64::try_from(number)? + 1, alerts, ..Batch::default() };
            self.storage.keep_batch(run, batch).await?;
        }
        self.storage.log_run(run, LogLevel::Info, "Filled for a benchmark").await?;
        self.storage.end_run(run, RunState::Finished, "Read to the end.", None).await?;
        while self.n_targets < n_rows {
            self.add_targets(n_rows).await?;
        }
        sqlx::query("vacuum analyze").execute(&self.pool).await?;
        Ok(Filled { n_rows, run })
    }

    async fn begin_run(
        &self,
        saved_query_id: Option<i64>,
        query_name: &str,
    ) -> anyhow::Result<RunId> {
        let run = NewRun {
            saved_query_id,
            query_name: query_name.to_owned(),
            broker: "archive".to_owned(),
            parameters: json!({ "folder": "night.tar.gz" }),
            instance: "benchmark".to_owned(),
            acts_as: None,
            sharing: Sharing::read_by(vec![TEAM]),
        };
        let id = self.storage.create_run(&self.asker, &run, u32::MAX).await?;
        self.storage.begin_runs(&run.instance, u32::MAX, 1, std::time::Duration::ZERO).await?;
        Ok(id)
    }

    async fn add_targets(&mut self, n_wanted: usize) -> anyhow::Result<()> {
        if self.n_targets < TARGETS_BY_HAND {
            let name = target_name(self.n_targets);
            let aliases = vec![format!("AT {name}")];
            let position = Some(place(self.n_targets));
            let target = NewTarget { name, aliases, position, note: String::new() };
            let sharing = self.asker.default_sharing_of_targets();
            self.storage.create_target(&self.asker, target, sharing).await?;
            self.n_targets += 1;
            return Ok(());
        }
        let end = n_wanted.min(self.n_targets + TARGETS_AT_ONCE);
        let places: Vec<Position> = (self.n_targets..end).map(place).collect();
        let names: Vec<String> = (self.n_targets..end).map(target_name).collect();
        sqlx::query(
            "with given as (
                 select nextval(pg_get_serial_sequence('target', 'id')) as id, t.*
                 from unnest($1::float8[], $2::float8[], $3::bigint[], $4::text[], $5::text[])
                     as t (ra, dec, healpix, name, name_key)
             ), placed as (
                 insert into target (id, ra, dec, healpix, created_by) overriding system value
                 select id, ra, dec, healpix, $6 from given
             )
             insert into target_name (target_id, realm, name, name_key, is_primary)
             select id, 'team', names.name, names.name_key, names.is_primary
             from given
             cross join lateral (
                 values (given.name, given.name_key, true), ('AT ' || given.name, 'at' || given.name_key, false)
             ) as names (name, name_key, is_primary)",
        )
        .bind(places.iter().copied().map(Position::ra_deg).collect::<Vec<_>>())
        .bind(places.iter().copied().map(Position::dec_deg).collect::<Vec<_>>())
        .bind(places.iter().copied().map(healpix29).collect::<Vec<_>>())
        .bind(&names)
        .bind(names.iter().map(|name| name_key(name)).collect::<Vec<_>>())
        .bind(self.asker.member_id())
        .execute(&self.pool)
        .await?;
        self.n_targets = end;
        Ok(())
    }
}

/// Every third object is a target.
fn target_name(number: usize) -> String {
    object_id(number * 3)
}

/// `ZTF26` and seven letters.
fn object_id(number: usize) -> String {
    let letters = (0..7_u32).rev().map(|place| {
        let digit = number / 26_usize.pow(place) % 26;
        char::from(b'a' + u8::try_from(digit).expect("below 26"))
    });
    "ZTF26".chars().chain(letters).collect()
}

/// The alert of a number; two neighbouring numbers are one object.
fn alert(number: usize) -> Alert {
    let place = place(number / 2);
    let source_id = 5_000_000_000_000_000_000 + i64::try_from(number).expect("few alerts");
    let packet = Packet {
        format: PacketFormat::Json,
        schema_version: "4.02".to_owned(),
        bytes: Bytes::from_static(b"{}"),
        n_head_bytes: 0,
    };
    Alert {
        jd: 2_461_295.6 + 0.4 * spread(number, 0.754_877_666_246_693),
        ra: place.ra_deg(),
        dec: place.dec_deg(),
        mag: Some(15.0 + 6.0 * spread(number, 0.569_840_290_998_053)),
        mag_err: Some(0.1),
        band: Some(if number.is_multiple_of(2) { Band::G } else { Band::R }),
        classtar: (!number.is_multiple_of(5)).then(|| spread(number, 0.819_172_513_396_164)),
        rb: Some(spread(number, 0.671_043_606_703_789)),
        is_positive: Some(true),
        ndethist: Some(2),
        ..Alert::new(Survey::Ztf, source_id, object_id(number / 2), packet)
    }
}
