//! Samples: the page of a listener, in every standing.

use super::super::chrome::Section;
use super::super::controls::{ButtonLook, StateChip};
use super::super::listener::{
    DayRow, ListenerChip, ListenerPage, ListenerRunRow, ListenerTrouble, LiveRunView,
};
use super::frame::{button, chrome, link, team_chrome, time};
use super::runs::progress;
use super::{HOSTILE, Sample, sample};

pub(super) fn samples() -> Vec<Sample> {
    let listening = listening();
    let off = ListenerPage {
        chrome: chrome(Section::Alerts),
        state: ListenerChip::Off,
        sentence: "Listening keeps this query running.".into(),
        since: None,
        replica: None,
        last_received: None,
        acts_as: None,
        buttons: vec![button("Listen", "/alerts/query/4/listener/start/", ButtonLook::Primary, "")],
        live: None,
        days: vec![],
        total: None,
        runs: vec![],
        ..listening.clone()
    };
    let waiting = ListenerPage {
        state: ListenerChip::InTrouble,
        trouble: Some(trouble("is-bad", Some("The next try is in 40 s."))),
        live: None,
        again_s: Some(41),
        ..listening.clone()
    };
    let paused = ListenerPage {
        state: ListenerChip::PausedByService,
        trouble: Some(trouble("is-warning", None)),
        live: None,
        buttons: vec![],
        ..listening.clone()
    };
    let cannot = ListenerPage { cannot: Some(HOSTILE.into()), buttons: vec![], ..off.clone() };
    vec![
        sample("listener-on", &listening),
        sample("listener-off", &off),
        sample("listener-in-trouble", &waiting),
        sample("listener-paused", &paused),
        sample("listener-cannot", &cannot),
    ]
}

fn trouble(class: &'static str, next_try: Option<&str>) -> ListenerTrouble {
    ListenerTrouble {
        title: "The last 3 runs failed".into(),
        sentences: vec![HOSTILE.into(), "Sign in at Google again.".into()],
        next_try: next_try.map(str::to_owned),
        cure: next_try.map(|_| link("Connect to Google", "/accounts/connect/?scope=pubsub")),
        class,
    }
}

fn listening() -> ListenerPage {
    let start = |label: &str, look| button(label, "/alerts/query/4/listener/pause/", look, HOSTILE);
    ListenerPage {
        chrome: team_chrome(Section::Alerts),
        query: link(HOSTILE, "/alerts/query/4/update/"),
        broker: "Pitt-Google StreamRest".into(),
        state: ListenerChip::Listening,
        sentence: "Alerts are stored as they come.".into(),
        since: Some(time("04:02:51", "3 h ago")),
        replica: Some("serve on web-1, process 17".into()),
        last_received: Some(time("05:10:00", "2 s ago")),
        acts_as: Some(HOSTILE.into()),
        trouble: None,
        cannot: None,
        buttons: vec![
            start("Pause", ButtonLook::Plain),
            start("Stop listening", ButtonLook::Danger),
        ],
        links: vec![link("History", "/alerts/query/4/history/")],
        live: Some(LiveRunView {
            run: link("Run 318", "/runs/318/"),
            progress: progress(StateChip::Running),
            progress_url: "/runs/318/progress/?shown=31".into(),
            events_url: "/runs/318/events/?shown=31".into(),
        }),
        days: vec![
            day("2026-11-25", 38, false),
            day("2026-11-24", 0, true),
            day("2026-11-23", 100, false),
        ],
        total: Some(day("Together", 0, false)),
        runs: vec![run(StateChip::Running, ""), run(StateChip::Failed, HOSTILE)],
        again_s: None,
    }
}

fn day(name: &str, percent: u8, is_empty: bool) -> DayRow {
    DayRow {
        day: name.into(),
        is_today: percent == 38,
        is_empty,
        received: "312,044".into(),
        percent,
        stored: "1,204".into(),
        rejected: "310,838".into(),
        duplicates: "0".into(),
        unreadable: "2".into(),
        is_alarming: percent == 38,
        acknowledged: "312,044".into(),
    }
}

fn run(state: StateChip, feedback: &str) -> ListenerRunRow {
    ListenerRunRow {
        run: link("Run 318", "/runs/318/"),
        state,
        started: time("00:00:00", "5 h ago"),
        duration: "5 h 10 min".into(),
        received: "312,044".into(),
        stored: "1,204".into(),
        feedback: feedback.into(),
    }
}
