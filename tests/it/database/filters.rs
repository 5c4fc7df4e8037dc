//! The rows that a statement selects are those that the filter lets pass, absent values included.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};
use tom_alerts::domain::alert::Alert;

use super::{LSST, ZTF, asked, tables, validate};
use crate::bigquery_emulator::BigQueryEmulator;

const QUERIES: usize = 60;

/// Sentinels, absent values and values on the edge, in every column that a filter looks at.
fn spoil(rows: &mut [Value], random: &mut ChaCha8Rng) {
    let columns: [(&str, &[Value]); 12] = [
        ("magpsf", &[json!(-999.0), json!(null), json!(18.5), json!(99.0), json!(0.0)]),
        ("rb", &[json!(null), json!(-999.0), json!(0.5), json!(0.65), json!(1.0), json!(1.5)]),
        ("drb", &[json!(null), json!(-999.0), json!(0.5), json!(1.0)]),
        ("classtar", &[json!(null), json!(0.0), json!(0.5), json!(1.0), json!(-999.0), json!(2.0)]),
        ("isdiffpos", &[json!("f"), json!("1"), json!("0"), json!(null), json!(""), json!("true")]),
        ("ndethist", &[json!(null), json!(0), json!(1), json!(-999), json!(7)]),
        (
            "ssdistnr",
            &[json!(null), json!(-999.0), json!(0.0), json!(4.999), json!(5.0), json!(30.0)],
        ),
        ("sgscore1", &[json!(null), json!(-999.0), json!(0.0), json!(0.5), json!(0.49)]),
        (
            "distpsnr1",
            &[json!(null), json!(-999.0), json!(1.0), json!(2.0), json!(10.0), json!(11.0)],
        ),
        (
            "jdstarthist",
            &[
                json!(null),
                json!(-999.0),
                json!(2_461_289.0),
                json!(2_461_294.25),
                json!(2_470_000.5),
            ],
        ),
        ("fid", &[json!(1), json!(2), json!(3)]),
        ("jd", &[json!(2_461_293.5), json!(2_461_295.5), json!(2_461_294.25), json!(2_461_296.0)]),
    ];
    for row in rows {
        for (column, values) in &columns {
            if random.random_bool(0.5) {
                row["candidate"][*column] = values[random.random_range(0..values.len())].clone();
            }
        }
    }
}

/// A random query that the form accepts.
fn query(random: &mut ChaCha8Rng, is_lsst: bool) -> Value {
    let mut sent = Map::new();
    let mut maybe = |random: &mut ChaCha8Rng, name: &str, values: &[Value]| {
        if random.random_bool(0.35) {
            sent.insert(name.to_owned(), values[random.random_range(0..values.len())].clone());
        }
    };
    maybe(random, "rb_min", &[json!(0.0), json!(0.5), json!(0.65), json!(1.0)]);
    if !is_lsst {
        maybe(random, "drb_min", &[json!(0.0), json!(0.5), json!(0.9)]);
    }
    maybe(random, "classtar_threshold", &[json!(0.0), json!(0.5), json!(0.9), json!(1.0)]);
    maybe(random, "classtar_gt_lt", &[json!("lt"), json!("gt")]);
    maybe(random, "mag_min", &[json!(0.0), json!(15.0), json!(18.5), json!(-30.0)]);
    maybe(random, "mag_max", &[json!(18.5), json!(19.5), json!(50.0)]);
    maybe(
        random,
        "bands",
        &[json!(["g"]), json!(["r", "i"]), json!(["u"]), json!(["g", "z", "y"])],
    );
    maybe(random, "positive_only", &[json!(true)]);
    maybe(random, "ndethist_min", &[json!(1), json!(2), json!(7)]);
    maybe(random, "no_solar_system", &[json!(true)]);
    maybe(random, "sign", &[json!("any"), json!("positive"), json!("negative")]);
    maybe(random, "solar_system", &[json!("any"), json!("none"), json!("only")]);
    maybe(random, "ndethist_max", &[json!(1), json!(6), json!(7)]);
    maybe(random, "age_max", &[json!(0.0), json!(5.25), json!(10_000.0)]);
    maybe(random, "gal_b_min", &[json!(0.0), json!(15.0), json!(60.0)]);
    if is_lsst {
        maybe(random, "survey", &[json!("any"), json!("lsst")]);
    } else {
        maybe(random, "survey", &[json!("any"), json!("ztf")]);
        maybe(random, "star_near", &[json!("any"), json!("no_star"), json!("galaxy")]);
    }
    maybe(
        random,
        "cone",
        &[
            json!("150, 10, 20°"),
            json!("0, 0, 60°"),
            json!("200, 45, 100°"),
            json!("10, -89, 175°"),
        ],
    );
    let after = ["2026-09-10", "2026-09-12 00:00", "2026-09-12T07:30:00", "JD 2461294.25"];
    let before = ["2026-09-13 12:00", "2026-09-12 12:00", "JD 2461295.5"];
    sent.insert("observed_after".to_owned(), json!(after[random.random_range(0..after.len())]));
    if random.random_bool(0.6) {
        sent.insert(
            "observed_before".to_owned(),
            json!(before[random.random_range(0..before.len())]),
        );
    }
    sent.insert("max_results".to_owned(), json!(100_000));
    sent.insert("table".to_owned(), json!(if is_lsst { LSST } else { ZTF }));
    Value::Object(sent)
}

