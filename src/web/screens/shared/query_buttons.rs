//! Buttons that begin a query or run a saved one, wherever they stand.

use crate::{
    brokers::{Broker, Brokers},
    domain::saved_query::SavedQuery,
    web::{
        paths,
        widgets::{
            controls::{BrokerButton, ButtonLook, PostButton},
            words::post_button,
        },
    },
};

/// One button a backend, but for the one already on the page.
pub(in crate::web) fn broker_buttons(
    brokers: &Brokers,
    but: Option<&dyn Broker>,
) -> Vec<BrokerButton> {
    brokers
        .all()
        .filter(|broker| but.is_none_or(|but| but.id() != broker.id()))
        .map(|broker| BrokerButton {
            name: broker.name().to_owned(),
            note: broker.summary().to_owned(),
            href: paths::new_query(broker.id()),
        })
        .collect()
}

/// The button that runs a saved query.
pub(in crate::web) fn run_button(query: &SavedQuery) -> PostButton {
    post_button("Run", paths::query(query.id, "run/"), ButtonLook::Primary, &query.name, Vec::new())
}
