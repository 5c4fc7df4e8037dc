//! `/alerts/query/list/`: "Query a Broker", the saved queries.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{Redirect, Response},
};

use super::{
    list_columns::{COLUMNS, LastRun, QueryRow, RowActions},
    listener_state::{ListenerBrief, buttons, chip},
};
use crate::{
    brokers::{Broker, Brokers},
    clock::Clock,
    domain::{
        count::Count, history::Kind, listener::Listener, saved_query::SavedQuery, sharing::Whose,
    },
    storage::{COUNTED, QueryFilter, QueryOrder, Storage},
    web::{
        frame::{
            chrome::{Chrome, Section},
            context::PageContext,
            error::Error,
            page_query::Query,
            parameters::Parameter,
        },
        paths,
        screens::shared::{
            owned::links_about,
            query_buttons::{broker_buttons, run_button},
            sharing_labels::sharing_labels,
        },
        widgets::{
            controls::{BrokerButton, ButtonLook, PostButton},
            field::Choice,
            pager::{Page, Pager},
            table::TableView,
            words::{counted, link, moment, post_button, state_chip},
        },
    },
};

/// The page `/alerts/query/list/`.
#[derive(Debug, Template)]
#[template(path = "screens/query/list.html")]
struct QueryListPage {
    chrome: Chrome,
    brokers: Vec<BrokerButton>,
    filter: FilterBar,
    /// Whose are listed; absent where nobody else is in.
    whose: Option<Whose>,
    table: TableView,
    pager: Pager,
}

/// Which saved queries are listed.
#[derive(Clone, Debug)]
struct FilterBar {
    /// The brokers to choose from, without the entry for all.
    brokers: Vec<Choice>,
    /// Id of the chosen broker; empty for all.
    broker: String,
    /// Part of the name; empty for all.
    name: String,
    /// Whether only some owners' are listed.
    is_by_owner: bool,
}

impl FilterBar {
    fn of(filter: &QueryFilter, brokers: &Brokers) -> Self {
        let choice = |broker: &Arc<dyn Broker>| Choice {
            value: broker.id().to_owned(),
            label: broker.name().to_owned(),
            help: None,
        };
        Self {
            brokers: brokers.all().map(choice).collect(),
            broker: filter.broker.clone().unwrap_or_default(),
            name: filter.name.clone().unwrap_or_default(),
            is_by_owner: filter.whose != Whose::All,
        }
    }

    /// Whether some queries are left out.
    fn is_set(&self) -> bool {
        !self.broker.is_empty() || !self.name.is_empty() || self.is_by_owner
    }
}

/// Rows of a page.
const PAGE_SIZE: u16 = 50;

/// The last page that can be asked for.
const MAX_PAGE: i64 = 100_000;

/// `GET /alerts/`
pub(in crate::web) async fn redirect(query: Query) -> Result<Redirect, Error> {
    query.taking(&[])?;
    Ok(Redirect::permanent(paths::QUERIES))
}

/// What the address of a list asks for.
struct ListRequest {
    filter: QueryFilter,
    order: QueryOrder,
    page: i64,
}

impl ListRequest {
    fn parse(query: Query, brokers: &Brokers) -> Result<Self, Error> {
        let query = query.taking(&[
            Parameter::word("broker", brokers.all().map(|broker| broker.id())),
            Parameter::text("name"),
            Parameter::word("whose", Whose::ALL.map(Whose::id)),
            Parameter::word("order", QueryOrder::ALL.map(|(_, word)| word)),
            Parameter::whole("page", 1, MAX_PAGE),
        ])?;
        Ok(Self {
            filter: QueryFilter {
                broker: query.text("broker").map(str::to_owned),
                name: query.text("name").map(str::to_owned),
                whose: query.text("whose").and_then(Whose::from_id).unwrap_or_default(),
            },
            order: query.text("order").and_then(QueryOrder::from_id).unwrap_or_default(),
            page: query.number("page").unwrap_or(1),
        })
    }

    fn href(&self, order: QueryOrder, page: i64) -> String {
        let page = if page > 1 { page.to_string() } else { String::new() };
        let order = if order == QueryOrder::default() { "" } else { order.id() };
        let broker = self.filter.broker.as_deref().unwrap_or_default();
        let name = self.filter.name.as_deref().unwrap_or_default();
        let whose = if self.filter.whose == Whose::All { "" } else { self.filter.whose.id() };
        format!(
            "{}{}",
            paths::QUERIES,
            paths::query_string(&[
                ("broker", broker),
                ("name", name),
                ("whose", whose),
                ("order", order),
                ("page", &page)
            ])
        )
    }
}