async fn agree(emulator: &BigQueryEmulator, table: &str, is_lsst: bool, seed: u64) {
    let name = emulator.table(table);
    let rows = emulator.query(&format!("SELECT * FROM `{name}`"), &[]).await;
    let alerts: Vec<Alert> = rows.into_iter().map(tables::alert_of).collect();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut n_some, mut n_passed) = (0, 0);
    for _ in 0..QUERIES {
        let mut sent = query(&mut random, is_lsst);
        sent["own_table"] = json!(name);
        while validate(&sent).is_err() {
            // Its times are in the wrong order.
            sent.as_object_mut().unwrap().remove("observed_before");
        }
        let (statement, filter) = asked(&sent).unwrap();
        let passing = alerts.iter().filter(|alert| filter.judge(alert).is_ok());
        let expected: BTreeSet<i64> = passing.map(|alert| alert.source_id).collect();
        let rows = emulator.query(&statement.text, &statement.parameters).await;
        let came: Vec<Alert> = rows.into_iter().map(tables::alert_of).collect();
        let found: BTreeSet<i64> = came.iter().map(|alert| alert.source_id).collect();
        assert_eq!(found, expected, "{sent}\n{}\n{:?}", statement.text, statement.parameters);
        // The run judges them again, by no more than the columns that the statement selects.
        if let Some(rejection) = came.iter().find_map(|alert| filter.judge(alert).err()) {
            panic!("what {:?} looks at is not selected by\n{}", rejection.rule, statement.text);
        }
        n_some += usize::from(!found.is_empty());
        n_passed += found.len();
    }
    assert!(n_some > QUERIES / 4 && n_passed > QUERIES, "{n_some} queries found {n_passed} alerts");
}

#[tokio::test]
async fn on_the_emulator_a_statement_selects_what_the_filter_lets_pass_from_ztf() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut rows = tables::ztf_rows(7, 200);
    spoil(&mut rows, &mut random);
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("ztf", &tables::ztf_columns()).await;
    emulator.insert("ztf", &rows).await;
    agree(&emulator, "ztf", false, 2).await;
}

#[tokio::test]
async fn on_the_emulator_a_statement_selects_what_the_filter_lets_pass_from_lsst() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let mut rows = tables::ztf_rows(8, 200);
    for row in &mut rows {
        // What only ZTF writes for "absent".
        row["candidate"]["drb"] = Value::Null;
    }
    let mut rows = tables::lsst_rows(&rows);
    let columns: [(&str, &[Value]); 6] = [
        (
            "psfFlux",
            &[
                json!(null),
                json!(0.0),
                json!(-1000.0),
                json!(1000.0),
                json!("NaN"),
                json!("Infinity"),
            ],
        ),
        (
            "reliability",
            &[json!(null), json!(0.65), json!(1.0), json!(1.5), json!(-1.0), json!("NaN")],
        ),
        ("extendedness", &[json!(null), json!(0.0), json!(0.5), json!(1.0), json!("NaN")]),
        ("isNegative", &[json!(null), json!(true), json!(false)]),
        ("band", &[json!(null), json!("u"), json!("Y"), json!("z"), json!("?")]),
        ("midpointMjdTai", &[json!(61_293.0), json!(61_294.75), json!(61_295.000_428_24)]),
    ];
    for row in &mut rows {
        for (column, values) in &columns {
            if random.random_bool(0.5) {
                row["diaSource"][*column] = values[random.random_range(0..values.len())].clone();
            }
        }
    }
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("lsst", &tables::lsst_columns()).await;
    emulator.insert("lsst", &rows).await;
    agree(&emulator, "lsst", true, 4).await;
}
