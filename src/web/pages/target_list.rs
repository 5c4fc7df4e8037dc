//! `/targets/`: saved targets, found by name or by place.

use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    form_view::{Drawing, field_view},
    share::sharing_labels,
};
use crate::{
    clock::Clock,
    domain::{
        sharing::{TeamScope, Whose},
        sky::{Cone, CoordinateError, RadiusUnit, parse_cone_with, separation_deg},
        target::{Target, name_key},
    },
    forms::{Choices, Field, FormState},
    storage::{Storage, StorageError, TargetFilter},
    web::{
        context::PageContext,
        error::Error,
        extract::{Pairs, Query},
        present::{grouped, moment, position_text, query_string},
        views::{
            chrome::Section,
            table::{Pager, SortHeader, SortOrder},
            target_list::{TargetHeaders, TargetListPage, TargetRow},
        },
    },
};

/// Rows of a page.
const PAGE_SIZE: u32 = 50;

/// Targets are counted up to here: the exact number of a long list is not worth the wait.
const COUNTED: i64 = 1_001;

const NAME: Field =
    Field::text("name", "Name or alias", 100).help("Case, spaces and - _ ( ) do not matter.");
const CONE: Field = Field::text("cone_search", "Cone search", 200).help(
    "RA, Dec, radius in degrees, or with a unit: 269.76, -29.18, 0.25 or 17:59:02 -29:10:46, 30″.",
);

