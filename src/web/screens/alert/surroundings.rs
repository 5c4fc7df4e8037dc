//! What is known of an alert besides its own measurement: classes, neighbours, the body of the solar system, the host.

use crate::{
    domain::{
        alert::{Alert, Host, SolarSystem, Survey},
        found_alert::{Classified, StoredAlert},
        time::format_utc,
    },
    web::widgets::{
        controls::Fact,
        words::{class_text, score},
    },
};

/// What classifiers say: the class, and under it who says so and how that came.
pub(super) fn class_facts(classified: &[Classified]) -> Vec<Fact> {
    let told = classified.iter().map(|it| {
        let version = &it.classification.version;
        let version = Some(version).filter(|it| !it.is_empty());
        let parts = [
            version.map(|version| format!("version {version}")),
            it.stream.as_ref().map(|stream| format!("by {stream}")),
            Some(format_utc(it.received)),
        ];
        let note = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        noted(&it.classification.classifier, class_text(it), &note)
    });
    told.collect()
}

/// The nearest sources, and which images the packet has of it all.
pub(super) fn nearby_facts(stored: &StoredAlert, alert: &Alert) -> Vec<Fact> {
    let details = &stored.row.details;
    let (distance, star) =
        (alert.distpsnr1.or(details.distpsnr1), alert.sgscore1.or(details.sgscore1));
    let nearest = stored.ssdistnr.map(arcsec);
    let solar_system = match (&alert.solar_system, stored.row.survey) {
        (None, Survey::Ztf) => Some(nearest.unwrap_or_else(|| "no known object nearby".to_owned())),
        _ => nearest,
    };
    let facts = [
        distance
            .map(|distance| noted("distpsnr1", arcsec(distance), "nearest Pan-STARRS 1 source")),
        score(star).map(|star| noted("sgscore1", star, "of that source: 0 galaxy, 1 star")),
        solar_system.map(|distance| fact("Solar system", distance)),
        Some(fact("Stamps", stamps_text(alert))),
    ];
    facts.into_iter().flatten().collect()
}

/// A body of the solar system: which, where it was expected, and its orbit.
pub(super) fn body_facts(body: &SolarSystem) -> Vec<Fact> {
    let number = |label, value: Option<f64>, note: &str, text: fn(f64) -> String| {
        value.map(|value| noted(label, text(value), note))
    };
    let facts = [
        body.designation.clone().map(|name| fact("Designation", name)),
        number("Offset", body.offset_arcsec, "from the predicted place", arcsec),
        number("V", body.v_mag, "predicted magnitude", |mag| format!("{mag:.2}")),
        number("a", body.a_au, "semi-major axis", |a| format!("{a:.4} au")),
        number("q", body.q_au, "perihelion distance", |q| format!("{q:.4} au")),
        number("e", body.e, "eccentricity", |e| format!("{e:.4}")),
        number("i", body.i_deg, "inclination", |i| format!("{i:.4}°")),
        number("H", body.h, "absolute magnitude", |h| format!("{h:.2}")),
    ];
    facts.into_iter().flatten().collect()
}

/// The galaxy that the survey takes for the host.
pub(super) fn host_facts(host: &Host) -> Vec<Fact> {
    let facts = [
        host.ra.zip(host.dec).map(|(ra, dec)| fact("RA, Dec", format!("{ra:.6} {dec:+.6}"))),
        host.separation_arcsec.map(|it| noted("Separation", arcsec(it), "from this source")),
        host.z_spec.map(|z| noted("z", format!("{z:.4}"), "spectroscopic")),
        host.z_phot.map(|z| noted("z", format!("{z:.3}"), "photometric")),
    ];
    facts.into_iter().flatten().collect()
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

/// A fact.
pub(super) fn fact(label: &str, value: String) -> Fact {
    Fact { label: label.to_owned(), value, note: None, copy: None }
}

/// A fact with its meaning.
pub(super) fn noted(label: &str, value: String, note: &str) -> Fact {
    Fact { note: Some(note.to_owned()), ..fact(label, value) }
}
