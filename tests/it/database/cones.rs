//! Circles on the sky: across RA 0, around the poles, by cells where a table has them.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tom_alerts::domain::sky::{Position, parse_cone, separation_deg};

use super::{LSST, ZTF, asked, tables};
use crate::bigquery_emulator::BigQueryEmulator;

/// Places around RA 0, around both poles and elsewhere.
fn places() -> Vec<(f64, f64)> {
    let mut places = Vec::new();
    for dec in [0.0, 45.0, -30.0] {
        for offset in [0.0, 1e-5, 5e-4, 0.01, 0.3, 2.0] {
            places.push((offset, dec));
            places.push(((360.0 - offset) % 360.0, dec));
            places.push((offset, dec + offset));
        }
    }
    for pole in [90.0, -90.0_f64] {
        for ra in [0.0, 45.0, 123.0, 180.0, 300.0] {
            for offset in [0.0, 1e-4, 0.01, 0.5, 3.0] {
                places.push((ra, pole - offset * pole.signum()));
            }
        }
    }
    places
}

const CONES: [&str; 16] = [
    "0, 0, 3",
    "359.9999, 0.00001, 5",
    "0, 0, 40",
    "359.99, 0, 120",
    "0.001, 45, 1°",
    "359.9, -30, 1.5°",
    "0, 90, 1",
    "200, 89.9, 10′",
    "10, 89.6, 1°",
    "77, -89.99, 60",
    "180, -88, 4°",
    "0, -90, 0.4",
    "359, 2, 10°",
    "120, 30, 90°",
    "0, 0, 180°",
    "45, 90, 3.0000001°",
];

#[tokio::test]
async fn on_the_emulator_circles_are_right_at_ra_0_and_at_the_poles() {
    let places = places();
    let pattern = tables::ztf_rows(1, 1).remove(0);
    let rows: Vec<Value> =
        (1..).zip(&places).map(|(n, (ra, dec))| tables::moved(&pattern, n, *ra, *dec)).collect();
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("ztf", &tables::ztf_columns()).await;
    emulator.insert("ztf", &rows).await;
    emulator.create_table("lsst", &tables::lsst_columns()).await;
    emulator.insert("lsst", &tables::lsst_rows(&rows)).await;
    let mut texts = BTreeSet::new();
    for (table, name, id) in [(ZTF, "ztf", "candid"), (LSST, "lsst", "diaSourceId")] {
        for cone in CONES {
            let sent = json!({"table": table, "own_table": emulator.table(name), "max_results": 1000, "cone": cone,
                "observed_after": "2026-09-10"});
            let (statement, _) = asked(&sent).unwrap();
            let circle = parse_cone(cone).unwrap();
            let is_inside = |(ra, dec): &(f64, f64)| {
                separation_deg(circle.center, Position::new(*ra, *dec).unwrap())
                    <= circle.radius_deg
            };
            let expected: BTreeSet<i64> =
                (1..).zip(&places).filter(|(_, place)| is_inside(place)).map(|(n, _)| n).collect();
            let found = emulator.query(&statement.text, &statement.parameters).await;
            let found: BTreeSet<i64> = found.iter().map(|row| row[id].as_i64().unwrap()).collect();
            assert_eq!(found, expected, "{table} {cone}");
            assert!(!found.is_empty() || cone.starts_with("200"), "{cone}");
            texts.insert((table, statement.text.matches("UNNEST(@cone_").count()));
        }
    }
    let kinds = BTreeSet::from([(ZTF, 0), (LSST, 0), (LSST, 1), (LSST, 2)]);
    assert_eq!(texts, kinds, "by no, one and both kinds of cells");
}
