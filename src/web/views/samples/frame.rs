//! Frames and small parts for the samples.

use super::super::chrome::{
    Chrome, ConnectionChip, ConnectionHealth, Flash, FlashLevel, Section, Theme, UserChip,
};
use super::super::controls::{
    BrokerButton, ButtonLook, Fact, HiddenValue, Link, PostButton, TimeView,
};
use super::super::table::{PageSize, Pager, SortHeader, SortOrder};

pub(super) fn chrome(section: Section) -> Chrome {
    Chrome {
        app_css: "/static/app.css".into(),
        app_js: "/static/app.js".into(),
        favicon: "/static/favicon.svg".into(),
        version: "0.1.0".into(),
        path: "/".into(),
        section,
        user: Some(UserChip {
            name: "Local mode".into(),
            explanation: "One user on this machine, no sign-in. Everything works.".into(),
            links: vec![],
            can_sign_out: false,
            connection: None,
        }),
        may_work: true,
        theme: Theme::System,
        flashes: vec![],
    }
}

pub(super) fn team_chrome(section: Section) -> Chrome {
    let mut chrome = chrome(section);
    chrome.theme = Theme::Dark;
    chrome.user = Some(UserChip {
        name: "Ada Lovelace".into(),
        explanation: "ada@obs.example".into(),
        links: vec![link("Profile", "/accounts/profile/"), link("Team", "/team/")],
        can_sign_out: true,
        connection: Some(ConnectionChip {
            health: ConnectionHealth::NeedsAttention,
            text: "Google needs attention".into(),
            detail: " as ada@obs.example · my-proj".into(),
            href: "/accounts/profile/".into(),
        }),
    });
    chrome
}

pub(super) fn flashes() -> Vec<Flash> {
    let flash = |level, text: &str, links: &[&str]| Flash {
        level,
        text: text.into(),
        links: links.iter().map(|name| link(name, "/targets/7/")).collect(),
    };
    vec![
        flash(
            FlashLevel::Success,
            "3 targets created.",
            &["ZTF26aaabcde", "ZTF26aaabcdf", "ZTF26aaabcdg"],
        ),
        flash(FlashLevel::Info, "The query was saved.", &[]),
        flash(
            FlashLevel::Warning,
            "2 alerts belong to targets that exist already.",
            &["ZTF26aaabcdh"],
        ),
        flash(FlashLevel::Error, super::HOSTILE, &[]),
    ]
}

pub(super) fn link(text: &str, href: &str) -> Link {
    Link { text: text.into(), href: href.into() }
}

pub(super) fn button(label: &str, action: &str, look: ButtonLook, object: &str) -> PostButton {
    PostButton {
        label: label.into(),
        action: action.into(),
        hidden: vec![HiddenValue { name: "broker".into(), value: "archive".into() }],
        look,
        object: object.into(),
    }
}

pub(super) fn fact(label: &str, value: &str, note: &str, copy: bool) -> Fact {
    Fact {
        label: label.into(),
        value: value.into(),
        note: (!note.is_empty()).then(|| note.into()),
        copy: copy.then(|| value.into()),
    }
}

pub(super) fn time(clock: &str, age: &str) -> TimeView {
    TimeView {
        iso: format!("2026-11-23T{clock}Z"),
        utc: format!("2026-11-23 {clock}"),
        mjd: None,
        age: (!age.is_empty()).then(|| age.into()),
    }
}

pub(super) fn time_mjd(clock: &str, mjd: &str) -> TimeView {
    TimeView { mjd: Some(format!("MJD {mjd}")), ..time(clock, "") }
}

pub(super) fn header(label: &str, note: &str, order: SortOrder, is_numeric: bool) -> SortHeader {
    SortHeader {
        label: label.into(),
        note: note.into(),
        href: "?order=x".into(),
        order,
        is_numeric,
    }
}

pub(super) fn pager(what: &str) -> Pager {
    let size = |label: &str, is_current| PageSize {
        label: label.into(),
        href: "?page_size=50".into(),
        is_current,
    };
    Pager {
        summary: "51–100 of 412".into(),
        what: what.into(),
        first: Some("?page=1".into()),
        previous: Some("?page=1".into()),
        next: Some("?page=3".into()),
        sizes: vec![size("25", false), size("50", true), size("100", false), size("200", false)],
    }
}

pub(super) fn brokers() -> Vec<BrokerButton> {
    let broker = |name: &str, note: &str, id: &str| BrokerButton {
        name: name.into(),
        note: note.into(),
        href: format!("/alerts/query/create/?broker={id}"),
    };
    vec![
        broker(
            "Pitt-Google StreamRest",
            "Live stream, a few hundred alerts at a time",
            "stream-rest",
        ),
        broker("Pitt-Google StreamClient", "Live stream at full speed", "stream-client"),
        broker(
            "Pitt-Google Database",
            "Every ZTF alert since 2018, by object, place or time",
            "database",
        ),
        broker("Alert archive", "Files on this machine, and the simulated night", "archive"),
    ]
}
