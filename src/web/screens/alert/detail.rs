//! `/alerts/{survey}/{source_id}/`: one alert, decoded from its packet when somebody looks.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};

use super::{
    facts::{alert_links, facts},
    found_by::{AlertRequest, FoundBy, Ways, found_by, ways},
    history::{HistoryRow, history, light_curve_points},
};
use crate::{
    clock::Clock,
    domain::{
        alert::{Alert, Band, Survey},
        found_alert::StoredAlert,
        history::{Action, Event, Kind},
        run::{Run, RunId},
        sharing::Asker,
        sky::Position,
    },
    packets,
    storage::Storage,
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            page_query::Query,
        },
        paths,
        widgets::{
            brightness::BandChip,
            controls::{ButtonLook, FactGroup, Link, PostButton, TargetChip},
            light_curve::LightCurveView,
            words::{counted, flat_metadata, hidden, observed, post_button},
        },
    },
};

/// The page `/alerts/{survey}/{source_id}/`.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/alert/detail.html")]
struct AlertPage {
    chrome: Chrome,
    /// The survey's name: "ZTF".
    survey: String,
    object_id: String,
    source_id: String,
    /// What the survey calls that id: "candid".
    source_id_name: String,
    band: Option<BandChip>,
    /// Sign of the difference: "positive" or "negative".
    sign: Option<String>,
    /// Version of the packet's schema: "schema 4.02".
    schema: String,
    /// What brokers say of it in a word.
    tags: Vec<String>,
    age: Option<String>,
    /// The way back to where it was opened.
    back: Option<Link>,
    /// The target that the object is already.
    target: Option<TargetChip>,
    create_target: Option<PostButton>,
    facts: Vec<FactGroup>,
    /// The light curve; absent without history.
    light_curve: Option<LightCurveView>,
    history: Vec<HistoryRow>,
    n_impossible_limits: u64,
    field_groups: Vec<FieldGroup>,
    found_by: FoundBy,
    packet_href: String,
    json_href: String,
    links: Vec<Link>,
}

impl AlertPage {
    fn n_measurements(&self) -> String {
        counted(self.history.len() as u64, "measurement")
    }

    /// What the packet has and the history leaves out.
    fn left_out(&self) -> Option<String> {
        let n = Some(self.n_impossible_limits).filter(|n| *n > 0)?;
        Some(format!("{} left out", counted(n, "impossible limit")))
    }
}

/// Fields of the packet that stand in one record.
#[derive(Clone, Debug)]
struct FieldGroup {
    /// Name of the record: "candidate".
    title: String,
    note: Option<String>,
    rows: Vec<PacketField>,
}

/// A field of the packet.
#[derive(Clone, Debug)]
struct PacketField {
    name: String,
    value: String,
    unit: Option<String>,
    meaning: Option<String>,
}

/// `GET /alerts/{survey}/{source_id}/?found_before=`, with what it carries of the way back.
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
    Path(address): Path<(String, String)>,
) -> Result<Response, Error> {
    let request = AlertRequest::of(query)?;
    let (asker, now) = (&context.asker, clock.now());
    let stored = find(&storage, asker, &address).await?;
    let found_by = found_by(&storage, asker, &stored.row, &request, now).await?;
    let ways = ways(&storage, asker, &stored.row, &request.from).await?;
    let packet = stored.packet.clone();
    // A packet has a thousand values: off the threads that answer requests.
    let (alert, fields) = tokio::task::spawn_blocking(move || {
        (packets::decode_kept(&packet), packets::fields(&packet))
    })
    .await
    .map_err(|error| Error::Internal(error.into()))?;
    // It was readable when it was stored.
    let alert = alert.map_err(|error| Error::Internal(error.into()))?;
    let fields = fields.map_err(|error| Error::Internal(error.into()))?;
    let message = storage.find_message(asker, stored.row.id).await?;
    let packet = PacketView { alert: &alert, fields };
    let mut page = alert_page(&context, &stored, packet, (ways, found_by), now);
    page.field_groups.extend(message.map(|(run, metadata)| message_group(run, &metadata)));
    Ok(context.render(&page))
}

/// `GET /alerts/{survey}/{source_id}/packet/`: the packet as it came.
pub(in crate::web) async fn get_packet(
    State(storage): State<Storage>,
    context: PageContext,
    Path(address): Path<(String, String)>,
) -> Result<Response, Error> {
    let stored = find(&storage, &context.asker, &address).await?;
    record_export(&storage, &context.asker, &stored).await?;
    let ending = stored.packet.format.file_ending();
    let name = format!("attachment; filename=\"{}.{ending}\"", stored.row.source_id);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, stored.packet.bytes).into_response())
}

