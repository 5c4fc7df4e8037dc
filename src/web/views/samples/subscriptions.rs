//! Pages about subscriptions.

use super::{
    super::{
        chrome::Section,
        controls::ButtonLook,
        field::FieldKind,
        subscriptions::{
            MessageRow, SeekForm, SubscriptionPage, SubscriptionRow, SubscriptionsPage, TopicRow,
        },
    },
    HOSTILE, Sample,
    forms::field,
    frame::{button, link, team_chrome},
    sample,
};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        sample("subscriptions", &list(Some(vec![row(true), row(false)]), None)),
        sample("subscriptions, none", &list(Some(vec![]), None)),
        sample("subscriptions, not connected", &list(None, Some(HOSTILE.into()))),
        sample("subscription", &one(None)),
        sample("subscription, looked into", &one(Some(messages()))),
        sample("subscription, nothing waits", &one(Some(vec![]))),
    ]
}

fn row(is_well: bool) -> SubscriptionRow {
    SubscriptionRow {
        subscription: link(HOSTILE, "/subscriptions/my-loop/"),
        topic: "ztf-loop".into(),
        topic_project: HOSTILE.into(),
        is_topic_gone: !is_well,
        sieve: if is_well { vec![] } else { vec![HOSTILE.into(), "after a transform".into()] },
        retention: "7 d".into(),
        expires: "after 31 d without use".into(),
        state: if is_well { "active" } else { "resource error" }.into(),
        is_well,
        query_href: is_well.then(|| "/alerts/query/create/?broker=stream-rest".into()),
    }
}

fn list(rows: Option<Vec<SubscriptionRow>>, trouble: Option<String>) -> SubscriptionsPage {
    SubscriptionsPage {
        chrome: team_chrome(Section::Subscriptions),
        project: Some(HOSTILE.into()),
        rows,
        cure: trouble.is_some().then(|| link("Connect to Google", "/accounts/connect/")),
        trouble,
        form: None,
        topics: vec![TopicRow {
            name: "ztf-loop".into(),
            survey: "ZTF".into(),
            what: HOSTILE.into(),
            choose_href: Some("/subscriptions/?topic=ztf-loop#new".into()),
        }],
        costs: vec!["10 GiB a month are free.".into()],
    }
}

fn messages() -> Vec<MessageRow> {
    vec![
        MessageRow {
            id: "7".into(),
            published: "2026-11-25 05:00:00".into(),
            size: "67 kB".into(),
            attributes: vec![(HOSTILE.into(), HOSTILE.into())],
        },
        MessageRow {
            id: HOSTILE.into(),
            published: HOSTILE.into(),
            size: "0 B".into(),
            attributes: vec![],
        },
    ]
}

fn one(messages: Option<Vec<MessageRow>>) -> SubscriptionPage {
    SubscriptionPage {
        chrome: team_chrome(Section::Subscriptions),
        name: HOSTILE.into(),
        row: row(messages.is_none()),
        trouble: messages.is_none().then(|| HOSTILE.into()),
        peek: Some(button(
            "Look at what waits",
            "/subscriptions/my-loop/peek/",
            ButtonLook::Plain,
            "",
        )),
        messages,
        seek: Some(SeekForm {
            action: "/subscriptions/my-loop/seek/".into(),
            hidden: vec![],
            field: field("to", "Time", FieldKind::Text, HOSTILE),
        }),
        delete: Some(link("Delete…", "/subscriptions/my-loop/delete/")),
    }
}
