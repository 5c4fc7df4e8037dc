//! `/targets/`: saved targets, found by name or by place.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use chrono::{DateTime, Utc};

use crate::{
    clock::Clock,
    domain::{
        sharing::Whose,
        sky::{Cone, echo_cone, parse_cone, separation_deg},
        target::Target,
    },
    forms::{Choices, Context, Field, FormState},
    storage::{Storage, TargetFilter, TargetPage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            extract::Pairs,
            page_query::Query,
        },
        paths,
        screens::shared::{
            sharing_labels::sharing_labels,
            target_search::{SearchError, read_filter},
            targets_request::TargetsRequest,
        },
        widgets::{
            cell::{Cell, Content},
            column::Column,
            controls::TimeView,
            field::FieldView,
            form_view::{Drawing, field_view},
            pager::Pager,
            table::TableView,
            words::{PositionText, grouped, link, moment, position_text},
        },
    },
};

/// The page `/targets/`.
#[derive(Debug, Template)]
#[template(path = "screens/target/list.html")]
struct TargetListPage {
    chrome: Chrome,
    name: FieldView,
    /// Search by place: RA, Dec, radius.
    cone: FieldView,
    /// Whose are listed; absent where nobody else is in.
    whose: Option<Whose>,
    table: TableView,
    pager: Pager,
}

impl TargetListPage {
    /// Whether some targets are left out.
    fn is_filtered(&self) -> bool {
        !self.name.value().is_empty()
            || !self.cone.value().is_empty()
            || self.whose.is_some_and(|whose| whose != Whose::All)
    }
}

/// A target with what the list says of it besides.
#[derive(Debug)]
struct TargetRow {
    target: Target,
    /// Its page, which carries the way back to this list.
    href: String,
    position: Option<PositionText>,
    /// Distance from the middle of the cone that was searched: `1.2″`.
    separation: Option<String>,
    created: TimeView,
    /// With whom it is shared, where that is not the whole team.
    shared: Option<String>,
}

const COLUMNS: [Column<TargetRow>; 6] = [
    Column::title("name", "Name", |row: &TargetRow| {
        let target = &row.target;
        Cell::from(link(&target.name, row.href.clone())).sub(target.aliases.join(", "))
    }),
    Column::text("type", "Type", |_: &TargetRow| "Sidereal".to_owned().into()),
    Column::number("ra", "RA", |row: &TargetRow| match &row.position {
        Some(text) => Cell::from(text.ra.clone()).sub(&text.ra_degrees),
        None => Content::Absent.into(),
    })
    .note("ICRS"),
    Column::number("dec", "Dec", |row: &TargetRow| match &row.position {
        Some(text) => {
            let separation = row.separation.as_ref().map(|text| format!("{text} away"));
            Cell::from(text.dec.clone()).sub(&text.dec_degrees).sub(separation.unwrap_or_default())
        }
        None => Content::Absent.into(),
    })
    .note("ICRS"),
    Column::number("alerts", "Alerts", |row: &TargetRow| grouped(row.target.n_alerts).into()),
    Column::text("created", "Created", |row: &TargetRow| {
        Cell::from(row.created.clone()).sub(&row.target.created_by_name).chip(row.shared.as_deref())
    })
    .note("UTC"),
];

/// Rows of a page.
const PAGE_SIZE: u32 = 50;

/// Targets are counted up to here: the exact number of a long list is not worth the wait.
const COUNTED: i64 = 1_001;

const NAME: Field = Field::text("name", "Name or alias", 100)
    .help("Case does not matter. Spaces and - _ ( ) count only between two digits.");
pub(super) const CONE: Field = Field::parsed("cone_search", "Cone search", understand_cone).help(
    "RA, Dec, radius in arcsec (or with ′ or °): 269.76, -29.18, 30 or 17:59:02 -29:10:46, 2′.",
);

fn understand_cone(text: &str, _: DateTime<Utc>) -> Result<String, String> {
    parse_cone(text).map(|cone| echo_cone(&cone)).map_err(|error| format!("{error}."))
}

