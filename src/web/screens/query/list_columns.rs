//! The columns of the list of saved queries, and what its cells draw.

use askama::Template;

use super::listener_state::ListenerBrief;
use crate::{
    storage::QueryOrder,
    web::widgets::{
        cell::{Cell, Part},
        column::Column,
        controls::{Link, PostButton, StateChip, TimeView},
        words::link,
    },
};

/// Its columns.
pub(super) const COLUMNS: [Column<QueryRow, QueryOrder>; 6] = [
    Column::title("name", "Name", |row: &QueryRow| {
        let listener = row.listener.clone();
        let listener =
            listener.map(|listener| Part::of(ListenerLink { listener, query: row.name.clone() }));
        Cell::from(link(&row.name, row.href.clone())).after(listener)
    })
    .sorts(QueryOrder::Name, QueryOrder::NameBackwards),
    Column::text("broker", "Broker", |row: &QueryRow| row.broker.clone().into())
        .sorts(QueryOrder::Broker, QueryOrder::BrokerBackwards),
    Column::text("owner", "Owner", |row: &QueryRow| {
        Cell::from(row.owner.clone()).chip(row.shared.as_deref())
    })
    .sorts(QueryOrder::Owner, QueryOrder::OwnerBackwards),
    Column::text("created", "Created", |row: &QueryRow| row.created.clone().into())
        .sorts_down(QueryOrder::Oldest, QueryOrder::Newest),
    Column::text("last_run", "Last run", |row: &QueryRow| match &row.last_run {
        Some(last) => Part::of(last.clone()).into(),
        None => "never".to_owned().into(),
    })
    .sorts_down(QueryOrder::LastRunBackwards, QueryOrder::LastRun),
    Column::text("actions", "Actions", |row: &QueryRow| Part::of(row.actions.clone()).into())
        .class("end row-actions"),
];

/// How a query's listener stands, behind its name.
#[derive(Debug, Template)]
#[template(path = "screens/query/listener_link.html")]
struct ListenerLink {
    listener: ListenerBrief,
    query: String,
}

/// A saved query.
#[derive(Debug)]
pub(super) struct QueryRow {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) broker: String,
    pub(super) owner: String,
    /// With whom it is shared, where that is not the whole team.
    pub(super) shared: Option<String>,
    pub(super) created: TimeView,
    pub(super) last_run: Option<LastRun>,
    /// How its listener stands; absent where nobody listens.
    pub(super) listener: Option<ListenerBrief>,
    pub(super) actions: RowActions,
}

/// What can be done with a saved query.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/query/row_actions.html")]
pub(super) struct RowActions {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) run: Option<PostButton>,
    pub(super) listening: Vec<PostButton>,
    pub(super) copy: Option<PostButton>,
    pub(super) links: Vec<Link>,
    /// Whether its form can be saved, not only looked at.
    pub(super) can_edit: bool,
    /// Asks whether to delete it; absent without the right to.
    pub(super) delete_href: Option<String>,
}

/// The last run of a saved query.
#[derive(Clone, Debug, Template)]
#[template(path = "screens/query/last_run.html")]
pub(super) struct LastRun {
    pub(super) href: String,
    pub(super) id: String,
    pub(super) time: TimeView,
    pub(super) state: StateChip,
    /// What came of it: "412 alerts".
    pub(super) result: String,
}
