//! `/alerts/{survey}/{source_id}/`: one alert, decoded from its packet when somebody looks.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};

use crate::{
    clock::Clock,
    domain::{
        alert::{Alert, HistoryPoint, Measurement, Survey},
        found_alert::StoredAlert,
        run::Run,
        sky::{Position, galactic},
    },
    packets,
    storage::Storage,
    web::{
        context::PageContext,
        error::Error,
        present::{
            hidden, link, magnitude, moment, observed, position_text, post_button, run_title,
            score, state_chip,
        },
        views::{
            alert::{AlertPage, FieldGroup, FoundBy, HistoryKind, HistoryRow, PacketField},
            brightness::{Band, Magnitude},
            chrome::Section,
            controls::{ButtonLook, Fact, FactGroup, Link, PostButton, TargetChip},
            light_curve::{LightCurvePoint, LightCurveView, PointKind},
        },
    },
};

/// Runs that the page names.
const MAX_RUNS: i64 = 20;

/// MJD = JD - this.
const MJD_ZERO_JD: f64 = 2_400_000.5;

/// `GET /alerts/{survey}/{source_id}/`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    Path(address): Path<(String, String)>,
) -> Result<Response, Error> {
    let stored = find(&storage, &address).await?;
    let runs = storage.list_runs_of_alert(stored.row.id, MAX_RUNS).await?;
    let packet = stored.packet.clone();
    // A packet has a thousand values: off the threads that answer requests.
    let (alert, fields) = tokio::task::spawn_blocking(move || {
        (packets::decode(&packet.bytes), packets::fields(&packet))
    })
    .await
    .map_err(|error| Error::Internal(error.into()))?;
    // It was readable when it was stored.
    let alert = alert.map_err(|error| Error::Internal(error.into()))?;
    let fields = fields.map_err(|error| Error::Internal(error.into()))?;
    let page = alert_page(&context, &stored, &alert, fields, &runs, clock.now());
    Ok(context.render(&page))
}

/// `GET /alerts/{survey}/{source_id}/packet/`: the packet as it came.
pub(crate) async fn get_packet(
    State(storage): State<Storage>,
    Path(address): Path<(String, String)>,
) -> Result<Response, Error> {
    let stored = find(&storage, &address).await?;
    let name =
        format!("attachment; filename=\"{}.{}\"", stored.row.source_id, stored.packet.format.id());
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, stored.packet.bytes).into_response())
}

/// `GET /alerts/{survey}/{source_id}/json/`: every field of the packet; ids as strings, images as their size.
pub(crate) async fn get_json(
    State(storage): State<Storage>,
    Path(address): Path<(String, String)>,
) -> Result<Response, Error> {
    let stored = find(&storage, &address).await?;
    let json = tokio::task::spawn_blocking(move || packets::to_json(&stored.packet))
        .await
        .map_err(|error| Error::Internal(error.into()))?
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(axum::Json(json).into_response())
}

async fn find(
    storage: &Storage,
    (survey, source_id): &(String, String),
) -> Result<StoredAlert, Error> {
    let survey = Survey::from_id(survey).ok_or(Error::NotFound)?;
    let source_id = source_id.parse().map_err(|_| Error::NotFound)?;
    storage.find_alert(survey, source_id).await?.ok_or(Error::NotFound)
}

fn alert_page(
    context: &PageContext,
    stored: &StoredAlert,
    alert: &Alert,
    fields: Vec<packets::FieldGroup>,
    runs: &[Run],
    now: DateTime<Utc>,
) -> AlertPage {
    let row = &stored.row;
    let position = Position::new(row.ra, row.dec).ok();
    let home = format!("/alerts/{}/{}/", row.survey.id(), row.source_id);
    AlertPage {
        chrome: context.chrome(Section::Alerts),
        survey: row.survey.name().to_owned(),
        object_id: row.object_id.clone(),
        source_id: row.source_id.to_string(),
        source_id_name: match row.survey {
            Survey::Ztf => "candid".to_owned(),
            Survey::Lsst | Survey::Elasticc => "diaSourceId".to_owned(),
        },
        band: row.band.as_deref().map(Band::from_letter),
        sign: row.is_positive.map(|is| {
            if is { "brighter than the template" } else { "fainter than the template" }.to_owned()
        }),
        schema: schema_text(stored),
        age: observed(row.jd, Some(now)).age,
        back: runs.first().map(|run| {
            link(format!("Run {}: {}", run.id, run_title(run)), format!("/runs/{}/", run.id))
        }),
        target: row.target.as_ref().map(|target| TargetChip {
            name: target.name.clone(),
            href: format!("/targets/{}/", target.id),
        }),
        create_target: create_target_button(stored, runs),
        facts: facts(stored, alert, position, now),
        light_curve: LightCurveView::draw(&row.object_id, &light_curve_points(alert)),
        history: history(alert),
        field_groups: fields.into_iter().map(field_group).collect(),
        runs: runs.iter().map(|run| found_by(run, now)).collect(),
        packet_href: format!("{home}packet/"),
        json_href: format!("{home}json/"),
        links: alert_links(stored, position),
    }
}

