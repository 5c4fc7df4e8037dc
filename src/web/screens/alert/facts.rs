//! What one needs first of an alert: when, where, how bright, how real; and pages elsewhere about it.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::{Alert, Survey},
        found_alert::StoredAlert,
        sky::{Position, format_longitude, galactic},
        time::{format_jd, format_mjd},
    },
    web::widgets::{
        controls::{Fact, FactGroup, Link},
        links_out::links_out,
        words::{link, observed, position_text, score, with_error},
    },
};

/// The key facts, in groups.
pub(super) fn facts(
    stored: &StoredAlert,
    alert: &Alert,
    position: Option<Position>,
    now: DateTime<Utc>,
) -> Vec<FactGroup> {
    let row = &stored.row;
    let time = observed(row.jd, Some(now));
    let mut groups = vec![FactGroup {
        title: "Observed".to_owned(),
        facts: vec![
            Fact { note: time.age, ..copyable("UTC", time.utc) },
            copyable("MJD (UTC)", format_mjd(row.jd)),
            copyable("JD (UTC)", format_jd(row.jd)),
        ],
    }];
    if let Some(position) = position {
        let text = position_text(position);
        let (l, b) = galactic(position);
        groups.push(FactGroup {
            title: "Position (ICRS)".to_owned(),
            facts: vec![
                copyable("RA, Dec", format!("{} {}", text.ra, text.dec)),
                copyable("In degrees", format!("{} {}", text.ra_degrees, text.dec_degrees)),
                fact("Galactic l, b", Some(format!("{}° {b:+.4}°", format_longitude(l, 4)))),
            ],
        });
    }
    groups.push(brightness_facts(stored));
    groups.push(FactGroup {
        title: "Scores".to_owned(),
        facts: vec![
            noted("rb", score(row.rb), "real/bogus: 0 bogus, 1 real"),
            noted("drb", score(row.drb), "deep-learning real/bogus"),
            noted("classtar", score(row.classtar), "star/galaxy: 0 galaxy, 1 star"),
            noted(
                "ndethist",
                row.ndethist.map(|n| n.to_string()),
                "detections at this position so far",
            ),
        ],
    });
    groups.push(FactGroup {
        title: "Nearby".to_owned(),
        facts: vec![
            noted("distpsnr1", stored.distpsnr1.map(arcsec), "nearest Pan-STARRS 1 source"),
            noted("sgscore1", score(stored.sgscore1), "of that source: 0 galaxy, 1 star"),
            fact(
                "Solar system",
                Some(stored.ssdistnr.map_or_else(|| "no known object nearby".to_owned(), arcsec)),
            ),
            fact("Stamps", Some(stamps_text(alert))),
        ],
    });
    groups
}

fn brightness_facts(stored: &StoredAlert) -> FactGroup {
    let row = &stored.row;
    let mag = row.mag.map(|mag| match with_error(mag, row.mag_err, 3) {
        (mag, Some(error)) => format!("{mag} ± {error}"),
        (mag, None) => mag,
    });
    FactGroup {
        title: "Brightness".to_owned(),
        facts: vec![
            noted("Magnitude", mag, "difference image, AB"),
            fact("Band", row.band.clone()),
            fact(
                "Subtraction",
                row.is_positive
                    .map(|is| if is { "positive (+)" } else { "negative (−)" }.to_owned()),
            ),
        ],
    }
}

fn arcsec(value: f64) -> String {
    format!("{value:.2}″")
}

fn stamps_text(alert: &Alert) -> String {
    let present = [
        ("science", alert.stamps.science),
        ("template", alert.stamps.template),
        ("difference", alert.stamps.difference),
    ];
    let names: Vec<&str> = present.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
    if names.is_empty() { "none in the packet".to_owned() } else { names.join(", ") }
}

fn fact(label: &str, value: Option<String>) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.unwrap_or_else(|| "–".to_owned()),
        note: None,
        copy: None,
    }
}

fn noted(label: &str, value: Option<String>, note: &str) -> Fact {
    Fact { note: Some(note.to_owned()), ..fact(label, value) }
}

fn copyable(label: &str, value: String) -> Fact {
    Fact { copy: Some(value.clone()), ..fact(label, Some(value)) }
}

/// Pages elsewhere about the object and its place.
pub(super) fn alert_links(stored: &StoredAlert, position: Option<Position>) -> Vec<Link> {
    let object_id = &stored.row.object_id;
    // A ZTF name comes from the packet: only one of the survey's own shape goes into an address.
    let is_plain = object_id.chars().all(|c| c.is_ascii_alphanumeric());
    let mut links = Vec::new();
    if stored.row.survey == Survey::Ztf && is_plain {
        links.push(link("ALeRCE", format!("https://alerce.online/object/{object_id}")));
        links.push(link("Lasair", format!("https://lasair-ztf.lsst.ac.uk/objects/{object_id}/")));
        links.push(link("Fink", format!("https://fink-portal.org/{object_id}")));
    }
    links.extend(position.map(links_out).unwrap_or_default());
    links
}