/// `GET /alerts/{survey}/{source_id}/json/`: every field of the packet; ids as strings, images as their size.
pub(in crate::web) async fn get_json(
    State(storage): State<Storage>,
    context: PageContext,
    Path(address): Path<(String, String)>,
) -> Result<Response, Error> {
    let stored = find(&storage, &context.asker, &address).await?;
    record_export(&storage, &context.asker, &stored).await?;
    let json = tokio::task::spawn_blocking(move || packets::to_json(&stored.packet))
        .await
        .map_err(|error| Error::Internal(error.into()))?
        .map_err(|error| Error::Internal(error.into()))?;
    Ok(axum::Json(json).into_response())
}

async fn record_export(
    storage: &Storage,
    asker: &Asker,
    stored: &StoredAlert,
) -> Result<(), Error> {
    let event = Event::new(Action::Exported, Kind::Alert, stored.row.id, &stored.row.object_id);
    Ok(storage.record_event(asker, event).await?)
}

async fn find(
    storage: &Storage,
    asker: &Asker,
    (survey, source_id): &(String, String),
) -> Result<StoredAlert, Error> {
    let survey = Survey::from_id(survey).ok_or(Error::NotFound)?;
    let source_id = source_id.parse().map_err(|_| Error::NotFound)?;
    storage.find_alert(asker, survey, source_id).await?.ok_or(Error::NotFound)
}

/// A packet as it was decoded.
struct PacketView<'p> {
    alert: &'p Alert,
    fields: Vec<packets::FieldGroup>,
}

fn alert_page(
    context: &PageContext,
    stored: &StoredAlert,
    PacketView { alert, fields }: PacketView<'_>,
    (ways, found_by): (Ways, FoundBy),
    now: DateTime<Utc>,
) -> AlertPage {
    let row = &stored.row;
    let position = Position::new(row.ra, row.dec).ok();
    AlertPage {
        chrome: context.chrome(Section::Alerts),
        survey: row.survey.name().to_owned(),
        object_id: row.object_id.clone(),
        source_id: row.source_id.to_string(),
        source_id_name: match row.survey {
            Survey::Ztf => "candid".to_owned(),
            Survey::Lsst | Survey::Elasticc => "diaSourceId".to_owned(),
        },
        band: row.band.as_deref().map(|letter| BandChip(Band::from_letter(letter))),
        sign: row
            .is_positive
            .map(|is| if is { "positive subtraction" } else { "negative subtraction" }.to_owned()),
        schema: schema_text(stored),
        tags: row.tags.clone(),
        age: observed(row.jd, Some(now)).age,
        back: ways.back,
        target: ways.target,
        create_target: create_target_button(context, stored, ways.run.as_ref()),
        facts: facts(stored, alert, position, now),
        light_curve: LightCurveView::draw(&row.object_id, &light_curve_points(alert)),
        history: history(alert),
        n_impossible_limits: alert.n_impossible_limits,
        field_groups: fields.into_iter().map(field_group).collect(),
        found_by,
        packet_href: paths::alert_page(row.survey, row.source_id, "packet/"),
        json_href: paths::alert_page(row.survey, row.source_id, "json/"),
        links: alert_links(stored, position),
    }
}

fn schema_text(stored: &StoredAlert) -> String {
    match stored.packet.schema_version.as_str() {
        "" => format!("{} schema", stored.row.survey.name()),
        version => format!("{} schema {version}", stored.row.survey.name()),
    }
}

fn create_target_button(
    context: &PageContext,
    stored: &StoredAlert,
    run: Option<&Run>,
) -> Option<PostButton> {
    let run = run.filter(|_| stored.row.target.is_none())?;
    let values = vec![
        hidden("run_id", run.id.to_string()),
        hidden("alerts", stored.row.id.to_string()),
        hidden("next", context.chrome(Section::Alerts).path),
    ];
    let action = paths::SAVE_ALERTS.to_owned();
    Some(post_button("Create target", action, ButtonLook::Primary, &stored.row.object_id, values))
}

fn field_group(group: packets::FieldGroup) -> FieldGroup {
    let present = |text: &'static str| Some(text.to_owned()).filter(|text| !text.is_empty());
    FieldGroup {
        title: group.title.to_owned(),
        note: None,
        rows: group
            .fields
            .into_iter()
            .map(|field| PacketField {
                name: field.name,
                value: field.value,
                unit: present(field.unit),
                meaning: present(field.meaning),
            })
            .collect(),
    }
}

/// What the transport said of the message, as a group of fields.
fn message_group(run: RunId, metadata: &serde_json::Value) -> FieldGroup {
    FieldGroup {
        title: "Message".to_owned(),
        note: Some(format!("as run {run} received it")),
        rows: flat_metadata(metadata)
            .into_iter()
            .map(|(name, value)| PacketField { name, value, unit: None, meaning: None })
            .collect(),
    }
}
