//! What comes first where there are more rows than the maximum: what is absent comes last, both ways.

use std::cmp::Ordering;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::{LSST, ZTF, asked, tables};
use crate::bigquery_emulator::BigQueryEmulator;

const ROWS: usize = 120;

/// What a row is sorted by; `None` where it lacks that.
type Key = fn(&Value) -> Option<f64>;

/// What a survey's table is sorted by: the id and, for each pair of orders (ascending first), the column.
struct Sorted {
    table: &'static str,
    id: &'static str,
    orders: [(&'static str, &'static str, Key); 2],
}

const ZTF_SORTED: Sorted = Sorted {
    table: ZTF,
    id: "candid",
    orders: [
        ("oldest", "newest", |row| number(&row["candidate"]["jd"]).filter(|jd| *jd >= 0.0)),
        ("brightest", "faintest", |row| {
            number(&row["candidate"]["magpsf"]).filter(|mag| mag.abs() < 99.0)
        }),
    ],
};

const LSST_SORTED: Sorted = Sorted {
    table: LSST,
    id: "diaSourceId",
    orders: [
        ("oldest", "newest", |row| number(&row["diaSource"]["midpointMjdTai"])),
        ("faintest", "brightest", |row| {
            number(&row["diaSource"]["psfFlux"]).map(f64::abs).filter(|flux| *flux > 0.0)
        }),
    ],
};

/// A number that is one: NaN and infinities have come as null.
fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// Ids of the rows in an order, absent keys last and ids ascending among equals.
fn ordered(rows: &[Value], id: &str, key: Key, is_descending: bool) -> Vec<i64> {
    let mut keyed: Vec<(Option<f64>, i64)> =
        rows.iter().map(|row| (key(row), row[id].as_i64().unwrap())).collect();
    keyed.sort_by(|(one, one_id), (other, other_id)| {
        let by_key = match (one, other) {
            (Some(one), Some(other)) if is_descending => other.total_cmp(one),
            (Some(one), Some(other)) => one.total_cmp(other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_key.then(one_id.cmp(other_id))
    });
    keyed.into_iter().map(|(_, id)| id).collect()
}

async fn come_in_order(emulator: &BigQueryEmulator, name: &str, sorted: &Sorted) {
    let table = emulator.table(name);
    let rows = emulator.query(&format!("SELECT * FROM `{table}`"), &[]).await;
    assert_eq!(rows.len(), ROWS);
    for (ascending, descending, key) in sorted.orders {
        let n_absent = rows.iter().filter(|row| key(row).is_none()).count();
        assert!((5..ROWS - 20).contains(&n_absent), "{ascending}: {n_absent} are absent");
        for (order, is_descending) in [(ascending, false), (descending, true)] {
            let all = ordered(&rows, sorted.id, key, is_descending);
            for limit in [1, 7, ROWS - n_absent, ROWS - n_absent + 2, ROWS + 1] {
                // Every row is of this object, which bounds the query.
                let sent = json!({"table": sorted.table, "own_table": table, "order": order, "max_results": limit,
                    "objectId": 7});
                let (statement, _) = asked(&sent).unwrap();
                let found = emulator.query(&statement.text, &statement.parameters).await;
                let found: Vec<i64> =
                    found.iter().map(|row| row[sorted.id].as_i64().unwrap()).collect();
                // One more than are wanted tells whether there are more.
                let expected = &all[..(limit + 1).min(ROWS)];
                assert_eq!(found, expected, "{order} {limit}\n{}", statement.text);
            }
        }
    }
}

/// Puts some of these values into a column of some rows.
fn spoil(
    rows: &mut [Value],
    record: &str,
    column: &str,
    values: &[Value],
    random: &mut ChaCha8Rng,
) {
    for row in rows {
        if random.random_bool(0.5) {
            row[record][column] = values[random.random_range(0..values.len())].clone();
        }
    }
}

#[tokio::test]
async fn on_the_emulator_rows_of_ztf_come_in_order_and_what_is_absent_comes_last() {
    let mut random = ChaCha8Rng::seed_from_u64(31);
    let mut rows = tables::ztf_rows(31, ROWS);
    for row in &mut rows {
        row["objectId"] = json!("7");
    }
    let magnitudes =
        [json!(null), json!(-999.0), json!("NaN"), json!(99.0), json!("Infinity"), json!(18.5)];
    spoil(&mut rows, "candidate", "magpsf", &magnitudes, &mut random);
    let times = [json!(null), json!(-999.0), json!("NaN"), json!("Infinity"), json!(2_461_295.5)];
    spoil(&mut rows, "candidate", "jd", &times, &mut random);
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("ztf", &tables::ztf_columns()).await;
    emulator.insert("ztf", &rows).await;
    come_in_order(&emulator, "ztf", &ZTF_SORTED).await;
}

#[tokio::test]
async fn on_the_emulator_rows_of_lsst_come_in_order_and_what_is_absent_comes_last() {
    let mut random = ChaCha8Rng::seed_from_u64(32);
    let mut rows = tables::lsst_rows(&tables::ztf_rows(32, ROWS));
    for row in &mut rows {
        row["diaObject"] = json!({"diaObjectId": 7, "nDiaSources": 1});
    }
    let fluxes = [
        json!(null),
        json!("NaN"),
        json!("Infinity"),
        json!("-Infinity"),
        json!(0.0),
        json!(-5000.0),
    ];
    spoil(&mut rows, "diaSource", "psfFlux", &fluxes, &mut random);
    let times = [json!(null), json!("NaN"), json!("Infinity"), json!(61_295.25)];
    spoil(&mut rows, "diaSource", "midpointMjdTai", &times, &mut random);
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("lsst", &tables::lsst_columns()).await;
    emulator.insert("lsst", &rows).await;
    come_in_order(&emulator, "lsst", &LSST_SORTED).await;
}
