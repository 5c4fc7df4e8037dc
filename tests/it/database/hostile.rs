//! Whatever is typed, the text of a statement is one of ours, and the rest is parameters.

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use tom_alerts::{brokers::database::create_sql_stmnt, domain::text_input::one_line};

use super::{LSST, ZTF, asked, form, now, validate, with};
use crate::bigquery_emulator::BigQueryEmulator;

const STRINGS: usize = 10_000;

const PIECES: [&str; 34] = [
    "'",
    "\"",
    "`",
    "\\",
    ";",
    "--",
    "/*",
    "*/",
    "#",
    "\n",
    "\0",
    " OR 1=1",
    " UNION ALL SELECT ",
    "DROP TABLE x",
    "@objectId",
    "@@error",
    "${x}",
    "{{x}}",
    "%27",
    "' OR ''='",
    "x' AND SLEEP(9)=0 --",
    "); DELETE FROM t WHERE (1=1",
    "`; SELECT session_user()",
    "ZTF21abcdefg",
    "1",
    "0x41",
    "\u{2019}",
    "\u{ff07}",
    "\u{202e}",
    "é",
    "\\u0027",
    "NULL",
    "a.b.c",
    "INFORMATION_SCHEMA",
];

fn hostile(random: &mut ChaCha8Rng) -> String {
    (0..random.random_range(1..5)).map(|_| PIECES[random.random_range(0..PIECES.len())]).collect()
}

/// Queries that nobody could mind, by the names of the fields that they fill in.
fn harmless() -> Vec<Value> {
    let window = json!({"observed_after": "3d"});
    let ztf = json!({"table": ZTF, "max_results": 100});
    let lsst = json!({"table": LSST, "max_results": 100});
    vec![
        with(&ztf, &json!({"objectId": "ZTF21abcdefg"})),
        with(&ztf, &json!({"candid": "2982177112815010003"})),
        with(&ztf, &window),
        with(&lsst, &json!({"objectId": "170028485835751490"})),
        with(&lsst, &json!({"cone": "10, 10, 30"})),
    ]
}

#[test]
fn ten_thousand_hostile_strings_in_every_field_leave_the_texts_as_they_are() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let strings: Vec<String> = (0..STRINGS).map(|_| hostile(&mut random)).collect();
    let mut n_accepted = BTreeMap::new();
    let bases = harmless();
    let ours: Vec<String> = bases.iter().map(|base| asked(base).unwrap().0.text).collect();
    // And a name that is none of its fields.
    for field in form().fields().map(|field| field.name).chain(["query_name"]) {
        for (n, string) in strings.iter().enumerate() {
            // Nothing but space is nothing.
            if string.trim().is_empty() {
                continue;
            }
            let (base, ours) = (&bases[n % bases.len()], &ours[n % bases.len()]);
            let sent = with(base, &json!({field: string}));
            let Ok(parameters) = validate(&sent) else { continue };
            let statement = create_sql_stmnt(&parameters, now()).unwrap();
            *n_accepted.entry(field).or_insert(0_usize) += 1;
            // With the same field filled in with something harmless the text is the same.
            let expected = match field {
                "objectId" if base.get("objectId").is_some() => ours.clone(),
                _ => with_harmless(base, field, string),
            };
            assert_eq!(statement.text, expected, "{field}: {string:?}");
            let is_bound = statement.parameters.iter().any(|parameter| {
                parameter.value.texts().iter().any(|text| *text == one_line(string))
            });
            assert!(field != "objectId" || is_bound, "{string:?} is not a parameter");
        }
    }
    // The only field that takes any text takes what two of the five queries leave free.
    assert!(n_accepted["objectId"] > STRINGS / 4, "{n_accepted:?}");
    assert!(
        !n_accepted.contains_key("table") && !n_accepted.contains_key("order"),
        "{n_accepted:?}"
    );
}

/// The text of a query whose field holds something harmless that it also accepts.
fn with_harmless(base: &Value, field: &str, string: &str) -> String {
    let value = match field {
        "own_table" => json!(string),
        "objectId" => json!("7"),
        "candid" | "max_results" | "timeout" | "ndethist_min" => json!(7),
        "ndethist_max" | "age_max" | "gal_b_min" => json!(7),
        "cone" => json!("10, 10, 30"),
        "observed_after" => json!("3d"),
        "observed_before" => json!("1d"),
        "positive_only" | "no_solar_system" => json!(true),
        "classtar_threshold" | "rb_min" | "drb_min" => json!(0.5),
        "mag_min" | "mag_max" => json!(18),
        other => panic!("{other} takes {string:?}: give it something harmless here"),
    };
    asked(&with(base, &json!({field: value}))).unwrap().0.text
}

/// Every text there is for two tables: the pieces are those of a list that is kept, so that a new one is looked at.
#[test]
fn the_texts_are_made_of_the_pieces_that_are_listed() {
    let (mut pieces, mut filled_in) = (BTreeSet::new(), BTreeSet::new());
    let all = json!({"classtar_threshold": 0.5, "rb_min": 0.5, "positive_only": true, "ndethist_min": 2, "no_solar_system": true,
        "mag_min": 15, "mag_max": 19, "bands": ["g"], "observed_after": "3d", "observed_before": "1d", "cone": "10, 10, 3"});
    for (table, more) in [(ZTF, json!({"drb_min": 0.5})), (LSST, json!({}))] {
        for columns in ["summary", "history", "all"] {
            for order in ["newest", "oldest", "brightest", "faintest"] {
                for side in ["lt", "gt"] {
                    for bound in [json!({"objectId": "7"}), json!({"candid": 7})] {
                        let base = json!({"table": table, "max_results": 1, "columns": columns, "order": order, "classtar_gt_lt": side});
                        let sent = with(&with(&with(&base, &all), &more), &bound);
                        filled_in.extend(sent.as_object().unwrap().keys().cloned());
                        let text = asked(&sent).unwrap().0.text;
                        pieces.extend(
                            text.lines().map(|line| line.trim().trim_end_matches(',').to_owned()),
                        );
                    }
                }
            }
        }
    }
    let listed: BTreeSet<String> =
        include_str!("statements.txt").lines().map(str::to_owned).collect();
    let left_out: Vec<&str> =
        form().fields().map(|field| field.name).filter(|name| !filled_in.contains(*name)).collect();
    assert_eq!(left_out, ["own_table", "timeout"], "fill in a new field above");
    let new: Vec<_> = pieces.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&pieces).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "tests/it/database/statements.txt lacks {new:#?} and has without need {gone:#?}"
    );
}

#[tokio::test]
async fn on_the_emulator_hostile_object_ids_find_nothing_and_break_nothing() {
    let emulator = BigQueryEmulator::fresh_dataset().await;
    emulator.create_table("ztf", &super::tables::ztf_columns()).await;
    emulator.insert("ztf", &super::tables::ztf_rows(9, 5)).await;
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let mut n_asked = 0;
    for _ in 0..60 {
        let sent = json!({"table": ZTF, "own_table": emulator.table("ztf"), "max_results": 10, "objectId": hostile(&mut random)});
        if validate(&sent).is_err() {
            continue;
        }
        let (statement, _) = asked(&sent).unwrap();
        assert!(emulator.query(&statement.text, &statement.parameters).await.is_empty(), "{sent}");
        n_asked += 1;
    }
    assert!(n_asked > 20, "{n_asked}");
    let count = emulator
        .query(&format!("SELECT COUNT(*) AS n FROM `{}`", emulator.table("ztf")), &[])
        .await;
    assert_eq!(count[0]["n"], 5);
}