fn schema_text(stored: &StoredAlert) -> String {
    match stored.packet.schema_version.as_str() {
        "" => format!("{} schema", stored.row.survey.name()),
        version => format!("{} schema {version}", stored.row.survey.name()),
    }
}

fn create_target_button(stored: &StoredAlert, runs: &[Run]) -> Option<PostButton> {
    let run = runs.first().filter(|_| stored.row.target.is_none())?;
    let values =
        vec![hidden("run_id", run.id.to_string()), hidden("alerts", stored.row.id.to_string())];
    let action = "/alerts/alert/create/".to_owned();
    Some(post_button("Create target", action, ButtonLook::Primary, &stored.row.object_id, values))
}

fn facts(
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
            copyable("MJD (UTC)", format!("{:.5}", row.jd - MJD_ZERO_JD)),
            copyable("JD (UTC)", format!("{:.5}", row.jd)),
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
                fact("Galactic l, b", Some(format!("{l:.4}° {b:+.4}°"))),
            ],
        });
    }
    groups.push(brightness_facts(stored));
    groups.push(FactGroup {
        title: "Scores".to_owned(),
        facts: vec![
            noted("rb", score(row.rb), "real/bogus, 0 bogus to 1 real"),
            noted("drb", score(stored.drb), "the same by deep learning"),
            noted("classtar", score(row.classtar), "star/galaxy, 0 galaxy to 1 star"),
            noted(
                "ndethist",
                stored.ndethist.map(|n| n.to_string()),
                "detections at this position so far",
            ),
        ],
    });
    groups.push(FactGroup {
        title: "Nearby".to_owned(),
        facts: vec![
            noted("Catalogue source", stored.distpsnr1.map(arcsec), "nearest in Pan-STARRS 1"),
            noted("Its star score", score(stored.sgscore1), "sgscore1, 1 star"),
            fact(
                "Solar system",
                Some(stored.ssdistnr.map_or_else(|| "no known object near".to_owned(), arcsec)),
            ),
            fact("Stamps", Some(stamps_text(alert))),
        ],
    });
    groups
}

