//! What has an owner: a query, a run or a target, as far as sharing and history concern it, and the links to both.

use crate::{
    domain::{
        history::Kind,
        sharing::{Asker, Rights, Sharing},
    },
    storage::{Storage, StorageError},
    web::{
        frame::context::PageContext,
        paths,
        widgets::{
            controls::Link,
            words::{link, run_title},
        },
    },
};

/// A query, a run or a target, as far as sharing and history concern it.
pub(in crate::web) struct Owned {
    pub(super) kind: Kind,
    pub(super) id: i64,
    pub(super) object: Link,
    owner_id: i64,
    pub(super) owner: String,
    pub(in crate::web) sharing: Sharing,
}

impl Owned {
    /// The thing, if they see it.
    pub(in crate::web) async fn find(
        storage: &Storage,
        asker: &Asker,
        kind: Kind,
        id: i64,
    ) -> Result<Option<Self>, StorageError> {
        Ok(match kind {
            Kind::Query => storage.find_query(asker, id).await?.map(|query| Self {
                kind,
                id,
                object: link(query.name, paths::query_form(id)),
                owner_id: query.owner_id,
                owner: query.owner_name,
                sharing: query.sharing,
            }),
            Kind::Run => storage.find_run(asker, id).await?.map(|run| Self {
                kind,
                id,
                object: link(format!("Run {id}: {}", run_title(&run)), paths::run(id)),
                owner_id: run.started_by,
                owner: run.started_by_name,
                sharing: run.sharing,
            }),
            Kind::Target => storage.find_target(asker, id).await?.map(|target| Self {
                kind,
                id,
                object: link(target.name, paths::target(id)),
                owner_id: target.created_by,
                owner: target.created_by_name,
                sharing: target.sharing,
            }),
            _ => None,
        })
    }

    /// What they may do with it.
    pub(super) fn rights(&self, asker: &Asker) -> Rights {
        asker.rights_on(self.owner_id, &self.sharing)
    }
}

/// Links to the pages about a thing: who sees it, where people sign in, and what was done with it.
pub(in crate::web) fn links_about(context: &PageContext, kind: Kind, id: i64) -> Vec<Link> {
    let share = link("Sharing", paths::page_of(kind, id, "share/"));
    let history = link("History", paths::page_of(kind, id, "history/"));
    let is_shared = context.visitor.session_id.is_some();
    is_shared.then_some(share).into_iter().chain([history]).collect()
}