/// Why a search cannot be made.
pub(in crate::web) enum SearchError {
    /// It is not understood: fields with messages.
    Wrong(Vec<(&'static str, String)>),
    /// The database did not answer.
    Storage(StorageError),
}

impl From<StorageError> for SearchError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Reads `name`, `cone_search` and `target_cone_search` ("Name, Radius") of a list's address.
pub(in crate::web) async fn read_filter(
    query: &Pairs,
    storage: &Storage,
    scope: &TeamScope,
) -> Result<TargetFilter, SearchError> {
    let mut errors = Vec::new();
    let name = query
        .text("name")
        .filter(|name| !name_key(name).is_empty())
        .map(|name| name.replace('\0', ""));
    let whose = query.text("whose").and_then(Whose::from_id).unwrap_or_default();
    let mut cone = None;
    if let Some(text) = query.text("cone_search").or_else(|| query.text("cone")) {
        match parse_cone_with(text, RadiusUnit::Degree) {
            Ok(read) => cone = Some(read),
            Err(error) => errors.push(("cone_search", format!("{error}."))),
        }
    }
    if let Some(text) = query.text("target_cone_search") {
        match cone_around_target(text, storage, scope).await {
            Ok(read) => cone = Some(read),
            Err(SearchError::Wrong(wrong)) => errors.extend(wrong),
            Err(error) => return Err(error),
        }
    }
    if errors.is_empty() {
        Ok(TargetFilter { name, cone, whose })
    } else {
        Err(SearchError::Wrong(errors))
    }
}

async fn cone_around_target(
    text: &str,
    storage: &Storage,
    scope: &TeamScope,
) -> Result<Cone, SearchError> {
    let wrong = |message| SearchError::Wrong(vec![("target_cone_search", message)]);
    let shape = || "Cone search parameters must be in the format 'Name, Radius'.".to_owned();
    let (name, radius) = text.rsplit_once(',').ok_or_else(|| wrong(shape()))?;
    let found = storage.find_target_by_name(scope, name.trim()).await?;
    let Some(center) = found.and_then(|target| target.position) else {
        return Err(wrong(format!("There is no target named {} with a position.", name.trim())));
    };
    let cone = parse_cone_with(
        &format!("{}, {}, {radius}", center.ra_deg(), center.dec_deg()),
        RadiusUnit::Degree,
    );
    cone.map_err(|error| {
        wrong(if error == CoordinateError::Cone { shape() } else { format!("{error}.") })
    })
}

/// `GET /targets/?name=&cone_search=&before=`
pub(crate) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    context: PageContext,
    Query(query): Query,
) -> Result<Response, Error> {
    let mut state = FormState::default();
    for field in [&NAME, &CONE] {
        if let Some(text) = query.text(field.name) {
            state.put(field.name, text.to_owned());
        }
    }
    let (filter, status) = match read_filter(&query, &storage, &context.scope).await {
        Ok(filter) => (filter, StatusCode::OK),
        Err(SearchError::Storage(error)) => return Err(error.into()),
        Err(SearchError::Wrong(errors)) => {
            for (_, message) in errors {
                state.add_error(CONE.name, message);
            }
            (TargetFilter::default(), StatusCode::UNPROCESSABLE_ENTITY)
        }
    };
    let before = query.number("before");
    let found = if status == StatusCode::OK {
        let page = storage.list_targets(&context.scope, &filter, before, PAGE_SIZE).await?;
        let count = storage.count_targets(&context.scope, &filter, COUNTED).await?;
        Some((page, count))
    } else {
        None
    };
    let href = |before: Option<i64>| {
        let before = before.map(|id| id.to_string()).unwrap_or_default();
        let pairs = [
            ("name", query.text("name").unwrap_or_default()),
            (
                "cone_search",
                query.text("cone_search").or_else(|| query.text("cone")).unwrap_or_default(),
            ),
            ("target_cone_search", query.text("target_cone_search").unwrap_or_default()),
            ("whose", if filter.whose == Whose::All { "" } else { filter.whose.id() }),
            ("before", &before),
        ];
        format!("/targets/{}", query_string(&pairs))
    };
    let now = clock.now();
    let shown = found.iter().flat_map(|(page, _)| &page.rows).map(|target| &target.sharing);
    let labels = sharing_labels(&storage, &context, shown).await?;
    let (rows, pager) = match &found {
        Some((page, count)) => (
            page.rows
                .iter()
                .zip(labels)
                .map(|(target, shared)| target_row(target, shared, filter.cone.as_ref(), now))
                .collect(),
            Pager {
                summary: count_text(*count),
                what: "targets".to_owned(),
                first: before.map(|_| href(None)),
                next: page
                    .rows
                    .last()
                    .filter(|_| page.has_more)
                    .map(|target| href(Some(target.id))),
                ..Pager::default()
            },
        ),
        None => (Vec::new(), Pager::default()),
    };
    let drawing = Drawing { choices: &Choices::new(), echo_url: None };
    let view = TargetListPage {
        chrome: context.chrome(Section::Targets),
        name: field_view(&NAME, &state, &drawing),
        cone: field_view(&CONE, &state, &drawing),
        whose: context.whose_shown(filter.whose),
        headers: headers(),
        rows,
        pager,
    };
    Ok(context.render_as(status, &view))
}

fn count_text(count: u64) -> String {
    match count {
        1 => "1 target".to_owned(),
        count if count >= COUNTED.unsigned_abs() => {
            format!("More than {} targets, newest first", grouped(count - 1))
        }
        count => format!("{} targets, newest first", grouped(count)),
    }
}

fn headers() -> TargetHeaders {
    let header = |label: &str, note: &str, is_numeric: bool| SortHeader {
        label: label.to_owned(),
        note: note.to_owned(),
        href: String::new(),
        order: SortOrder::Unsorted,
        is_numeric,
    };
    TargetHeaders {
        name: header("Name", "", false),
        kind: header("Type", "", false),
        ra: header("RA", "ICRS", true),
        dec: header("Dec", "ICRS", true),
        alerts: header("Alerts", "", true),
        created: header("Created", "UTC", false),
    }
}

fn target_row(
    target: &Target,
    shared: Option<String>,
    cone: Option<&Cone>,
    now: chrono::DateTime<chrono::Utc>,
) -> TargetRow {
    let text = target.position.map(position_text);
    let separation = target
        .position
        .zip(cone)
        .map(|(place, cone)| separation_text(separation_deg(place, cone.center)));
    TargetRow {
        name: target.name.clone(),
        href: format!("/targets/{}/", target.id),
        aliases: target.aliases.clone(),
        kind: "Sidereal".to_owned(),
        ra: text.as_ref().map(|text| text.ra.clone()),
        ra_degrees: text.as_ref().map(|text| text.ra_degrees.clone()),
        dec: text.as_ref().map(|text| text.dec.clone()),
        dec_degrees: text.map(|text| text.dec_degrees),
        separation,
        alerts: grouped(target.n_alerts),
        created: moment(target.created, now),
        created_by: target.created_by_name.clone(),
        shared,
    }
}

fn separation_text(degrees: f64) -> String {
    match degrees * 3_600.0 {
        arcsec if arcsec < 60.0 => format!("{arcsec:.2}″"),
        arcsec if arcsec < 3_600.0 => format!("{:.2}′", arcsec / 60.0),
        _ => format!("{degrees:.3}°"),
    }
}
