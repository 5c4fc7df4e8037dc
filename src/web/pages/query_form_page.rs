//! The page of a broker's form: what it shows of a new query or a saved one, and to whom.

use super::{
    form_view::{Drawing, field_view, form_view},
    listener::path_of,
    query_list::{broker_buttons, copy_button},
    query_parameters::QUERY_NAME,
    share::links_about,
    upload::upload_form,
};
use crate::{
    brokers::{Broker, Brokers},
    domain::{history, saved_query::SavedQuery},
    forms::{Choices, FormState},
    web::{
        context::PageContext,
        present::{hidden, link},
        views::{chrome::Section, query_form::QueryFormPage},
    },
};

/// The form of a broker, blank, filled in or wrong.
pub(super) async fn page(
    context: &PageContext,
    brokers: &Brokers,
    broker: &dyn Broker,
    saved: Option<&SavedQuery>,
    state: &FormState,
) -> QueryFormPage {
    let choices = broker.choices().await;
    let drawing = Drawing {
        choices: &choices,
        echo_url: Some(format!("/alerts/query/echo/?broker={}", broker.id())),
    };
    let scope = &context.scope;
    let is_others = saved.filter(|query| !scope.rights_on(query.owner_id, &query.sharing).write);
    QueryFormPage {
        chrome: context.chrome(Section::Alerts),
        can_save: scope.may_work() && is_others.is_none(),
        listening: None,
        owner: is_others.map(|query| query.owner_name.clone()),
        copy: is_others.filter(|_| scope.may_work()).map(copy_button),
        links: saved
            .map(|query| {
                let listener = link("Listener", path_of(query.id));
                let about = links_about(context, history::Kind::Query, query.id);
                broker.can_listen().then_some(listener).into_iter().chain(about).collect()
            })
            .unwrap_or_default(),
        broker: broker.name().to_owned(),
        note: broker.summary().to_owned(),
        saved_name: saved.map(|query| query.name.clone()),
        action: match saved {
            Some(query) => format!("/alerts/query/{}/update/", query.id),
            None => "/alerts/query/create/".to_owned(),
        },
        hidden: std::iter::once(hidden("broker", broker.id()))
            .chain(saved.map(|query| hidden("version", query.version.to_string())))
            .collect(),
        query_name: field_view(
            &QUERY_NAME,
            state,
            &Drawing { choices: &Choices::new(), echo_url: None },
        ),
        form: form_view(broker.form(), state, &drawing),
        truth: broker.notes().iter().map(|note| (*note).to_owned()).collect(),
        upload: broker.uploads().map(|_| upload_form(broker.id())),
        other_brokers: broker_buttons(brokers, Some(broker)),
        check_action: broker.preview().map(|_| match saved {
            Some(query) => format!("/alerts/query/preview/?query={}#cost", query.id),
            None => "/alerts/query/preview/#cost".to_owned(),
        }),
        preview: None,
    }
}