/// `GET /alerts/query/list/`
pub(in crate::web) async fn get(
    State(storage): State<Storage>,
    State(brokers): State<Brokers>,
    State(clock): State<Clock>,
    query: Query,
    context: PageContext,
) -> Result<Response, Error> {
    let request = ListRequest::parse(query, &brokers)?;
    let offset = (request.page - 1) * i64::from(PAGE_SIZE);
    let queries = storage
        .list_queries(
            &context.asker,
            &request.filter,
            request.order,
            i64::from(PAGE_SIZE) + 1,
            offset,
        )
        .await?;
    let Page { rows: queries, has_more } = Page::cut(queries, PAGE_SIZE);
    let n_all = storage.count_queries(&context.asker, &request.filter, COUNTED).await?;
    let now = clock.now();
    let labels =
        sharing_labels(&storage, &context, queries.iter().map(|query| &query.sharing)).await?;
    let ids: Vec<i64> =
        queries.iter().filter(|query| query.has_listener).map(|query| query.id).collect();
    let listeners = storage.listeners_of(&context.asker, &ids).await?;
    let rows: Vec<QueryRow> = queries
        .iter()
        .zip(labels)
        .map(|(query, shared)| {
            let listener = listeners.iter().find(|it| it.saved_query_id == query.id);
            query_row(query, shared, listener, &brokers, &context, now)
        })
        .collect();
    let href = |order| request.href(order, 1);
    let page = QueryListPage {
        chrome: context.chrome(Section::Alerts),
        brokers: broker_buttons(&brokers, None),
        filter: FilterBar::of(&request.filter, &brokers),
        whose: context.whose_shown(request.filter.whose),
        table: TableView::sorted("Saved queries", &COLUMNS, &rows, request.order, &href),
        pager: pager(&request, rows.len(), n_all, has_more),
    };
    Ok(context.render(&page))
}

/// The button that makes a copy of one's own.
pub(super) fn copy_button(query: &SavedQuery) -> PostButton {
    post_button("Copy", paths::query(query.id, "copy/"), ButtonLook::Plain, &query.name, Vec::new())
}

fn pager(request: &ListRequest, n_rows: usize, n_all: u64, has_more: bool) -> Pager {
    if n_all == 0 {
        return Pager::default();
    }
    let n_before = (request.page.unsigned_abs() - 1) * u64::from(PAGE_SIZE);
    Pager {
        summary: Pager::summary(Count::up_to_most(n_before), n_rows, Count::up_to_most(n_all)),
        what: "saved queries".to_owned(),
        first: (request.page > 1).then(|| request.href(request.order, 1)),
        previous: (request.page > 1 && n_rows > 0)
            .then(|| request.href(request.order, request.page - 1)),
        next: has_more.then(|| request.href(request.order, request.page + 1)),
        ..Pager::default()
    }
}

fn query_row(
    query: &SavedQuery,
    shared: Option<String>,
    listener: Option<&Listener>,
    brokers: &Brokers,
    context: &PageContext,
    now: chrono::DateTime<chrono::Utc>,
) -> QueryRow {
    let id = query.id;
    let may_work = context.asker.may_work();
    let rights = context.asker.rights_on(query.owner_id, &query.sharing);
    let broker = brokers.find(&query.broker);
    let can_listen = broker.is_some_and(|broker| broker.can_listen());
    QueryRow {
        name: query.name.clone(),
        href: paths::query_form(id),
        broker: brokers.name_of(&query.broker),
        owner: query.owner_name.clone(),
        shared,
        created: moment(query.created, now),
        last_run: query.last_run.as_ref().map(|run| LastRun {
            href: paths::run(run.id),
            id: run.id.to_string(),
            time: moment(run.created, now),
            state: state_chip(run.state),
            result: counted(run.stored, "alert"),
        }),
        listener: listener
            .map(|it| ListenerBrief { state: chip(Some(it)), href: paths::listener(query.id) }),
        actions: RowActions {
            name: query.name.clone(),
            href: paths::query_form(id),
            run: may_work.then(|| run_button(query)),
            listening: buttons(query, listener, can_listen, &context.asker),
            copy: may_work.then(|| copy_button(query)),
            links: can_listen
                .then(|| link("Listener", paths::listener(id)))
                .into_iter()
                .chain(links_about(context, Kind::Query, id))
                .collect(),
            can_edit: rights.write,
            delete_href: rights.delete.then(|| paths::query(id, "delete/")),
        },
    }
}