/// `GET /targets/?name=&cone_search=&before=`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    let query = query.taking(&TargetsRequest::parameters())?;
    let mut state = typed(&query);
    let reading = Context { now: clock.now(), choices: Choices::new() };
    if let Some(echo) = query.text(CONE.name).and_then(|text| CONE.echo(text, &reading)) {
        state.put_echo(CONE.name, echo);
    }
    let (filter, status) = match read_filter(&query, &storage, &context.asker).await {
        Ok(filter) => (filter, StatusCode::OK),
        Err(SearchError::Storage(error)) => return Err(error.into()),
        Err(SearchError::Wrong(errors)) => {
            for (name, message) in errors {
                let field = if name == NAME.name { &NAME } else { &CONE };
                state.add_error(field.name, message);
            }
            (TargetFilter::default(), StatusCode::UNPROCESSABLE_ENTITY)
        }
    };
    let request = TargetsRequest::parse(&query);
    let before = request.before;
    let found = if status == StatusCode::OK {
        let page = storage.list_targets(&context.asker, &filter, before, PAGE_SIZE).await?;
        let count = storage.count_targets(&context.asker, &filter, COUNTED).await?;
        Some((page, count))
    } else {
        None
    };
    let href = |before| request.href_of_page(before);
    let way_back = paths::query_string_of(&request.pairs());
    let now = reading.now;
    let shown = found.iter().flat_map(|(page, _)| &page.rows).map(|target| &target.sharing);
    let labels = sharing_labels(&storage, &context, shown).await?;
    let (rows, pager) = match found {
        Some((page, count)) => {
            let pager = pager(&page, count, before, &href);
            let rows = page.rows.into_iter().zip(labels);
            let row =
                |(target, shared)| target_row(target, shared, filter.cone.as_ref(), &way_back, now);
            (rows.map(row).collect(), pager)
        }
        None => (Vec::new(), Pager::default()),
    };
    let drawing =
        Drawing { choices: &Choices::new(), echo_url: Some(format!("{}?", paths::TARGET_ECHO)) };
    let view = TargetListPage {
        chrome: context.chrome(Section::Targets),
        name: field_view(&NAME, &state, &drawing),
        cone: field_view(&CONE, &state, &drawing),
        whose: context.whose_shown(filter.whose),
        table: TableView::new("Targets", &COLUMNS, &rows),
        pager,
    };
    Ok(context.render_as(status, &view))
}

/// What stands in the boxes of the search.
fn typed(query: &Pairs) -> FormState {
    let mut state = FormState::default();
    for (field, text) in [(&NAME, query.text(NAME.name)), (&CONE, cone_text(query))] {
        if let Some(text) = text {
            state.put(field.name, text.to_owned());
        }
    }
    state
}

/// The place around which is searched; `cone` is another word for it.
fn cone_text(query: &Pairs) -> Option<&str> {
    query.text(CONE.name).or_else(|| query.text("cone"))
}

fn pager(
    page: &TargetPage,
    count: u64,
    before: Option<i64>,
    href: &dyn Fn(Option<i64>) -> String,
) -> Pager {
    let last = page.rows.last().filter(|_| page.has_more).map(|target| target.id);
    Pager {
        summary: count_text(count),
        what: "targets".to_owned(),
        first: before.map(|_| href(None)),
        next: last.map(|id| href(Some(id))),
        ..Pager::default()
    }
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

fn target_row(
    target: Target,
    shared: Option<String>,
    cone: Option<&Cone>,
    way_back: &str,
    now: DateTime<Utc>,
) -> TargetRow {
    TargetRow {
        href: paths::target(target.id) + way_back,
        position: target.position.map(position_text),
        separation: target
            .position
            .zip(cone)
            .map(|(place, cone)| separation_text(separation_deg(place, cone.center))),
        created: moment(target.created, now),
        shared,
        target,
    }
}

fn separation_text(degrees: f64) -> String {
    match degrees * 3_600.0 {
        arcsec if arcsec < 60.0 => format!("{arcsec:.2}″"),
        arcsec if arcsec < 3_600.0 => format!("{:.2}′", arcsec / 60.0),
        _ => format!("{degrees:.3}°"),
    }
}
