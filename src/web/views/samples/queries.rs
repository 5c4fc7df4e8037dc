//! Samples: first page, saved queries, confirmation, errors.

use super::super::chrome::Section;
use super::super::confirm::ConfirmPage;
use super::super::controls::{ButtonLook, StateChip, TargetChip};
use super::super::error::ErrorPage;
use super::super::field::Choice;
use super::super::home::{HomePage, HomeQuery, HomeTarget, RecentRun, Welcome};
use super::super::listener::{ListenerBrief, ListenerChip};
use super::super::query_list::{LastRun, QueryFilter, QueryHeaders, QueryListPage, QueryRow};
use super::super::table::{Pager, SortOrder};
use super::frame::{
    brokers, button, chrome, fact, flashes, header, link, pager, team_chrome, time,
};
use super::{HOSTILE, Sample, sample};
use crate::domain::sharing::Whose;

const STATES: [StateChip; 6] = [
    StateChip::Running,
    StateChip::Finished,
    StateChip::Failed,
    StateChip::Cancelled,
    StateChip::Interrupted,
    StateChip::Queued,
];
const NAMES: [&str; 6] = [
    "young in g",
    "bright and rising",
    "stars only",
    "faint, high latitude",
    "cone around M31",
    HOSTILE,
];

pub(super) fn samples() -> Vec<Sample> {
    let empty_list = QueryListPage { rows: vec![], pager: Pager::default(), ..query_list() };
    let mut filtered = empty_list.clone();
    filtered.filter.name = HOSTILE.into();
    vec![
        sample("home-empty", &home_empty()),
        sample("home-full", &home_full()),
        sample("query-list-empty", &empty_list),
        sample("query-list-filtered", &filtered),
        sample("query-list-full", &query_list()),
        sample("confirm", &confirm()),
        sample("error-404", &error(404, "Not found", None)),
        sample("error-500", &error(500, "Something went wrong here", Some("7f3a-19c2"))),
        sample("error-503", &error(503, HOSTILE, None)),
    ]
}

fn home_empty() -> HomePage {
    HomePage {
        chrome: chrome(Section::Elsewhere),
        welcome: Some(Welcome {
            text: "A simulated night of 5,000 alerts is ready on this machine: supernovae, variable stars, AGN, \
                   asteroids and bogus detections. No account and no network are needed."
                .into(),
            run: Some(button("Query the simulated night", "/alerts/query/create/", ButtonLook::Primary, "")),
            form_href: "/alerts/query/create/?broker=archive".into(),
        }),
        brokers: brokers(),
        runs: vec![],
        queries: vec![],
        targets: vec![],
    }
}

fn home_full() -> HomePage {
    let run = |(state, name): (StateChip, &str)| RecentRun {
        id: "318".into(),
        query: name.into(),
        href: "/runs/318/".into(),
        broker: "Pitt-Google StreamRest".into(),
        state,
        created: time("05:10:00", "3 h ago"),
        result: "31 of 312 passed".into(),
    };
    let query = |name: &&str| HomeQuery {
        name: (*name).into(),
        href: "/alerts/query/4/update/".into(),
        broker: "Alert archive".into(),
        run: Some(button("Run", "/alerts/query/4/run/", ButtonLook::Plain, name)),
    };
    let target = |name: &&str| HomeTarget {
        target: TargetChip { name: (*name).into(), href: "/targets/7/".into() },
        position: "10 00 24.12 +02 12 00.4".into(),
        saved: "Ada, 3 h ago".into(),
    };
    let mut page = home_empty();
    page.chrome.flashes = flashes();
    page.welcome = None;
    page.runs = STATES.into_iter().zip(NAMES).map(run).collect();
    page.queries = NAMES.iter().map(query).collect();
    page.targets = ["ZTF26aaabcde", "AT 2026abc", HOSTILE].iter().map(target).collect();
    page
}

fn query_list() -> QueryListPage {
    let heads = |label: &str, order| header(label, "", order, false);
    let row = |(state, name): (StateChip, &str)| QueryRow {
        id: "4".into(),
        name: name.into(),
        href: "/alerts/query/4/update/".into(),
        broker: "Pitt-Google StreamRest".into(),
        owner: "Ada Lovelace".into(),
        created: time("04:02:51", ""),
        last_run: (state != StateChip::Queued).then(|| LastRun {
            href: "/runs/318/".into(),
            id: "318".into(),
            time: time("05:10:00", "3 h ago"),
            state,
            result: "412 alerts".into(),
        }),
        shared: Some(HOSTILE.into()),
        listener: match state {
            StateChip::Running => Some(ListenerChip::Listening),
            StateChip::Failed => Some(ListenerChip::InTrouble),
            StateChip::Cancelled => Some(ListenerChip::Paused),
            _ => None,
        }
        .map(|state| ListenerBrief { state, href: "/alerts/query/4/listener/".into() }),
        listening: vec![button(
            "Listen",
            "/alerts/query/4/listener/start/",
            ButtonLook::Primary,
            name,
        )],
        run: Some(button("Run", "/alerts/query/4/run/", ButtonLook::Plain, name)),
        copy: Some(button("Copy", "/alerts/query/4/copy/", ButtonLook::Plain, "")),
        links: vec![],
        can_edit: true,
        delete_href: Some("/alerts/query/4/delete/".into()),
    };
    QueryListPage {
        chrome: team_chrome(Section::Alerts),
        brokers: brokers(),
        filter: QueryFilter {
            brokers: vec![Choice {
                value: "archive".into(),
                label: "Alert archive".into(),
                help: None,
            }],
            broker: String::new(),
            name: String::new(),
            is_by_owner: false,
        },
        whose: Some(Whose::MyGroups),
        headers: QueryHeaders {
            name: heads("Name", SortOrder::Unsorted),
            broker: heads("Broker", SortOrder::Unsorted),
            owner: heads("Owner", SortOrder::Unsorted),
            created: heads("Created (UTC)", SortOrder::Descending),
            last_run: heads("Last run (UTC)", SortOrder::Unsorted),
        },
        rows: STATES.into_iter().zip(NAMES).map(row).collect(),
        pager: Pager { sizes: vec![], ..pager("saved queries") },
    }
}

fn confirm() -> ConfirmPage {
    ConfirmPage {
        chrome: chrome(Section::Alerts),
        question: format!("Delete the query {HOSTILE}?"),
        consequences: vec![
            "Its 12 runs and their alerts stay.".into(),
            "Others of your team can no longer run it.".into(),
        ],
        facts: vec![
            fact("Broker", "Pitt-Google StreamRest", "", false),
            fact("Created", "2026-11-23 04:02:51 UTC", "by Ada", false),
        ],
        action: "/alerts/query/4/delete/".into(),
        hidden: vec![],
        confirm_label: "Delete query".into(),
        cancel: link("Keep it", "/alerts/query/list/"),
    }
}

fn error(status: u16, title: &str, incident: Option<&str>) -> ErrorPage {
    ErrorPage {
        chrome: chrome(Section::Elsewhere),
        status,
        title: title.into(),
        sentence: "There is nothing at this address, or it is not shared with you.".into(),
        incident: incident.map(String::from),
        links: vec![link("What is new", "/"), link("Query a broker", "/alerts/query/list/")],
    }
}
