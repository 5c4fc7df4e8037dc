//! Coordinates and times in the forms that people type, beside what astropy makes of them: equal, or refused.

use std::process::Command;

use serde_json::Value;
use tom_alerts::domain::{
    sky::{parse_dec, parse_position, parse_ra},
    time::{parse_time, utc_to_jd},
};

const COUNT: usize = 5_000;

/// 0.1 arcsec: astropy's way from galactic coordinates to ICRS leads over FK5, which is 0.02 arcsec off.
const NEAR_DEG: f64 = 0.1 / 3_600.0;

/// A millisecond.
const NEAR_DAYS: f64 = 1.2e-8;

fn made_by_astropy(seed: u64) -> Vec<Value> {
    #[expect(clippy::disallowed_methods, reason = "tests/run says which Python has astropy")]
    let python = std::env::var("TOM_ALERTS_PYTHON").expect("run it by tests/run");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/what_people_type.py");
    let made = Command::new(python)
        .args([script, &seed.to_string(), &COUNT.to_string()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let lines = String::from_utf8(made.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What ours reads, as numbers; `None` where it refuses.
fn read(kind: &str, text: &str) -> Option<Vec<f64>> {
    match kind {
        "ra" => parse_ra(text).ok().map(|ra| vec![ra]),
        "dec" => parse_dec(text).ok().map(|dec| vec![dec]),
        "position" => parse_position(text).ok().map(|place| vec![place.ra_deg(), place.dec_deg()]),
        // None of these times is told from now.
        _ => parse_time(text, chrono::DateTime::UNIX_EPOCH).ok().map(|at| vec![utc_to_jd(at)]),
    }
}

fn numbers(value: &Value) -> Option<Vec<f64>> {
    match value {
        Value::Array(items) => items.iter().map(Value::as_f64).collect(),
        value => value.as_f64().map(|number| vec![number]),
    }
}

fn is_equal(kind: &str, ours: &[f64], theirs: &[f64]) -> bool {
    let near = if kind == "time" { NEAR_DAYS } else { NEAR_DEG };
    ours.iter().zip(theirs).enumerate().all(|(n, (one, other))| {
        let apart = (one - other).abs();
        // A right ascension near the pole is worth less, and 360 is 0.
        let is_ra = kind == "ra" || (kind == "position" && n == 0);
        let shrink = if kind == "position" && n == 0 { theirs[1].to_radians().cos() } else { 1.0 };
        apart * shrink < near || (is_ra && (360.0 - apart) * shrink < near)
    })
}

#[test]
fn what_people_type_is_read_as_astropy_reads_it_or_refused() {
    let seed = rand::random::<u32>().into();
    let made = made_by_astropy(seed);
    assert_eq!(made.len(), COUNT);
    let (mut n_sound, mut n_read) = (0, 0);
    let mut wrong = Vec::new();
    for line in &made {
        let (kind, text) = (line["kind"].as_str().unwrap(), line["text"].as_str().unwrap());
        let (ours, theirs) = (read(kind, text), numbers(&line["value"]));
        let is_sound = line["is_mangled"] == false && theirs.is_some();
        n_sound += usize::from(is_sound);
        n_read += usize::from(is_sound && ours.is_some());
        let is_right = match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => is_equal(kind, ours, theirs),
            // What is out of range by its making has no value; of what was mangled astropy may only not know the form.
            (Some(_), None) => line["is_mangled"] == true,
            (None, _) => true,
        };
        if !is_right {
            wrong.push(format!("{line}: {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    assert!(
        n_sound > COUNT / 2 && n_read * 100 > n_sound * 97,
        "seed {seed}: {n_read} of {n_sound}"
    );
}
