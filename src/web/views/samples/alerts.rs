//! Samples: one alert with everything, and one with next to nothing.

use super::super::alert::{AlertPage, FieldGroup, FoundBy, HistoryKind, HistoryRow, PacketField};
use super::super::brightness::{Band, Magnitude};
use super::super::chrome::Section;
use super::super::controls::{ButtonLook, FactGroup, StateChip, TargetChip};
use super::super::light_curve::{LightCurvePoint, LightCurveView, PointKind};
use super::frame::{button, chrome, fact, link, time, time_mjd};
use super::{HOSTILE, Sample, sample};

pub(super) fn samples() -> Vec<Sample> {
    vec![sample("alert-full", &full()), sample("alert-bare", &bare())]
}

fn points() -> Vec<LightCurvePoint> {
    let night = |n: u8| {
        let day = f64::from(n);
        let kind = match n {
            0..=8 => PointKind::Limit,
            9..=11 => PointKind::Forced,
            _ => PointKind::Detection,
        };
        let rise = if n <= 8 { 20.4 - day * 0.03 } else { 18.3 + (day - 24.0).powi(2) / 110.0 };
        let band = if n.is_multiple_of(2) { Band::G } else { Band::R };
        LightCurvePoint {
            mjd: 61_337.2 + day + f64::from(n % 3) * 0.02,
            mag: rise + if band == Band::R { 0.25 } else { 0.0 },
            err: (kind != PointKind::Limit).then_some(0.05 + day / 400.0),
            band,
            kind,
            is_negative: n == 13,
            is_current: n == 30,
        }
    };
    (0..=30).map(night).collect()
}

fn facts() -> Vec<FactGroup> {
    let group = |title: &str, facts| FactGroup { title: title.into(), facts };
    vec![
        group(
            "Time",
            vec![
                fact("UTC", "2026-11-23 05:12:00", "3 h ago", true),
                fact("MJD", "61367.21667", "", true),
                fact("JD", "2461367.71667", "", true),
            ],
        ),
        group(
            "Position (J2000)",
            vec![
                fact("Sexagesimal", "10 00 24.12 +02 12 00.4", "", true),
                fact("Degrees", "150.100500 +2.200111", "", true),
                fact("Galactic", "236.821 +42.121", "l, b in degrees", true),
            ],
        ),
        group(
            "Brightness",
            vec![
                fact("Magnitude", "18.42 ± 0.06 g diff AB", "brighter than the template", false),
                fact("Limit of the image", "> 20.51", "5 σ", false),
            ],
        ),
        group(
            "Quality",
            vec![
                fact("rb", "0.71", "0 bogus, 1 real", false),
                fact("drb", "0.998", "deep learning", false),
                fact("classtar", "0.983", "0 galaxy, 1 star", false),
                fact("ndethist", "23", "detections here so far", false),
            ],
        ),
        group(
            "Neighbours",
            vec![
                fact("Nearest catalogue source", "0.4″", "sgscore 0.02: a galaxy", false),
                fact("Solar system", "none within 30″", "", false),
            ],
        ),
    ]
}

fn history() -> Vec<HistoryRow> {
    let magnitude = |value: &str, error: Option<&str>| Magnitude {
        value: value.into(),
        error: error.map(String::from),
        band: Band::R,
        is_negative: value == "18.51",
    };
    let row = |kind, magnitude, flux: Option<&str>, is_this_alert| HistoryRow {
        time: time_mjd("05:12:00", "61367.21667"),
        kind,
        magnitude,
        flux: flux.map(String::from),
        rb: flux.is_none().then(|| "0.71".into()),
        is_this_alert,
    };
    vec![
        row(HistoryKind::Detection, Some(magnitude("18.42", Some("0.06"))), None, true),
        row(HistoryKind::Detection, Some(magnitude("18.51", None)), None, false),
        row(HistoryKind::Forced, None, Some("212.4 ± 18.1 DN"), false),
        row(HistoryKind::Limit, Some(magnitude("> 20.51", None)), None, false),
    ]
}

fn fields(title: &str, n: usize, is_open: bool) -> FieldGroup {
    let field = |n: usize| PacketField {
        name: ["magpsf", "sigmapsf", "ssnamenr", "jd", "a_hostile_one"][n % 5].into(),
        value: [Some("18.4213"), Some("0.0612"), None, Some("2461367.71667"), Some(HOSTILE)][n % 5]
            .map(String::from),
        unit: [Some("mag"), Some("mag"), None, Some("d"), None][n % 5].map(String::from),
        meaning: Some(
            "Magnitude from a fit of the point-spread function to the difference image".into(),
        ),
    };
    FieldGroup {
        title: title.into(),
        note: Some("this detection".into()),
        rows: (0..n).map(field).collect(),
        is_open,
    }
}

fn full() -> AlertPage {
    AlertPage {
        chrome: chrome(Section::Alerts),
        survey: "ZTF".into(),
        object_id: "ZTF26aaabcde".into(),
        source_id: "3397294755815010008".into(),
        source_id_name: "candid".into(),
        band: Some(Band::G),
        sign: Some("positive difference".into()),
        schema: "schema 4.02".into(),
        age: Some("3 h ago".into()),
        back: Some(link("Run 318, young in g", "/runs/318/")),
        target: Some(TargetChip { name: "AT 2026abc".into(), href: "/targets/7/".into() }),
        create_target: None,
        facts: facts(),
        light_curve: LightCurveView::draw("ZTF26aaabcde", &points()),
        history: history(),
        field_groups: vec![fields("candidate", 12, true), fields("prv_candidates", 5, false)],
        runs: vec![FoundBy {
            run: link("Run 318, young in g", "/runs/318/"),
            state: StateChip::Finished,
            started_by: "Ada".into(),
            created: time("05:10:00", "3 h ago"),
        }],
        packet_href: "/alerts/ztf/3397294755815010008/packet/".into(),
        json_href: "/alerts/ztf/3397294755815010008/json/".into(),
        links: ["ALeRCE", "Fink", "Lasair", "SIMBAD", "TNS"]
            .map(|name| link(name, "https://example.org/"))
            .into(),
    }
}

fn bare() -> AlertPage {
    AlertPage {
        object_id: HOSTILE.into(),
        band: None,
        sign: None,
        age: None,
        back: None,
        target: None,
        create_target: Some(button(
            "Create target",
            "/alerts/alert/create/",
            ButtonLook::Primary,
            "",
        )),
        light_curve: None,
        history: vec![],
        runs: vec![],
        links: vec![],
        field_groups: vec![fields(HOSTILE, 5, true)],
        ..full()
    }
}
