//! What one needs first of an alert: when, where, how bright, how real; and pages elsewhere about it. What is absent is left out.

use chrono::{DateTime, Utc};

use super::surroundings::{body_facts, class_facts, fact, host_facts, nearby_facts, noted};
use crate::{
    domain::{
        alert::{Alert, Survey},
        found_alert::{AlertDetails, StoredAlert},
        sky::{Position, format_longitude, galactic},
        time::{format_jd, format_mjd},
    },
    web::widgets::{
        controls::{Fact, FactGroup, Link},
        links_out::links_out,
        words::{
            by_band_text, flux_text, limit_text, link, observed, position_text, score, with_error,
        },
    },
};

/// The key facts, in groups.
pub(super) fn facts(
    stored: &StoredAlert,
    alert: &Alert,
    position: Option<Position>,
    now: DateTime<Utc>,
) -> Vec<FactGroup> {
    // Of the packet: what was stored by an earlier version has less in its table.
    let details = AlertDetails::of(alert);
    let groups = vec![
        time_facts(stored, &details, now),
        group("Position (ICRS)", position.map(place_facts).unwrap_or_default()),
        group("Brightness", brightness_facts(stored, &details)),
        group("Scores", score_facts(stored, &details)),
        group("Classifications", class_facts(&stored.row.classified)),
        group("Nearby", nearby_facts(stored, alert)),
        group("Solar-system body", alert.solar_system.as_ref().map(body_facts).unwrap_or_default()),
        group("Host galaxy", alert.host.as_ref().map(host_facts).unwrap_or_default()),
    ];
    groups.into_iter().filter(|group| !group.facts.is_empty()).collect()
}

fn group(title: &str, facts: Vec<Fact>) -> FactGroup {
    FactGroup { title: title.to_owned(), facts }
}

fn time_facts(stored: &StoredAlert, details: &AlertDetails, now: DateTime<Utc>) -> FactGroup {
    let row = &stored.row;
    let time = observed(row.jd, Some(now));
    let mut facts = vec![
        Fact { note: time.age, ..copyable("UTC", time.utc) },
        copyable("MJD (UTC)", format_mjd(row.jd)),
        copyable("JD (UTC)", format_jd(row.jd)),
    ];
    facts.extend(details.first_detection_jd.map(|first| {
        let age = (row.jd - first).max(0.0);
        let note = if age > 0.0 { format!("{age:.2} days before") } else { "this one".to_owned() };
        noted("First detection", observed(first, None).utc, &note)
    }));
    facts.extend(details.last_limit.map(|limit| {
        let (mag, time) = limit_text(limit);
        noted("Last limit before", mag, &format!("AB, {time}"))
    }));
    facts.extend(
        row.ndethist.map(|n| noted("Detections", n.to_string(), "at this position so far")),
    );
    facts.extend(
        by_band_text(&details.detections).map(|text| noted("By band", text, "in this packet")),
    );
    group("Observed", facts)
}

fn place_facts(position: Position) -> Vec<Fact> {
    let text = position_text(position);
    let (l, b) = galactic(position);
    vec![
        copyable("RA, Dec", format!("{} {}", text.ra, text.dec)),
        copyable("In degrees", format!("{} {}", text.ra_degrees, text.dec_degrees)),
        fact("Galactic l, b", format!("{}° {b:+.4}°", format_longitude(l, 4))),
    ]
}

fn brightness_facts(stored: &StoredAlert, details: &AlertDetails) -> Vec<Fact> {
    let row = &stored.row;
    let mag = row.mag.map(|mag| match with_error(mag, row.mag_err, 3) {
        (mag, Some(error)) => format!("{mag} ± {error}"),
        (mag, None) => mag,
    });
    let sign = |is| if is { "positive (+)" } else { "negative (−)" }.to_owned();
    let fluxes = [
        ("Flux", details.fluxes.difference, "difference image, PSF"),
        ("Science flux", details.fluxes.science, "the total"),
        ("Template flux", details.fluxes.template, "in the template"),
        ("Aperture flux", details.fluxes.aperture, "difference image, aperture"),
    ];
    let fluxes = fluxes
        .into_iter()
        .filter_map(|(label, flux, note)| flux.map(|flux| noted(label, flux_text(&flux), note)));
    let facts = [
        mag.map(|mag| noted("Magnitude", mag, "difference image, AB")),
        row.band.clone().map(|band| fact("Band", band)),
        details.snr.map(|snr| noted("S/N", format!("{snr:.1}"), "with the sign of the flux")),
        row.is_positive.map(|is| fact("Subtraction", sign(is))),
    ];
    facts.into_iter().flatten().chain(fluxes).collect()
}

fn score_facts(stored: &StoredAlert, details: &AlertDetails) -> Vec<Fact> {
    let row = &stored.row;
    let scores = [
        ("rb", row.rb, "real/bogus: 0 bogus, 1 real"),
        ("drb", row.drb, "deep-learning real/bogus"),
        ("reliability", details.reliability, "real/bogus: 0 bogus, 1 real"),
        ("classtar", row.classtar, "star/galaxy: 0 galaxy, 1 star"),
    ];
    let shown = |(label, value, note)| score(value).map(|value| noted(label, value, note));
    scores.into_iter().filter_map(shown).collect()
}

fn copyable(label: &str, value: String) -> Fact {
    Fact { copy: Some(value.clone()), ..fact(label, value) }
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