fn brightness_facts(stored: &StoredAlert) -> FactGroup {
    let row = &stored.row;
    let mag = row.mag.map(|mag| match row.mag_err {
        Some(error) => format!("{mag:.3} ± {error:.3}"),
        None => format!("{mag:.3}"),
    });
    FactGroup {
        title: "Brightness".to_owned(),
        facts: vec![
            noted("Magnitude", mag, "of the difference, AB"),
            fact("Band", row.band.clone()),
            fact(
                "Against the template",
                row.is_positive
                    .map(|is| if is { "brighter (+)" } else { "fainter (−)" }.to_owned()),
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

fn light_curve_points(alert: &Alert) -> Vec<LightCurvePoint> {
    let band_of = |band: Option<crate::domain::alert::Band>| {
        band.map_or(Band::Unknown, |band| Band::from_letter(band.letter()))
    };
    let current = alert.mag.map(|mag| LightCurvePoint {
        mjd: alert.jd - MJD_ZERO_JD,
        mag,
        err: alert.mag_err,
        band: band_of(alert.band),
        kind: PointKind::Detection,
        is_negative: alert.is_positive == Some(false),
        is_current: true,
    });
    let earlier = alert.history.iter().filter_map(|point| {
        let (mag, err, kind, is_negative) = match point.measurement {
            Measurement::Detection { mag, mag_err, is_positive, .. } => {
                (mag, mag_err, PointKind::Detection, is_positive == Some(false))
            }
            Measurement::Limit { mag } => (mag, None, PointKind::Limit, false),
            Measurement::Forced { flux, flux_err, mag } => {
                (mag?, forced_error(flux, flux_err), PointKind::Forced, false)
            }
        };
        Some(LightCurvePoint {
            mjd: point.jd - MJD_ZERO_JD,
            mag,
            err,
            band: band_of(point.band),
            kind,
            is_negative,
            is_current: false,
        })
    });
    earlier.chain(current).collect()
}

/// Error of a magnitude made of a flux: 2.5 / ln 10 times the relative error of the flux.
fn forced_error(flux: f64, flux_err: Option<f64>) -> Option<f64> {
    flux_err.map(|error| 2.5 / std::f64::consts::LN_10 * error / flux)
}

/// History, newest first, this alert on top.
fn history(alert: &Alert) -> Vec<HistoryRow> {
    let this = HistoryRow {
        time: observed(alert.jd, None),
        kind: HistoryKind::Detection,
        magnitude: magnitude(
            alert.mag,
            alert.mag_err,
            alert.band.map(crate::domain::alert::Band::letter),
            alert.is_positive,
        ),
        flux: None,
        rb: score(alert.rb),
        is_this_alert: true,
    };
    std::iter::once(this).chain(alert.history.iter().rev().map(history_row)).collect()
}

fn history_row(point: &HistoryPoint) -> HistoryRow {
    let band = point.band.map(crate::domain::alert::Band::letter);
    let (kind, shown, flux, rb) = match point.measurement {
        Measurement::Detection { mag, mag_err, is_positive, rb, .. } => (
            HistoryKind::Detection,
            magnitude(Some(mag), mag_err, band, is_positive),
            None,
            score(rb),
        ),
        Measurement::Limit { mag } => (HistoryKind::Limit, limit(mag, band), None, None),
        Measurement::Forced { flux, flux_err, mag } => {
            let error = flux_err.map(|error| format!(" ± {error:.1}")).unwrap_or_default();
            let shown = magnitude(mag, forced_error(flux, flux_err), band, Some(flux >= 0.0));
            (HistoryKind::Forced, shown, Some(format!("{flux:.1}{error} DN")), None)
        }
    };
    HistoryRow {
        time: observed(point.jd, None),
        kind,
        magnitude: shown,
        flux,
        rb,
        is_this_alert: false,
    }
}

fn limit(mag: f64, band: Option<&str>) -> Option<Magnitude> {
    magnitude(Some(mag), None, band, None)
        .map(|limit| Magnitude { value: format!("> {}", limit.value), ..limit })
}

fn field_group(group: packets::FieldGroup) -> FieldGroup {
    let present = |text: &'static str| Some(text.to_owned()).filter(|text| !text.is_empty());
    FieldGroup {
        title: group.title.to_owned(),
        note: None,
        is_open: false,
        rows: group
            .fields
            .into_iter()
            .map(|field| PacketField {
                name: field.name,
                value: Some(field.value),
                unit: present(field.unit),
                meaning: present(field.meaning),
            })
            .collect(),
    }
}

fn found_by(run: &Run, now: DateTime<Utc>) -> FoundBy {
    FoundBy {
        run: link(format!("Run {}: {}", run.id, run_title(run)), format!("/runs/{}/", run.id)),
        state: state_chip(run.state),
        started_by: run.started_by_name.clone(),
        created: moment(run.created, now),
    }
}

fn alert_links(stored: &StoredAlert, position: Option<Position>) -> Vec<Link> {
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

/// Pages elsewhere about a place in the sky.
pub(super) fn links_out(position: Position) -> Vec<Link> {
    let (ra, dec) = (position.ra_deg(), position.dec_deg());
    vec![
        link(
            "SIMBAD",
            format!(
                "https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra:.6}+{dec:+.6}&Radius=10&Radius.unit=arcsec"
            ),
        ),
        link(
            "NED",
            format!(
                "https://ned.ipac.caltech.edu/conesearch?search_type=Near%20Position%20Search&coordinates={ra:.6}d%20{dec:.6}d&radius=0.5"
            ),
        ),
        link(
            "TNS",
            format!(
                "https://www.wis-tns.org/search?ra={ra:.6}&decl={dec:.6}&radius=5&coords_unit=arcsec"
            ),
        ),
        link(
            "Legacy Survey",
            format!(
                "https://www.legacysurvey.org/viewer?ra={ra:.6}&dec={dec:.6}&layer=ls-dr10&zoom=16"
            ),
        ),
        link(
            "Pan-STARRS 1",
            format!(
                "https://ps1images.stsci.edu/cgi-bin/ps1cutouts?pos={ra:.6}+{dec:+.6}&filter=color"
            ),
        ),
    ]
}
